// The weights of a layer: as images, in a histogram, their norms, and how alike its units are.

const BAND_GAP = 10; // CSS pixels between two rows of units
const TILE_GAP = { least: 2, most: 10 };
const TILE = { single: 56, small: 40, many: 16 }; // CSS pixels at least: an image, a kernel, one of several inputs of a unit
const LARGEST_TILE = 140;
const LOW = 260; // CSS pixels: images grow while they stay as low as that
const MOST_NUMBERS = 25; // of an enlarged kernel
const SIMILARITY_SIDE = 300; // CSS pixels

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
      this.histogram = this.put(this.histogram, "histogram", data.figures.histogram);
      this.norms = this.put(this.norms, "norms", data.figures.norms);
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

  put(before, section, figure) {
    before?.remove();
    const host = this.sections[section];
    const plot = new Plot(figure);
    host.querySelector("h4").textContent = figure.layout.meta.title;
    host.querySelector(".dlp-hint").textContent = figure.layout.meta.look_for;
    host.append(plot.element);
    return plot;
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

// Each unit is a column of small images, one for each input; columns stand in rows, as many as there is room for. A
// matrix is one large image. One of them, or one cell of a matrix, is chosen and enlarged.
class WeightTiles {
  constructor(host) {
    this.host = host;
    host.innerHTML = `
      <div class="dlp-weights-frame"><canvas tabindex="0" role="img"></canvas></div>
      <figure class="dlp-weights-large">
        <figcaption aria-live="polite"><b></b><span></span></figcaption>
        <div class="dlp-weights-view"></div>
      </figure>`;
    this.frame = host.firstElementChild;
    this.canvas = host.querySelector("canvas");
    this.title = host.querySelector("figcaption b");
    this.range = host.querySelector("figcaption span");
    this.large = host.querySelector(".dlp-weights-view");
    this.chosen = { unit: 0, input: 0 };
    this.source = document.createElement("canvas");
    this.canvas.onclick = (event) => this.point(event);
    this.canvas.onkeydown = (event) => this.step(event);
    this.resize = new ResizeObserver(() => this.paint());
    this.resize.observe(this.frame);
  }

  color(map, theme) {
    this.map = map;
    this.theme = theme;
    this.paint();
  }

  draw(view) {
    const { images, matrix, units, inputs } = view.arrays;
    if (view.layer !== this.layer) this.chosen = { unit: 0, input: 0 };
    this.layer = view.layer;
    this.isMatrix = !images;
    this.values = (images ?? matrix).values;
    [this.units, this.inputs] = [units.values, inputs.values];
    [this.height, this.width] = images ? images.shape.slice(2) : [1, 1];
    this.most = view.most || 1;
    this.canvas.setAttribute("aria-label", tilesWords(view));
    this.paint();
  }

  paint() {
    const room = this.frame.clientWidth;
    if (!this.values || !this.map || !room) return;
    this.place(room);
    this.fill();
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.across * ratio);
    this.canvas.height = Math.round(this.down * ratio);
    this.canvas.style.width = `${this.across}px`;
    this.canvas.style.height = `${this.down}px`;
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.scale(ratio, ratio);
    if (this.isMatrix) context.drawImage(this.source, 0, 0, this.across, this.down);
    else {
      for (let unit = 0; unit < this.units.length; unit++) {
        for (let input = 0; input < this.inputs.length; input++) {
          const [left, top] = this.corner(unit, input);
          const from = [input * this.width, unit * this.height, this.width, this.height];
          context.drawImage(this.source, ...from, left, top, this.tileWidth, this.tileHeight);
        }
      }
    }
    this.mark(context);
    this.enlarge();
  }

  // How large a weight is painted, and how many units stand beside one another.
  place(room) {
    if (this.isMatrix) {
      this.scale = Math.min(14, Math.max(room / this.inputs.length, 2));
      [this.tileWidth, this.tileHeight] = [this.scale, Math.max(this.scale, 6)];
      [this.across, this.down] = [this.scale * this.inputs.length, this.tileHeight * this.units.length];
      return;
    }
    const size = this.inputs.length > 1 ? TILE.many : this.width > 7 ? TILE.single : TILE.small;
    const least = Math.max(1, Math.round(size / this.width));
    const most = Math.max(least, Math.floor(Math.min(LARGEST_TILE, room) / this.width));
    for (this.scale = most; this.scale >= least; this.scale--) {
      this.arrange(room);
      if (this.scale === least || this.down <= LOW) return;
    }
  }

  arrange(room) {
    [this.tileWidth, this.tileHeight] = [this.width * this.scale, this.height * this.scale];
    this.gap = Math.min(TILE_GAP.most, Math.max(TILE_GAP.least, Math.round(this.scale / 3)));
    const fitting = Math.max(1, Math.floor((room + this.gap) / (this.tileWidth + this.gap)));
    const bands = Math.ceil(this.units.length / fitting);
    this.columns = Math.ceil(this.units.length / bands);
    this.band = this.inputs.length * (this.tileHeight + this.gap) - this.gap;
    this.bandGap = this.inputs.length > 1 ? BAND_GAP : this.gap;
    this.across = this.columns * (this.tileWidth + this.gap) - this.gap;
    this.down = bands * (this.band + this.bandGap) - this.bandGap;
  }

  corner(unit, input) {
    if (this.isMatrix) return [input * this.tileWidth, unit * this.tileHeight];
    const band = Math.floor(unit / this.columns);
    const left = (unit % this.columns) * (this.tileWidth + this.gap);
    return [left, band * (this.band + this.bandGap) + input * (this.tileHeight + this.gap)];
  }

  // All weights at one pixel each: a row of images a unit.
  fill() {
    const [units, inputs, height, width] = [this.units.length, this.inputs.length, this.height, this.width];
    this.source.width = inputs * width;
    this.source.height = units * height;
    const context = this.source.getContext("2d");
    const image = context.createImageData(this.source.width, this.source.height);
    const pixels = new Uint32Array(image.data.buffer);
    let at = 0;
    for (let unit = 0; unit < units; unit++) {
      for (let input = 0; input < inputs; input++) {
        for (let y = 0; y < height; y++) {
          let to = (unit * height + y) * this.source.width + input * width;
          for (let x = 0; x < width; x++) pixels[to++] = signedColor(this.values[at++], this.most, this.map);
        }
      }
    }
    context.putImageData(image, 0, 0);
  }

  mark(context) {
    const [left, top] = this.corner(this.chosen.unit, this.chosen.input);
    context.strokeStyle = this.theme.text;
    context.lineWidth = 1.5;
    context.strokeRect(left + 0.75, top + 0.75, this.tileWidth - 1.5, this.tileHeight - 1.5);
  }

  point({ offsetX, offsetY }) {
    if (!this.values) return;
    const at = (place, size) => Math.floor(place / size);
    let [unit, input] = [at(offsetY, this.tileHeight), at(offsetX, this.tileWidth)];
    if (!this.isMatrix) {
      const band = at(offsetY, this.band + this.bandGap);
      const column = Math.min(at(offsetX, this.tileWidth + this.gap), this.columns - 1);
      unit = band * this.columns + column;
      input = at(offsetY - band * (this.band + this.bandGap), this.tileHeight + this.gap);
    }
    this.choose(unit, input);
  }

  step(event) {
    const ways = this.isMatrix
      ? { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
      : { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!this.isMatrix && this.inputs.length === 1) [ways.ArrowUp, ways.ArrowDown] = [[-this.columns, 0], [this.columns, 0]];
    event.stopPropagation(); // Streamlit's shortcuts are not meant
    if (!(event.key in ways) || !this.values) return;
    event.preventDefault();
    const [units, inputs] = ways[event.key];
    this.choose(this.chosen.unit + units, this.chosen.input + inputs);
  }

  choose(unit, input) {
    const within = (place, { length }) => place >= 0 && place < length;
    if (!within(unit, this.units) || !within(input, this.inputs)) return;
    this.chosen = { unit, input };
    this.paint();
  }

  enlarge() {
    const size = this.height * this.width;
    const { unit, input } = this.chosen;
    const start = (unit * this.inputs.length + input) * size;
    const values = this.values.subarray(start, start + size);
    const isOnly = this.inputs.length === 1;
    setText(this.title, `Unit ${this.units[unit]}${isOnly ? "" : `, input ${this.inputs[input]}`}`);
    setText(this.range, size === 1 ? signedNumber(values[0]) : rangeText(values));
    this.large.classList.toggle("dlp-numbers", size <= MOST_NUMBERS);
    this.large.style.setProperty("--columns", this.width);
    if (size <= MOST_NUMBERS) this.large.replaceChildren(...Array.from(values, (value) => this.cell(value)));
    else this.large.replaceChildren(this.enlarged(values));
    this.large.hidden = size === 1;
  }

  cell(value) {
    const element = document.createElement("span");
    const packed = signedColor(value, this.most, this.map);
    element.textContent = signedNumber(value);
    element.style.background = packed ? cssColor(packed) : "none";
    element.style.color = isBright(packed) ? "#1b2733" : "#ffffff";
    if (!packed) element.style.color = "inherit";
    return element;
  }

  enlarged(values) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.width, this.height];
    paintSigned(canvas, values, this.most, this.map);
    return canvas;
  }

  remove() {
    this.resize.disconnect();
  }
}

