// Weights as images: one tile a unit, or one a kernel, on one signed scale; any of them enlarged.

const BAND_GAP = 10; // CSS pixels between two rows of units
const TILE_GAP = { least: 2, most: 10 };
const TILE = { single: 56, small: 40, many: 16 }; // CSS pixels at least: an image, a kernel, one of several inputs of a unit
const LARGEST_TILE = 140;
const LOW = 260; // CSS pixels: images grow while they stay as low as that
const MOST_NUMBERS = 25; // of an enlarged kernel

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
    if (!this.values) return;
    const ways = this.isMatrix
      ? { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
      : { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!this.isMatrix && this.inputs.length === 1) [ways.ArrowUp, ways.ArrowDown] = [[-this.columns, 0], [this.columns, 0]];
    event.stopPropagation(); // Streamlit's shortcuts are not meant
    if (!(event.key in ways)) return;
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
