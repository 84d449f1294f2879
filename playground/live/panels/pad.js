// The drawing pad: strokes of mouse, pen and touch, and pictures from files, one over the other; each can be undone.

const PAD_SIDE = 560; // pixels of the canvas, twice what is shown, for dense screens
const STROKE = 1 / 12; // of the side: scaled as MNIST was made, a digit as wide as most are drawn has its strokes
const INK_BOX = 20 / 28; // of the side, for the ink of a picture

class DrawingPad {
  // `onChange(isFinished)`: something was drawn, undone or cleared; a stroke is finished when it is lifted.
  constructor(onChange) {
    this.onChange = onChange;
    this.items = []; // {points: [{x, y}]} from 0 to 1, {mask: canvas}, or {} for a cleared page
    this.color = "#fff";
    this.element = document.createElement("canvas");
    this.element.className = "dlp-pad";
    this.element.width = this.element.height = PAD_SIDE;
    this.element.setAttribute("role", "img");
    this.element.onpointerdown = (event) => this.begin(event);
    this.element.onpointermove = (event) => this.extend(event);
    this.element.onpointerup = this.element.onpointercancel = (event) => this.end(event);
    this.describe();
  }

  // What is seen: the last page that was cleared or covered by a picture, and all upon it.
  get page() {
    const last = this.items.findLastIndex((item) => !item.points);
    return this.items.slice(last < 0 ? 0 : last).filter((item) => item.points || item.mask);
  }

  get isEmpty() {
    return !this.page.length;
  }

  begin(event) {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault(); // no selection of text
    this.element.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.items.push({ points: [this.place(event)] });
    this.tell(false);
  }

  extend(event) {
    if (event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    this.items.at(-1).points.push(...(all.length ? all : [event]).map((one) => this.place(one)));
    this.tell(false);
  }

  end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.tell(true);
  }

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  undo() {
    this.items.pop();
    this.tell(true);
  }

  clear() {
    this.items.push({});
    this.tell(true);
  }

  // Ink, light on black, in the middle of a page of its own.
  async load(png) {
    const image = await createImageBitmap(png);
    const scale = (INK_BOX * PAD_SIDE) / Math.max(image.width, image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    const { canvas, context } = sheet();
    context.drawImage(image, (PAD_SIDE - width) / 2, (PAD_SIDE - height) / 2, width, height);
    const pixels = context.getImageData(0, 0, PAD_SIDE, PAD_SIDE);
    for (let at = 0; at < pixels.data.length; at += 4) pixels.data[at + 3] = pixels.data[at]; // the ink's level covers
    context.putImageData(pixels, 0, 0);
    this.items.push({ mask: canvas });
    this.paint();
  }

  tell(isFinished) {
    this.paint();
    this.onChange(isFinished);
  }

  paint(color = this.color) {
    this.color = color;
    const context = this.element.getContext("2d");
    context.clearRect(0, 0, PAD_SIDE, PAD_SIDE);
    paintInk(context, this.page, color);
    this.describe();
  }

  describe() {
    const strokes = this.page.filter((item) => item.points).length;
    const words = [this.page[0]?.mask ? "a picture" : "", strokes ? `${strokes} ${strokes === 1 ? "stroke" : "strokes"}` : ""];
    const drawn = words.filter(Boolean).join(" and ") || "empty";
    this.element.setAttribute("aria-label", `Drawing pad: ${drawn}. Draw with mouse, pen or finger, or load a picture.`);
  }

  // As a PNG, white on black.
  blob() {
    const { canvas, context } = sheet();
    context.fillStyle = "#000";
    context.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
    paintInk(context, this.page, "#fff");
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }
}

function sheet() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PAD_SIDE;
  return { canvas, context: canvas.getContext("2d", { willReadFrequently: true }) };
}

function paintInk(context, items, color) {
  Object.assign(context, { strokeStyle: color, lineWidth: STROKE * PAD_SIDE, lineCap: "round", lineJoin: "round" });
  for (const { points, mask } of items) {
    if (mask) context.drawImage(tinted(mask, color), 0, 0);
    else strokeThrough(context, points);
  }
}

function tinted(mask, color) {
  const { canvas, context } = sheet();
  context.drawImage(mask, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = color;
  context.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
  return canvas;
}

// A smooth line: curves from the middle of one segment to the middle of the next.
function strokeThrough(context, points) {
  const at = points.map(({ x, y }) => [x * PAD_SIDE, y * PAD_SIDE]);
  context.beginPath();
  context.moveTo(...at[0]);
  for (let index = 1; index < at.length - 1; index++) {
    const [[x, y], [nextX, nextY]] = [at[index], at[index + 1]];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  const [endX, endY] = at.at(-1);
  context.lineTo(endX + 0.1, endY); // a canvas leaves out a line of no length, and a dot is ink
  context.stroke();
}
