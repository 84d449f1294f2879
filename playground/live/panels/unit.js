// One map enlarged, a pixel of it to choose, and beside it the numbers that made that pixel.

class UnitDetail {
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.element = document.createElement("section");
    this.element.className = "dlp-unit";
    this.element.setAttribute("aria-label", "One value and what made it");
    this.element.innerHTML = `
      <header><h5></h5><span></span></header>
      <p class="dlp-note" hidden></p>
      <div class="dlp-unit-body">
        <div class="dlp-unit-side">
          <div class="dlp-unit-map"><canvas></canvas><i></i><button type="button" class="dlp-act-tile dlp-on"></button></div>
          <p class="dlp-hint"></p>
        </div>
        <div class="dlp-unit-sum"></div>
      </div>`;
    this.title = this.element.querySelector("h5");
    this.value = this.element.querySelector("header span");
    this.note = this.element.querySelector(".dlp-note");
    this.frame = this.element.querySelector(".dlp-unit-map");
    this.canvas = this.element.querySelector("canvas");
    this.grid = this.element.querySelector("i");
    this.cursor = this.element.querySelector("button");
    this.hint = this.element.querySelector(".dlp-hint");
    this.sum = this.element.querySelector(".dlp-unit-sum");
    this.canvas.onclick = (event) => this.point(event, true);
    this.canvas.onpointermove = (event) => this.point(event, false);
    this.canvas.onpointerleave = () => this.tellRange();
    this.cursor.onkeydown = (event) => this.step(event);
  }

  prepare(data, maps) {
    [this.layers, this.maps] = [data.layers, maps];
    if (this.view) this.draw(this.view);
  }

  // The unit that is asked for: its place is ringed at once, its numbers follow.
  ask(unit, digit) {
    [this.unit, this.digit] = [unit, digit];
    this.mark();
  }

  say(problem) {
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  draw(view) {
    this.view = view;
    this.paint();
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset?.unit : null;
    this.sum.replaceChildren(sumElement(view, this.layers, this.maps, (unit, text) => this.link(unit, text)));
    if (focused) this.sum.querySelector(`[data-unit='${CSS.escape(focused)}']`)?.focus();
    this.mark();
    if (this.isFollowed && !this.cursor.hidden) this.cursor.focus({ preventScroll: true }); // the link is gone
    this.isFollowed = false;
  }

  // The shape that the map is painted in: units of a flat layer lie in rows.
  sizeOf({ shape: [height, width] }, isFlat) {
    if (!isFlat) return [height, width];
    const columns = width <= 16 ? width : width <= 1024 ? Math.min(32, Math.ceil(width / 4)) : Math.ceil(Math.sqrt(width));
    return [Math.ceil(width / columns), columns];
  }

  paint() {
    const { map } = this.view.arrays;
    this.frame.hidden = !map;
    if (!map) return;
    this.isFlat = map.shape[0] === 1 && shapeOf(this.view.layer, this.layers).length === 1;
    [this.rows, this.columns] = this.sizeOf(map, this.isFlat);
    [this.canvas.width, this.canvas.height] = [this.columns, this.rows];
    const end = largest(map.values);
    const isSigned = this.view.low !== null && this.view.low < 0;
    const codes = isSigned ? codesOf(map.values, end) : Array.from(map.values, (value) => Math.round((255 * value) / end) || 0);
    paintCodes(this.canvas, codes, isSigned ? this.maps.signed : this.maps.unsigned);
    this.frame.style.setProperty("--columns", this.columns);
    this.frame.style.setProperty("--rows", this.rows);
    this.grid.hidden = this.columns > 40;
    this.tellRange();
  }

  mark() {
    const { unit, view } = this;
    if (!unit || !view) return;
    const isShown = view.layer === unit.layer && view.channel === unit.channel && view.y === unit.y && view.x === unit.x;
    this.element.classList.toggle("dlp-waits", !isShown || view.digit !== this.digit);
    const isSameMap = view.layer === unit.layer && (this.isFlat || view.channel === unit.channel);
    this.cursor.hidden = !view.arrays.map || !isSameMap;
    if (!this.cursor.hidden) {
      const [y, x] = this.isFlat ? [Math.floor(unit.channel / this.columns), unit.channel % this.columns] : [unit.y, unit.x];
      this.cursor.style.left = `${(100 * x) / this.columns}%`;
      this.cursor.style.top = `${(100 * y) / this.rows}%`;
      this.cursor.style.width = `${100 / this.columns}%`;
      this.cursor.style.height = `${100 / this.rows}%`;
      const place = this.isFlat ? `Unit ${unit.channel}` : `Row ${unit.y}, column ${unit.x}`;
      this.cursor.setAttribute("aria-label", `${place}: ${near(this.valueAt(y, x))}. Arrow keys choose another.`);
    }
    if (!isShown) return;
    setText(this.title, unitWords(view, this.isFlat ?? shapeOf(view.layer, this.layers).length === 1));
    setText(this.value, `= ${shortNumber(view.value, 4)}`);
  }

  valueAt(y, x) {
    return this.view.arrays.map.values[y * this.columns + x] ?? null;
  }

  point(event, isChosen) {
    if (!this.view?.arrays.map) return;
    const box = this.canvas.getBoundingClientRect();
    const inside = (share, count) => Math.min(Math.max(Math.floor(share * count), 0), count - 1);
    const x = inside((event.clientX - box.left) / box.width, this.columns);
    const y = inside((event.clientY - box.top) / box.height, this.rows);
    const value = this.valueAt(y, x);
    if (this.isFlat && y * this.columns + x >= this.view.arrays.map.values.length) return;
    setText(this.hint, `${this.isFlat ? `unit ${y * this.columns + x}` : `row ${y}, column ${x}`}: ${shortNumber(value, 4)}`);
    const isDragged = event.buttons === 1 && event.pointerType === "mouse";
    if (isChosen || isDragged) this.choose(y, x);
  }

  step(event) {
    const [down, across] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!down && !across) return;
    event.preventDefault();
    event.stopPropagation();
    const { channel } = this.unit;
    const y = (this.isFlat ? Math.floor(channel / this.columns) : this.unit.y) + down;
    const x = (this.isFlat ? channel % this.columns : this.unit.x) + across;
    if (y < 0 || x < 0 || y >= this.rows || x >= this.columns) return;
    this.choose(y, x);
  }

  choose(y, x) {
    const { layer, channel } = this.view;
    const unit = this.isFlat ? { layer, channel: y * this.columns + x, y: 0, x: 0 } : { layer, channel, y, x };
    if (this.isFlat && unit.channel >= this.view.arrays.map.values.length) return;
    if (this.unit.channel === unit.channel && this.unit.y === unit.y && this.unit.x === unit.x) return;
    this.onChoose(unit);
  }

  link(unit, text) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dlp-link";
    button.textContent = text;
    button.title = `Look at ${unit.layer}`;
    button.dataset.unit = `${unit.layer} ${unit.channel} ${unit.y} ${unit.x}`;
    button.onclick = () => {
      this.isFollowed = true;
      this.onChoose(unit);
    };
    return button;
  }

  tellRange() {
    const { low, high, kind } = this.view;
    const what = this.isFlat ? "All units" : kind === "Input" ? "The digit, scaled" : "The map";
    setText(this.hint, `${what}: ${rangeWords({ low, high })}. Click a ${this.isFlat ? "unit" : "pixel"} for its sum.`);
  }
}

function unitWords({ layer, channel, y, x }, isFlat) {
  return isFlat ? `${layer}, unit ${channel}` : `${layer}, channel ${channel}, row ${y}, column ${x}`;
}
