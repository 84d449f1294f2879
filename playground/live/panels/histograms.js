// How each layer's values are distributed: a small histogram a layer, its mean and deviation, dead and saturated shares.

const MUCH_SATURATED = 0.1; // a share that is worth a look

class LayerHistograms {
  constructor() {
    this.element = document.createElement("section");
    this.element.className = "dlp-histograms";
    this.element.innerHTML = `
      <h5>Distribution per layer</h5>
      <p class="dlp-hint"></p>
      <p class="dlp-note" hidden></p>
      <ul></ul>`;
    this.hint = this.element.querySelector(".dlp-hint");
    this.note = this.element.querySelector(".dlp-note");
    this.list = this.element.querySelector("ul");
  }

  prepare(data, theme, maps) {
    [this.layers, this.theme, this.maps] = [data.layers, theme, maps];
    if (this.view) this.draw(this.view);
  }

  say(problem) {
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  draw(view) {
    this.view = view;
    const { layers, digits, split, step, arrays } = view;
    const isSampled = layers.some(({ every }) => every > 1);
    setText(
      this.hint,
      `Look for spikes at the ends (saturated) and for dead units. Eval mode, first ${digits} ${split} digits, step ${whole(step)}` +
        `${isSampled ? "; large layers: histogram of about 60,000 of their values" : ""}. Exact zeros are told, not drawn.`,
    );
    if (this.list.children.length !== layers.length) this.list.replaceChildren(...layers.map(() => histogramItem()));
    const bins = arrays.counts.shape[1];
    layers.forEach((layer, at) => {
      const item = this.list.children[at];
      const counts = arrays.counts.values.subarray(at * bins, (at + 1) * bins);
      const edges = arrays.edges.values.subarray(at * (bins + 1), (at + 1) * (bins + 1));
      setText(item.querySelector("b"), layer.name);
      this.paint(item.querySelector("canvas"), counts, edges);
      item.querySelector("canvas").setAttribute("aria-label", `Histogram of ${layer.name}, ${extentWords(layer)}`);
      const ends = endTexts(layer);
      item.querySelectorAll(".dlp-ends span").forEach((end, side) => setText(end, ends[side]));
      setText(item.querySelector("small"), momentWords(layer));
      const warning = item.querySelector("em");
      setText(warning, unitsWords(layer, shapeOf(layer.name, this.layers).length === 3 ? "channel" : "unit"));
      warning.classList.toggle("dlp-alarm", layer.dead > 0 || layer.saturated > MUCH_SATURATED);
    });
  }

  // Bars in the colours of their sign, and a tick at zero.
  paint(canvas, counts, edges) {
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [Math.round(240 * scale), Math.round(48 * scale)];
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    const bins = counts.length;
    const most = Math.max(...counts) || 1;
    const [low, high] = [edges[0], edges[bins]];
    const colors = [paintOf(this.maps.signed[48]).color, paintOf(this.maps.signed[208]).color];
    counts.forEach((count, bin) => {
      if (!count) return;
      const bar = Math.max((count / most) * (height - 2 * scale), scale); // a few are still seen
      context.fillStyle = colors[edges[bin] + edges[bin + 1] < 0 ? 0 : 1];
      context.fillRect((bin / bins) * width, height - bar, width / bins - 0.5, bar);
    });
    if (low > 0 || high < 0) return;
    context.fillStyle = this.theme.text;
    context.globalAlpha = 0.45;
    context.fillRect(Math.min(((0 - low) / (high - low)) * width, width - 1), 0, 1, height);
  }
}

function histogramItem() {
  const item = document.createElement("li");
  item.innerHTML = `<b></b><canvas role="img"></canvas><span class="dlp-ends"><span></span><span></span></span><small></small><em></em>`;
  return item;
}

// What stands under the ends: the layer's own, for those of the bins part where all values are alike.
function endTexts({ mean, low, high }) {
  if (low === null) return ["", ""];
  if (low === high) return [`${mean === null ? "finite ones " : ""}all ${shortNumber(low)}`, ""];
  return [shortNumber(low), shortNumber(high)];
}

function extentWords({ mean, low, high }) {
  if (low === null) return "not finite";
  const which = mean === null ? "finite ones " : "";
  return which + (low === high ? `all ${near(low)}` : `from ${near(low)} to ${near(high)}`);
}

function momentWords({ mean, deviation, zeros }) {
  if (mean === null) return "not all values are finite";
  const moments = `mean ${near(mean)}, deviation ${near(deviation)}`;
  return zeros >= 0.0005 ? `${moments}; ${percentWords(zeros)} exactly 0` : moments;
}

function unitsWords({ dead, units, saturated }, word) {
  if (dead !== null && units === 1) return `1 ${word}, ${dead ? "dead" : "not dead"}`;
  if (dead === 0) return `none of ${counted(units, word)} dead`;
  if (dead) return `${whole(dead)} of ${counted(units, word)} dead (${percentWords(dead / units)})`;
  if (saturated !== null) return `${percentWords(saturated)} saturated`;
  return "";
}