class SimilarityMatrix {
  constructor(host) {
    const box = document.createElement("div");
    box.className = "dlp-similarity";
    box.innerHTML = `
      <canvas tabindex="0" role="img" aria-label="No layer shown yet"></canvas>
      <div><p class="dlp-symmetry"></p><p class="dlp-hint"></p><p class="dlp-pair" aria-live="polite"></p></div>`;
    host.append(box);
    this.canvas = box.querySelector("canvas");
    this.symmetry = box.querySelector(".dlp-symmetry");
    this.hint = box.querySelector(".dlp-hint");
    this.pair = box.querySelector(".dlp-pair");
    this.canvas.onpointermove = ({ offsetX, offsetY }) => this.point(offsetX, offsetY);
    this.canvas.onclick = ({ offsetX, offsetY }) => this.point(offsetX, offsetY);
    this.canvas.onpointerleave = () => this.choose(null);
    this.canvas.onblur = () => this.choose(null);
    this.canvas.onkeydown = (event) => this.step(event);
  }

  color(map, theme) {
    this.map = map;
    this.theme = theme;
    this.paint();
  }

  draw(view) {
    this.units = view.arrays.compared.values;
    this.values = view.arrays.cosine.values;
    const { symmetry, shape } = view;
    const isAlone = shape[0] === 1;
    setText(this.symmetry, isAlone ? "One unit has no other to be like" : `Symmetry ${symmetry === null ? "not finite" : symmetryText(symmetry)}`);
    const shown = this.units.length < shape[0] ? `; ${this.units.length} of them are shown` : "";
    setText(
      this.hint,
      isAlone ? "" : `Mean over all pairs of ${shape[0].toLocaleString("en-US")} units${shown}. 1.00 means that the units are copies of one another, up to their size.`,
    );
    this.canvas.setAttribute("aria-label", `Cosine between each two of ${this.units.length} units of ${view.layer}; ${this.symmetry.textContent}`);
    if (this.at && Math.max(...this.at) >= this.units.length) this.at = null;
    this.paint();
    this.tell();
  }

