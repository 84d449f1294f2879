// A layer's output as image tiles on a canvas, painted straight from bytes; the answer as ten bars.

const UNITS_A_ROW = 32; // of a flat layer
const NARROW_PANEL = 540; // pixels of the panel, below which a row has fewer tiles
const LARGE = 1e4; // from here on numbers have an exponent: with all its digits one fits no tile and no cell

// Tiles side by side: maps, or the units of a flat layer, each a tile of one pixel.
class TileCanvas {
  constructor({ height, width, flat }, count, columns) {
    this.isFlat = flat;
    [this.count, this.columns] = [count, columns];
    this.rows = Math.ceil(this.count / this.columns);
    [this.height, this.width] = flat ? [1, 1] : [height, width];
    this.gap = flat ? 0 : 1;
    this.canvas = document.createElement("canvas");
    this.canvas.width = this.columns * (this.width + this.gap) - this.gap;
    this.canvas.height = this.rows * (this.height + this.gap) - this.gap;
    this.canvas.classList.toggle("dlp-flat", flat);
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  // Codes as `views/activations.py` writes them; `end` is the value of the strongest colour, null for each tile's own.
  paint(codes, most, isSigned, end, maps) {
    const map = isSigned ? maps.signed : maps.unsigned;
    const across = this.canvas.width;
    let [colors, at] = [null, 0];
    for (let tile = 0; tile < this.count; tile++) {
      if (!this.isFlat || tile === 0) colors = dimmed(map, isSigned, end === null ? 1 : most[tile] / end);
      const left = (tile % this.columns) * (this.width + this.gap);
      const top = Math.floor(tile / this.columns) * (this.height + this.gap);
      for (let y = 0; y < this.height; y++) {
        const row = (top + y) * across + left;
        for (let x = 0; x < this.width; x++) this.pixels[row + x] = colors[codes[at++]];
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }

  // The tile under a pointer; null between and beyond them.
  tileAt({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((((clientX - box.left) / box.width) * this.canvas.width) / (this.width + this.gap));
    const row = Math.floor((((clientY - box.top) / box.height) * this.canvas.height) / (this.height + this.gap));
    const tile = row * this.columns + column;
    return column >= 0 && column < this.columns && row >= 0 && tile < this.count ? tile : null;
  }

  // Lay a box over a tile, by shares of the canvas.
  cover(element, tile) {
    const share = (part, whole) => `${(100 * part) / whole}%`;
    const { width, height } = this.canvas;
    element.style.left = share((tile % this.columns) * (this.width + this.gap), width);
    element.style.top = share(Math.floor(tile / this.columns) * (this.height + this.gap), height);
    element.style.width = share(this.width, width);
    element.style.height = share(this.height, height);
  }
}

class LayerTiles {
  // `onChoose(unit)` where tiles can be chosen: by a click, or by the arrow keys and Enter.
  constructor(layer, units, { isBoard, isNarrow, hasGradient, onChoose }) {
    this.layer = layer;
    this.units = units; // which units of a wide flat layer are shown, null for all
    this.onChoose = onChoose;
    const count = layer.flat ? layer.width : layer.maps;
    const columns = isBoard ? boardColumns(layer, count) : panelColumns(layer, count, isNarrow || hasGradient);
    this.tiles = new TileCanvas(layer, count, columns);
    this.element = document.createElement("figure");
    this.element.innerHTML = `
      <figcaption><b></b><span></span></figcaption>
      <div class="dlp-act-pair"><div class="dlp-act-grid"></div></div>
      <small></small>`;
    this.element.style.setProperty("--tiles", layer.flat ? 8 : this.tiles.columns);
    this.element.querySelector("b").textContent = layer.name;
    this.element.querySelector("span").textContent = shapeWords(layer);
    this.range = this.element.querySelector("small");
    const [pair, grid] = this.element.querySelectorAll("div");
    grid.append(this.tiles.canvas);
    if (onChoose) this.offer(grid);
    if (!hasGradient) return;
    this.slopes = new TileCanvas(layer, count, columns);
    const beside = document.createElement("div");
    beside.className = "dlp-act-grid";
    beside.append(this.slopes.canvas);
    pair.append(beside);
    this.element.classList.add("dlp-act-both");
  }

  // One real button lies over the tile that the keyboard is at.
  offer(grid) {
    this.at = 0;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "dlp-act-tile";
    grid.append(this.button);
    this.moveTo(0);
    this.button.onclick = () => this.choose(this.at);
    this.button.onkeydown = (event) => {
      const { columns, count } = this.tiles;
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -count, End: count };
      if (!(event.key in steps)) return;
      event.preventDefault();
      event.stopPropagation();
      const wanted = this.at + steps[event.key];
      if (event.key === "Home" || event.key === "End") this.moveTo(Math.min(Math.max(wanted, 0), count - 1));
      else if (wanted >= 0 && wanted < count) this.moveTo(wanted);
    };
    const { canvas } = this.tiles;
    canvas.onclick = (event) => {
      const tile = this.tiles.tileAt(event);
      if (tile !== null) this.choose(tile);
    };
    canvas.onpointermove = (event) => {
      const tile = this.tiles.tileAt(event);
      canvas.title = tile === null ? "" : this.nameOf(tile);
    };
  }

  moveTo(tile) {
    this.at = tile;
    this.tiles.cover(this.button, tile);
    const { name } = this.layer;
    this.button.setAttribute("aria-label", `${name}, ${this.nameOf(tile)}. Arrow keys move, Enter enlarges.`);
    this.button.title = this.nameOf(tile);
  }

  nameOf(tile) {
    const [count] = this.layer.shape;
    const unit = this.unitOf(tile);
    return `${this.layer.flat ? "unit" : "channel"} ${unit} (0 to ${count - 1})`;
  }

  unitOf(tile) {
    return this.units ? this.units[tile] : tile;
  }

  choose(tile) {
    this.moveTo(tile);
    this.onChoose({ layer: this.layer.name, channel: this.unitOf(tile), ...this.strongest(tile) });
  }

  // The place of a map's largest magnitude.
  strongest(tile) {
    if (this.layer.flat) return { y: 0, x: 0 };
    const { height, width } = this.layer;
    const sizes = this.codes.subarray(tile * height * width, (tile + 1) * height * width).map((code) => Math.abs(code - this.zero));
    const place = sizes.indexOf(Math.max(...sizes));
    return { y: Math.floor(place / width), x: place % width };
  }

  // Ring the tile of the chosen unit, where it is one of these.
  mark(unit) {
    const tile = unit?.layer !== this.layer.name ? -1 : this.units ? this.units.indexOf(unit.channel) : unit.channel;
    const isHere = tile >= 0 && tile < this.tiles.count;
    if (isHere) this.moveTo(tile);
    this.button.classList.toggle("dlp-on", isHere);
    this.button.setAttribute("aria-pressed", String(isHere));
  }

  // `ends`: the values of the strongest colours, null where it is each tile's own.
  paint(index, view, ends, maps) {
    const { arrays, layers, gradients } = view;
    const layer = layers[index];
    [this.codes, this.zero] = [arrays[`a${index}`].values, layer.signed ? 128 : 0];
    this.tiles.paint(this.codes, arrays[`most${index}`].values, layer.signed, ends.activation, maps);
    let text = rangeWords(layer);
    if (this.slopes && gradients) {
      this.slopes.paint(arrays[`g${index}`].values, arrays[`gmost${index}`].values, true, ends.gradient, maps);
      text = `${text}; gradient ${rangeWords(gradients[index])}`;
    }
    setText(this.range, text);
  }
}

class OutputBars {
  constructor() {
    this.element = document.createElement("figure");
    this.element.className = "dlp-act-output";
    this.element.innerHTML =
      "<figcaption><b>Output</b><span></span></figcaption><ol>" +
      Array.from({ length: 10 }, (_, digit) => `<li><b>${digit}</b><i></i><span></span></li>`).join("") +
      "</ol><small></small>";
    this.kind = this.element.querySelector("figcaption span");
    this.rows = [...this.element.querySelectorAll("li")];
    this.line = this.element.querySelector("small");
  }

  paint({ probabilities, label, prediction, answer }) {
    setText(this.kind, `probability, ${answer.toLowerCase()}`);
    this.rows.forEach((row, digit) => {
      row.querySelector("i").style.setProperty("--share", probabilities[digit] ?? 0);
      setText(row.querySelector("span"), percentWords(probabilities[digit]));
      row.classList.toggle("dlp-true", digit === label);
      row.classList.toggle("dlp-top", digit === prediction);
    });
    setText(this.line, verdictWords(label, prediction));
  }
}

function boardColumns({ flat }, count) {
  return flat ? Math.min(UNITS_A_ROW / 2, count) : Math.ceil(Math.sqrt(count));
}

function panelColumns({ flat }, count, isNarrow) {
  if (flat) return Math.min(UNITS_A_ROW, count);
  if (count <= 9) return Math.ceil(Math.sqrt(count));
  return count > 32 && !isNarrow ? 16 : 8;
}

// A colour map whose codes reach only a share of its ends.
function dimmed(map, isSigned, share) {
  if (share === 1) return map;
  const zero = isSigned ? 128 : 0;
  const kept = Number.isFinite(share) ? share : 0;
  return Uint32Array.from(map, (_, code) => map[Math.round(zero + (code - zero) * kept)]);
}

// Codes as the pixels of a canvas of that size.
function paintCodes(canvas, codes, map) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) pixels[at] = map[codes[at]];
  context.putImageData(image, 0, 0);
}

function shapeWords({ shape, maps, width, flat }) {
  const size = shape.join(" × ");
  const shown = flat ? width : maps;
  return shape[0] > shown ? `${shown} of ${size}` : size;
}

function rangeWords({ low, high, not_finite: lost }) {
  const range = low === null ? "" : `${shortNumber(low)} … ${shortNumber(high)}`;
  return lost ? `${range} ${whole(lost)} not finite`.trim() : range;
}

function verdictWords(label, prediction) {
  const said = prediction === null ? "the answer is not a number" : `taken for ${prediction}`;
  if (label === null) return `drawn, ${said}`;
  return label === prediction ? `label ${label}, right` : `label ${label}, ${said}`;
}

function percentWords(share) {
  if (share === null) return "NaN";
  return `${(100 * share).toFixed(share > 0.0005 && share < 0.9995 ? 1 : 0)} %`;
}

// Two digits that matter.
function shortNumber(value, digits = 2) {
  if (value === null || !Number.isFinite(value)) return "not finite";
  if (value === 0) return "0";
  const [size, nearest] = [Math.abs(value), Math.round(Math.abs(value))];
  if (size < 1e-4 || nearest >= LARGE) return trueMinus(value.toExponential(digits - 1).replace(/\.?0*e/, "e"));
  return trueMinus(nearest >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits));
}

// −4.6e−3, 1.2e5: JavaScript writes hyphens, and a plus.
function trueMinus(text) {
  return text.replaceAll("-", "−").replace("e+", "e");
}

function whole(number) {
  return number.toLocaleString("en-US");
}

// 1 unit, 2 units
function counted(count, word) {
  return `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
}
