// What one digit does to every layer: tiles, one value as the sum that made it, distributions. On the page Train the tiles alone.

const BOARD_MAPS = 16; // of a layer
const PANEL_MAPS = 64;
const SCALES = { layer: "each layer's", network: "the network's", tile: "each tile's" };

class ActivationsPanel {
  constructor(host, inside, { isBoard = false } = {}) {
    this.inside = inside;
    this.isBoard = isBoard;
    this.scale = "layer";
    this.hasGradient = false;
    this.shown = [];
    this.host = host;
    host.classList.add("dlp-act");
    host.classList.toggle("dlp-act-board", isBoard);
    host.innerHTML = `
      <header>${isBoard ? "<h4>What this digit does to every layer</h4>" : ""}</header>
      <p class="dlp-act-verdict" ${isBoard ? "hidden" : ""}></p>
      <p class="dlp-hint">
        <span class="dlp-key"><i data-of="-"></i>negative <i data-of="0"></i>0 <i data-of="+"></i>positive</span>
        <span class="dlp-act-words"></span>
      </p>
      <p class="dlp-note" hidden></p>
      <div class="dlp-act-body"><div class="dlp-act-layers" role="group" aria-label="No digit shown yet"></div></div>`;
    const header = host.querySelector("header");
    this.verdict = host.querySelector(".dlp-act-verdict");
    this.words = host.querySelector(".dlp-act-words");
    this.note = host.querySelector(".dlp-note");
    this.layers = host.querySelector(".dlp-act-layers");
    this.chooser = new DigitChooser({ splits: !isBoard, onChoose: (digit) => this.inside.choose({ digit }) });
    header.append(this.chooser.element);
    if (isBoard) return;
    header.append(this.scaleButtons(), this.gradientButton());
    this.detail = new UnitDetail((unit) => this.inside.choose({ unit }));
    this.layers.after(this.detail.element);
    this.histograms = new LayerHistograms();
    host.append(this.histograms.element);
    this.sight = new InSight(this.histograms.element, { rim: RIM }, (isVisible) => {
      this.seesHistograms = isVisible;
      this.inside.wish();
    });
  }