  paint() {
    if (!this.values || !this.map) return;
    const side = this.units.length;
    // Each cell takes whole pixels, so that a box around one can be drawn between them.
    this.cell = Math.max(2, Math.floor(SIMILARITY_SIDE / side));
    const source = document.createElement("canvas");
    source.width = source.height = side;
    paintSigned(source, this.values, 1, this.map);
    this.canvas.width = this.canvas.height = side * this.cell;
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(source, 0, 0, side * this.cell, side * this.cell);
    if (!this.at) return;
    context.strokeStyle = this.theme.text;
    context.lineWidth = 1.5;
    context.strokeRect(this.at[1] * this.cell + 0.5, this.at[0] * this.cell + 0.5, this.cell - 1, this.cell - 1);
  }

  point(x, y) {
    if (!this.values) return;
    const cell = this.canvas.clientWidth / this.units.length;
    this.choose([Math.floor(y / cell), Math.floor(x / cell)]);
  }

  step(event) {
    event.stopPropagation(); // Streamlit's shortcuts are not meant
    const ways = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (!(event.key in ways) || !this.values) return;
    event.preventDefault();
    const [down, right] = ways[event.key];
    this.choose(this.at ? [this.at[0] + down, this.at[1] + right] : [0, 0]);
  }

  choose(at) {
    if (at && at.some((place) => place < 0 || place >= this.units.length)) return;
    if (String(at) === String(this.at ?? null)) return;
    this.at = at;
    this.paint();
    this.tell();
  }

