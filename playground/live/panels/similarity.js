// Cosine similarity between the units of a layer, as a matrix.

const SIMILARITY_SIDE = 300; // CSS pixels

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
    const compared = isAlone ? `1 unit of ${view.layer}` : `Cosine between each two of ${this.units.length} units of ${view.layer}`;
    this.canvas.setAttribute("aria-label", `${compared}; ${this.symmetry.textContent}`);
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
