// The weights of a layer: as images, in a histogram, their norms, and how alike its units are.

class WeightsPanel {
  constructor(host, inside) {
    this.inside = inside;
    host.classList.add("dlp-weights");
    host.innerHTML = `
      <div class="dlp-weights-choose">
        <label>Layer <select></select></label>
        <p class="dlp-hint dlp-weights-facts"></p>
      </div>
      <p class="dlp-hint">
        <span class="dlp-key"><i data-of="-"></i>negative <i data-of="0"></i>0 <i data-of="+"></i>positive</span>
        <span class="dlp-weights-scale"></span>
      </p>
      <p class="dlp-note" hidden></p>
      <div class="dlp-weights-images"></div>
      <div class="dlp-weights-charts">
        <section data-of="histogram"><h4></h4><p class="dlp-hint"></p></section>
        <section data-of="norms"><h4></h4><p class="dlp-hint"></p></section>
        <section data-of="similarity">
          <h4>Similarity of units</h4>
          <p class="dlp-hint">Cosine between the weights of each two units. Alike ones do the same work.</p>
        </section>
      </div>`;
    this.select = host.querySelector("select");
    this.select.onchange = () => this.choose(this.select.value);
    this.select.onkeydown = (event) => event.stopPropagation(); // Streamlit's shortcuts are not meant
    this.facts = host.querySelector(".dlp-weights-facts");
    this.scale = host.querySelector(".dlp-weights-scale");
    this.note = host.querySelector(".dlp-note");
    this.keys = host.querySelectorAll(".dlp-key i");
    this.sections = Object.fromEntries([...host.querySelectorAll("section")].map((one) => [one.dataset.of, one]));
    this.tiles = new WeightTiles(host.querySelector(".dlp-weights-images"));
    this.similarity = new SimilarityMatrix(this.sections.similarity);
  }

  prepare(data, theme, maps) {
    this.theme = theme;
    const key = { "-": maps.signed[52], 0: maps.signed[128], "+": maps.signed[204] };
    for (const swatch of this.keys) swatch.style.background = cssColor(key[swatch.dataset.of]);
    this.tiles.color(maps.signed, theme);
    this.similarity.color(maps.signed, theme);
    this.offer(data.layers.filter(({ weighted }) => weighted).map(({ name }) => name));
    const figures = JSON.stringify([data.figures.histogram, data.figures.norms]);
    if (figures !== this.figures) {
      this.figures = figures;
      this.histogram = chartIn(this.sections.histogram, data.figures.histogram, this.histogram);
      this.norms = chartIn(this.sections.norms, data.figures.norms, this.norms);
    }
    this.paintCharts();
  }

  offer(names) {
    if (names.join() === this.offered) return;
    this.offered = names.join();
    this.select.replaceChildren(...names.map((name) => new Option(name, name)));
    if (!names.includes(this.layer)) [this.layer, this.view] = [names[0], null];
    this.select.value = this.layer;
  }

  choose(layer) {
    this.layer = layer;
    this.inside.wish();
  }

  looks() {
    return this.layer ? { weights: { view: "weights", layer: this.layer } } : {};
  }

  draw(_slot, view) {
    if (view.layer !== this.layer) return; // an answer to what was asked before
    this.view = view;
    setText(this.facts, factsOf(view));
    setText(this.scale, scaleWords(view));
    this.tiles.draw(view);
    this.similarity.draw(view);
    this.paintCharts();
  }

  say(_slot, problem) {
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  paintCharts() {
    if (!this.theme || !this.histogram) return;
    this.paintHistogram();
    this.paintNorms();
  }

  paintHistogram() {
    if (!this.view) return this.histogram.draw([], this.theme);
    const edges = [...this.view.arrays.edges.values];
    const [now, start] = ["now", "start"].map((name) => [...this.view.arrays[name].values]);
    const bins = now.map((_, bin) => [edges[bin], edges[bin + 1]]);
    const bars = {
      x: bins.map(([low, high]) => (low + high) / 2),
      y: now,
      width: bins.map(([low, high]) => high - low),
      customdata: bins,
    };
    this.histogram.draw([bars, { x: edges, y: [...start, start.at(-1)] }], this.theme);
    this.histogram.element.setAttribute("aria-label", histogramWords(this.view, bins, now));
  }

  paintNorms() {
    if (!this.view) return this.norms.draw([], this.theme);
    const { norms } = this.view;
    const y = norms.map(({ name }) => name);
    const bars = ["norm", "start_norm"].map((of) => ({ x: norms.map((layer) => layer[of]), y }));
    this.norms.draw(bars, this.theme);
    const words = norms.map(({ name, norm, start_norm: start }) => `${name} ${plainNumber(norm)}, at the start ${plainNumber(start)}`);
    this.norms.element.setAttribute("aria-label", `Norm per layer: ${words.join("; ")}`);
  }

  remove() {
    this.tiles.remove();
    this.histogram?.remove();
    this.norms?.remove();
  }
}

function symmetryText(value) {
  return value.toFixed(2).replace("-0.00", "0.00").replace("-", "−");
}

function rangeText(values) {
  const kept = values.filter(Number.isFinite);
  return kept.length ? `${signedNumber(Math.min(...kept))} … ${signedNumber(Math.max(...kept))}` : "not finite";
}

function factsOf({ kind, shape, arrays }) {
  const [units, inputs] = [arrays.units.values.length, arrays.inputs.values.length];
  const some = (count, all, what) => (count < all ? `${count} of ${counted(all, what)}` : counted(all, what));
  const behindMap = kind === "Linear" && arrays.images;
  const [, , height, width] = arrays.images?.shape ?? [];
  const all = behindMap ? shape[1] / (height * width) : shape[1];
  const parts = [some(units, shape[0], "unit")];
  if (all > 1) parts.push(some(inputs, all, arrays.images ? "channel" : "input"));
  const what = arrays.images ? `each a ${height} × ${width} ${kind === "Linear" ? "image" : "kernel"}` : "a row a unit";
  return `${shape.join(" × ")} weights: ${parts.join(", ")}, ${what}`;
}

function scaleWords({ most, lost, arrays }) {
  const full = most === null ? "" : most === 0 ? " · all weights are exactly 0" : ` · full colour at ±${plainNumber(most)}, the largest weight of the layer`;
  const gone = lost ? ` · ${whole(lost)} ${lost === 1 ? "is" : "are"} not finite: blank here, in no bar below` : "";
  const way = arrays.images && arrays.inputs.values.length > 1 ? " · a column a unit, an image a channel" : "";
  return full + way + gone;
}

function tilesWords({ layer, kind, shape, arrays, most }) {
  const count = arrays.units.values.length;
  const shown = count < shape[0] ? `${count} of ${counted(shape[0], "unit")}` : counted(count, "unit");
  const what = arrays.images ? (kind === "Linear" ? "weights as images" : "kernels") : "weight matrix";
  return `${layer}: ${what} of ${shown}, from −${plainNumber(most)} to ${plainNumber(most)}. Arrow keys choose one.`;
}

function histogramWords({ layer }, bins, now) {
  const place = now.indexOf(Math.max(...now));
  const [low, high] = [bins[0][0], bins.at(-1)[1]];
  return `Weights of ${layer}, from ${plainNumber(low)} to ${plainNumber(high)}, most of them near ${plainNumber((bins[place][0] + bins[place][1]) / 2)}`;
}
