// Pictures of a field: boxes over 28 × 28 pixels, and the grid of a map's places to choose a unit from.

const IMAGE_SIDE = 28;
const MOST_MARGIN = 14; // pixels around the image in which a field that lies in the padding is hinted at

// A picture of 28 × 28 values with boxes over it, and room around it for what lies in the padding.
class FieldImage {
  constructor(name, onAim) {
    this.name = name;
    this.element = document.createElement("figure");
    this.element.innerHTML = `
      <figcaption><b></b><span></span></figcaption>
      <div class="dlp-field-frame">
        <canvas width="${IMAGE_SIDE}" height="${IMAGE_SIDE}" role="img"></canvas>
        <svg aria-hidden="true"><rect class="dlp-halo"/><rect class="dlp-uncut"/><rect class="dlp-box"/><rect class="dlp-half"/></svg>
      </div>`;
    const canvas = (this.canvas = this.element.querySelector("canvas"));
    this.context = canvas.getContext("2d");
    this.image = this.context.createImageData(IMAGE_SIDE, IMAGE_SIDE);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.stage = this.element.querySelector(".dlp-field-frame");
    this.svg = this.element.querySelector("svg");
    this.rects = Object.fromEntries(["halo", "uncut", "box", "half"].map((of) => [of, this.svg.querySelector(`.dlp-${of}`)]));
    this.title(name, "");
    if (onAim) onDrag(this.stage, canvas, IMAGE_SIDE, IMAGE_SIDE, onAim);
  }

  title(name, text) {
    setText(this.element.querySelector("b"), name);
    setText(this.element.querySelector("span"), text);
  }

  describe(text) {
    this.canvas.setAttribute("aria-label", text);
  }

  // Values from 0 to `most`; without a positive `most` all count as 0.
  paint(values, most, maps) {
    const scale = most > 0 && Number.isFinite(most) ? 255 / most : 0;
    for (let at = 0; at < values.length; at++) this.pixels[at] = maps.unsigned[Math.round(scale * values[at]) || 0];
    this.context.putImageData(this.image, 0, 0);
  }

  // `box` is [y0, x0, y1, x1] with the padding; `half` the radius of the square with half of the effective field.
  frame(box, margin, half = null) {
    const whole = IMAGE_SIDE + 2 * margin;
    this.svg.setAttribute("viewBox", `${-margin} ${-margin} ${whole} ${whole}`);
    this.stage.style.setProperty("--inset", `${(100 * margin) / whole}%`);
    const cut = box.map((edge) => Math.min(Math.max(edge, 0), IMAGE_SIDE));
    const isOutside = cut.some((edge, at) => edge !== box[at]);
    placeRect(this.rects.uncut, isOutside ? box : null);
    for (const of of ["halo", "box"]) placeRect(this.rects[of], cut[2] > cut[0] && cut[3] > cut[1] ? cut : null);
    const middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    placeRect(this.rects.half, half === null ? null : [...middle.map((at) => at - half), ...middle.map((at) => at + half)]);
  }
}

// A map's places as a grid to choose from by mouse, touch and arrow keys; darker where more of a field is padding.
class PlacePicker {
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.element = document.createElement("figure");
    this.element.className = "dlp-places";
    this.element.innerHTML = `
      <figcaption><b>Place on the map</b><span></span></figcaption>
      <div class="dlp-field-frame"><canvas tabindex="0" role="application"></canvas></div>`;
    this.caption = this.element.querySelector("span");
    this.canvas = this.element.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.canvas.onkeydown = (event) => {
      const [down, across] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
      if (!down && !across) return;
      event.preventDefault();
      event.stopPropagation();
      this.onChoose(this.y + down, this.x + across);
    };
  }

  show(field, y, x, theme) {
    this.element.hidden = field.shape.length !== 3;
    if (this.element.hidden) return;
    [this.y, this.x] = [y, x];
    const [, height, width] = field.shape;
    if (height !== this.height || width !== this.width) {
      [this.height, this.width] = [height, width];
      this.stop?.();
      this.stop = onDrag(this.canvas, this.canvas, height, width, this.onChoose);
    }
    setText(this.caption, `${height} × ${width}, y ${y}, x ${x}`);
    this.canvas.setAttribute("aria-label", `Place on the ${height} by ${width} map: y ${y}, x ${x}. Arrow keys move it.`);
    this.paint(field, theme);
  }

  paint(field, theme) {
    const { context, canvas, width, height } = this;
    const cell = Math.max(Math.floor(448 / Math.max(width, height)), 8); // canvas pixels, two a CSS pixel
    canvas.width = width * cell;
    canvas.height = height * cell;
    context.fillStyle = theme.border;
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const isChosen = y === this.y && x === this.x;
        context.globalAlpha = 1;
        context.fillStyle = theme.background;
        context.fillRect(x * cell + 1, y * cell + 1, cell - 2, cell - 2);
        context.fillStyle = isChosen ? getComputedStyle(canvas).color : theme.text;
        context.globalAlpha = isChosen ? 1 : 0.05 + 0.45 * paddingAt(field, y, x);
        context.fillRect(x * cell + 1, y * cell + 1, cell - 2, cell - 2);
      }
    }
    context.globalAlpha = 1;
  }
}

// Calls onPlace(y, x) while a pointer presses on `element`; `picture` shows `height` × `width` places.
function onDrag(element, picture, height, width, onPlace) {
  let last = "";
  const go = (event) => {
    const { left, top, width: across, height: down } = picture.getBoundingClientRect();
    const y = Math.min(Math.max(Math.floor(((event.clientY - top) / down) * height), 0), height - 1);
    const x = Math.min(Math.max(Math.floor(((event.clientX - left) / across) * width), 0), width - 1);
    if (last !== (last = `${y} ${x}`)) onPlace(y, x);
  };
  const press = (event) => {
    if (event.button) return;
    last = "";
    element.setPointerCapture(event.pointerId);
    go(event);
  };
  const move = (event) => {
    if (element.hasPointerCapture(event.pointerId)) go(event);
  };
  element.classList.add("dlp-aim");
  element.addEventListener("pointerdown", press);
  element.addEventListener("pointermove", move);
  return () => {
    element.removeEventListener("pointerdown", press);
    element.removeEventListener("pointermove", move);
  };
}

// A box's edges [y0, x0, y1, x1] onto an SVG rectangle; none for null.
function placeRect(rect, box) {
  rect.toggleAttribute("hidden", !box);
  rect.style.display = box ? "" : "none";
  if (!box) return;
  const [y0, x0, y1, x1] = box;
  for (const [name, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 })) rect.setAttribute(name, value);
}

function fieldBox({ field, jump, before }, y, x) {
  const [top, left] = [y * jump - before, x * jump - before];
  return [top, left, top + field, left + field];
}

// How far the fields of a layer reach out of the image, as far as it is shown: the same for all of its units.
function fieldMargin({ shape = [], field, jump, before }) {
  if (field === null || shape.length !== 3) return 0;
  const after = (shape[1] - 1) * jump - before + field - IMAGE_SIDE;
  return Math.min(Math.max(before, after, 0), MOST_MARGIN);
}

function paddingAt(field, y, x) {
  if (field.field === null) return 0;
  const [y0, x0, y1, x1] = fieldBox(field, y, x).map((edge) => Math.min(Math.max(edge, 0), IMAGE_SIDE));
  return 1 - ((y1 - y0) * (x1 - x0)) / field.field ** 2;
}
