// Pictures of digits by their index: each is fetched once, and painted in the page's colours.

const PICTURE_SIDE = 28; // pixels
const MOST_PICTURES = 500; // a request
const PICTURE_RETRY = 3000; // ms

class DigitPictures {
  // All panels of a source share them.
  static of({ base, source }) {
    const address = `${base}/live/digits/${source}`;
    window.dlpPictures ??= new Map();
    if (!window.dlpPictures.has(address)) window.dlpPictures.set(address, new DigitPictures(address));
    return window.dlpPictures.get(address);
  }

  constructor(address) {
    this.address = address;
    this.pixels = new Map(); // index → 784 bytes
    this.coming = new Map(); // index → promise of its request
  }

  // Resolves when all of them are there, or could not be had.
  fetch(indices) {
    const missing = [...new Set(indices)].filter((index) => !this.pixels.has(index) && !this.coming.has(index));
    for (let at = 0; at < missing.length; at += MOST_PICTURES) {
      const some = missing.slice(at, at + MOST_PICTURES);
      const request = this.request(some);
      for (const index of some) this.coming.set(index, request);
    }
    return Promise.all(new Set(indices.map((index) => this.coming.get(index))));
  }

  async request(indices) {
    try {
      const answer = await fetch(`${this.address}?index=${indices.join(",")}`);
      if (!answer.ok) throw new Error(await answer.text());
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const size = PICTURE_SIDE * PICTURE_SIDE;
      indices.forEach((index, place) => this.pixels.set(index, bytes.subarray(place * size, (place + 1) * size)));
    } catch (error) {
      console.error("pictures of digits could not be fetched", error);
      await new Promise((resolve) => setTimeout(resolve, PICTURE_RETRY));
    } finally {
      for (const index of indices) this.coming.delete(index);
    }
  }

  // Paints the digit, or nothing where its picture is not there yet.
  paint(canvas, index, map) {
    const context = canvas.getContext("2d");
    const pixels = this.pixels.get(index);
    if (!pixels) return void context.clearRect(0, 0, canvas.width, canvas.height);
    const image = context.createImageData(PICTURE_SIDE, PICTURE_SIDE);
    const colors = new Uint32Array(image.data.buffer);
    for (let at = 0; at < colors.length; at++) colors[at] = map[pixels[at]];
    context.putImageData(image, 0, 0);
  }
}

function pictureCanvas() {
  const canvas = document.createElement("canvas");
  canvas.className = "dlp-picture";
  canvas.width = canvas.height = PICTURE_SIDE;
  return canvas;
}