  tell() {
    if (!this.at) return setText(this.pair, "");
    const [one, other] = this.at.map((place) => this.units[place]);
    setText(this.pair, `units ${one} and ${other}: ${signedNumber(this.values[this.at[0] * this.units.length + this.at[1]])}`);
  }
}

function paintSigned(canvas, values, most, map) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) pixels[at] = signedColor(values[at], most, map);
  context.putImageData(image, 0, 0);
}

// 128 is zero, 1 and 255 are minus and plus the most; what isn't finite is left blank.
function signedColor(value, most, map) {
  if (!Number.isFinite(value)) return 0;
  return map[128 + Math.round(127 * Math.max(-1, Math.min(1, value / most)))];
}

function cssColor(packed) {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}

function isBright(packed) {
  return 0.3 * (packed & 255) + 0.59 * ((packed >> 8) & 255) + 0.11 * ((packed >> 16) & 255) > 128;
}

// Two digits after the point where they say enough.
function signedNumber(value) {
  if (!Number.isFinite(value)) return "not finite";
  const text = Math.abs(value) >= 0.1 || value === 0 ? value.toFixed(2) : Math.abs(value) >= 1e-3 ? value.toFixed(3) : value.toExponential(1);
  return text.replace(/^-/, "−");
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
  const some = (count, all, what) => (count < all ? `${count} of ${all.toLocaleString("en-US")} ${what}` : `${all.toLocaleString("en-US")} ${what}`);
  const behindMap = kind === "Linear" && arrays.images;
  const [, , height, width] = arrays.images?.shape ?? [];
  const all = behindMap ? shape[1] / (height * width) : shape[1];
  const parts = [some(units, shape[0], "units")];
  if (all > 1) parts.push(some(inputs, all, arrays.images ? "channels" : "inputs"));
  const what = arrays.images ? `each a ${height} × ${width} ${kind === "Conv2d" ? "kernel" : "image"}` : "a row a unit";
  return `${shape.join(" × ")} weights: ${parts.join(", ")}, ${what}`;
}

function scaleWords({ most, lost, arrays }) {
  const full = most === null ? "" : most === 0 ? " · all weights are exactly 0" : ` · full colour at ±${plainNumber(most)}, the largest weight of the layer`;
  const gone = lost ? ` · ${lost.toLocaleString("en-US")} are not finite: blank here, in no bar below` : "";
  const way = arrays.images && arrays.inputs.values.length > 1 ? " · a column a unit, an image a channel" : "";
  return full + way + gone;
}

function tilesWords({ layer, kind, shape, arrays, most }) {
  const count = arrays.units.values.length;
  const shown = count < shape[0] ? `${count} of ${shape[0]} units` : `${count} units`;
  const what = arrays.images ? (kind === "Conv2d" ? "kernels" : "weights as images") : "weight matrix";
  return `${layer}: ${what} of ${shown}, from −${plainNumber(most)} to ${plainNumber(most)}. Arrow keys choose one.`;
}

function histogramWords({ layer }, bins, now) {
  const place = now.indexOf(Math.max(...now));
  const [low, high] = [bins[0][0], bins.at(-1)[1]];
  return `Weights of ${layer}, from ${plainNumber(low)} to ${plainNumber(high)}, most of them near ${plainNumber((bins[place][0] + bins[place][1]) / 2)}`;
}