  scaleButtons() {
    const group = document.createElement("div");
    group.className = "dlp-segmented";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "One colour scale per");
    for (const [scale, whose] of Object.entries(SCALES)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `per ${scale}`;
      button.title = `The strongest colour is ${whose} largest magnitude`;
      button.setAttribute("aria-pressed", String(scale === this.scale));
      button.onclick = () => {
        this.scale = scale;
        for (const one of group.children) one.setAttribute("aria-pressed", String(one === button));
        this.paint();
      };
      group.append(button);
    }
    return group;
  }

  gradientButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dlp-small dlp-act-toggle";
    button.textContent = "Gradients";
    button.title = "Beside the activations: the gradient of the loss by each of them";
    button.setAttribute("aria-pressed", "false");
    button.onclick = () => {
      this.hasGradient = !this.hasGradient;
      button.setAttribute("aria-pressed", String(this.hasGradient));
      this.inside.wish();
    };
    return button;
  }

  prepare(data, theme, maps) {
    [this.data, this.maps] = [data, maps];
    this.chooser.prepare(data, maps);
    for (const swatch of this.host.querySelectorAll(".dlp-key i")) {
      swatch.style.background = paintOf(maps.signed[{ "-": 44, 0: 128, "+": 212 }[swatch.dataset.of]]).color;
    }
    this.host.classList.toggle("dlp-idle", !data.run);
    if (!data.run) this.say("activations", "Train a network, and its maps and probabilities show here, step by step.");
    this.detail?.prepare(data, maps);
    this.histograms?.prepare(data, theme, maps);
    this.focus();
    this.paint();
  }

  looks() {
    const { digit } = this.inside;
    const activations = { view: "activations", digit, most_maps: this.isBoard ? BOARD_MAPS : PANEL_MAPS, gradient: this.hasGradient };
    if (this.isBoard || !this.data) return { activations };
    const looks = { activations, pixel: { view: "pixel", digit, ...this.unit } };
    return this.seesHistograms ? { ...looks, distributions: { view: "distributions" } } : looks;
  }

  // The shared unit; before one was chosen, or where this network has no such, a strong one of the first weighted layer.
  get unit() {
    const { unit } = this.inside;
    const { layers } = this.data;
    if (unit && (unit.layer === "Input" || layers.some(({ name }) => name === unit.layer))) {
      const [channels, height = 1, width = 1] = shapeOf(unit.layer, layers);
      if (unit.channel < channels) {
        const within = (place, size) => Math.min(Math.max(place ?? 0, 0), size - 1);
        return { layer: unit.layer, channel: unit.channel, y: within(unit.y, height), x: within(unit.x, width) };
      }
    }
    const { name } = layers.find(({ weighted }) => weighted);
    return { layer: name, channel: 0, ...(this.start ?? { y: 0, x: 0 }) };
  }

  draw(slot, view) {
    if (slot === "distributions") return this.histograms.draw(view);
    if (slot === "pixel") {
      if (view.layer === this.unit.layer) this.detail.draw(view); // else an answer to what was asked before
      return;
    }
    this.view = view;
    const shape = JSON.stringify([view.layers.map(({ name, shape, maps }) => [name, shape, maps]), Boolean(view.gradients)]);
    if (shape !== this.shape) this.build(shape);
    else this.paint();
  }

  build(shape) {
    this.shape = shape;
    const { layers, arrays, gradients } = this.view;
    const isNarrow = this.layers.clientWidth < NARROW_PANEL;
    const onChoose = this.isBoard ? null : (unit) => this.enlarge(unit);
    this.shown = layers.map((layer, at) => {
      const units = arrays[`u${at}`]?.values.slice() ?? null;
      return new LayerTiles(layer, units, { isBoard: this.isBoard, isNarrow, hasGradient: Boolean(gradients), onChoose });
    });
    this.bars = new OutputBars();
    this.layers.replaceChildren(...[...this.shown, this.bars].map(({ element }) => element));
    this.paint();
    if (!this.isBoard) this.begin();
    this.focus();
  }

  // Before a unit was chosen: where the first weighted layer's first map is strongest, for as long as it has that map.
  begin() {
    if (this.start) return;
    this.start = this.shown.find(({ layer }) => layer.name === this.unit.layer)?.strongest(0);
    this.inside.wish();
  }

  paint() {
    if (!this.view) return;
    const { view, maps } = this;
    const ends = { activation: endOf(view, "most", 1), gradient: endOf(view, "gmost", 0) };
    this.shown.forEach((tiles, at) => tiles.paint(at, view, this.endsOf(at, ends), maps));
    this.bars.paint(view);
    setText(this.words, this.describeScale(ends));
    const verdict = describeDigit(view);
    setText(this.verdict, `${verdict}.`);
    this.layers.setAttribute("aria-label", `${verdict}, through ${view.layers.length - 1} layers`);
  }

  // Of one layer; the pixels of the digit keep a scale of their own.
  endsOf(at, ends) {
    if (this.scale === "tile") return { activation: null, gradient: null };
    const { arrays } = this.view;
    const own = { activation: Math.max(...arrays[`most${at}`].values), gradient: Math.max(...(arrays[`gmost${at}`]?.values ?? [])) };
    if (this.scale === "layer") return own;
    return at ? ends : { ...ends, activation: own.activation };
  }

  describeScale(ends) {
    const { step, target, label_is_predicted: isPredicted, gradients } = this.view;
    if (this.isBoard) return `· each layer on its own scale · step ${whole(step)}`;
    const parts = [];
    const end = this.scale === "network" ? ` (${near(ends.activation)}${gradients ? `; of gradients ${near(ends.gradient)}` : ""})` : "";
    parts.push(`strongest colour: ${SCALES[this.scale]} largest magnitude${end}`, `eval mode, step ${whole(step)}`);
    if (gradients) {
      const whose = isPredicted ? `the class it predicts, ${target}: a drawn digit has no label` : `label ${target}`;
      parts.push(`right: gradient of the loss by each activation, for ${whose}`);
    }
    return `· ${parts.join(" · ")}`;
  }

  enlarge(unit) {
    this.inside.choose({ unit });
    this.detail.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  focus() {
    if (!this.data) return;
    this.chooser.show(this.inside.digit);
    if (this.isBoard) return;
    for (const tiles of this.shown) tiles.mark(this.unit);
    this.detail.ask(this.unit, this.inside.digit);
  }

  say(slot, problem) {
    if (slot === "pixel") return this.detail.say(problem);
    if (slot === "distributions") return this.histograms.say(problem);
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  remove() {
    this.sight?.disconnect();
  }
}

// The largest magnitude of all layers from `first` on.
function endOf({ layers, arrays }, name, first) {
  return Math.max(0, ...layers.slice(first).flatMap((_, at) => [...(arrays[`${name}${at + first}`]?.values ?? [])]));
}

function describeDigit({ digit, label, split, prediction, probabilities }) {
  const said = prediction === null ? "the answer is not a number" : `taken for ${prediction} with ${percentWords(probabilities[prediction])}`;
  if (label === null) return `A drawn digit: ${said}`;
  const where = split === "unused" ? "not among this run's digits" : split;
  return `Digit ${whole(digit)} (${where}), label ${label}: ${said}`;
}
