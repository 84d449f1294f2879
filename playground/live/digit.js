// What one digit does to every layer: canvases painted straight from bytes, ten probabilities as bars.

const CELLS_A_ROW = 16; // of a flat layer

class DigitPanel {
  constructor(onChange) {
    this.digit = 0;
    this.isVisible = false;
    this.onChange = onChange;
    this.layers = [];
    this.element = document.createElement("section");
    this.element.className = "dlp-card dlp-digit";
    this.element.innerHTML = `
      <header>
        <h4>What this digit does to every layer</h4>
        <div class="dlp-choose" role="group" aria-label="Digit">
          <button type="button" class="dlp-small" data-go="previous" aria-label="Previous digit" title="Previous digit">‹</button>
          <input type="number" min="0" step="1" inputmode="numeric" aria-label="Digit number" title="Which digit of the data">
          <button type="button" class="dlp-small" data-go="next" aria-label="Next digit" title="Next digit">›</button>
          <button type="button" class="dlp-small" data-go="random" aria-label="Random digit">Random</button>
        </div>
      </header>
      <p class="dlp-hint">
        <span class="dlp-key"><i data-of="-"></i>negative <i data-of="0"></i>0 <i data-of="+"></i>positive</span>
        · each layer on its own scale <span class="dlp-step"></span>
      </p>
      <p class="dlp-note" hidden></p>
      <div class="dlp-layers" role="img" aria-label="No digit shown yet"></div>`;
    this.host = this.element.querySelector(".dlp-layers");
    this.note = this.element.querySelector(".dlp-note");
    this.stepText = this.element.querySelector(".dlp-step");
    this.input = this.element.querySelector("input");
    this.input.onchange = () => this.go(Number(this.input.value));
    this.input.onkeydown = (event) => event.stopPropagation(); // Streamlit's shortcuts are not meant
    const ways = {
      previous: () => this.digit - 1,
      next: () => this.digit + 1,
      random: () => Math.floor(Math.random() * this.count),
    };
    for (const button of this.element.querySelectorAll("[data-go]")) {
      button.onclick = () => this.go(ways[button.dataset.go]());
    }
    this.watch = new IntersectionObserver((entries) => {
      this.isVisible = entries.at(-1).isIntersecting;
      this.onChange();
    });
    this.watch.observe(this.element);
  }

  // Which digits there are and how they are painted.
  prepare({ digits, digit, colors }, theme, hasRun) {
    this.count = digits;
    this.input.max = digits - 1;
    if (this.given !== digit) this.digit = this.given = digit;
    if (document.activeElement !== this.input) this.input.value = this.digit;
    const mode = theme.isDark ? "dark" : "light";
    this.maps = { signed: ramp(colors.diverging[mode]), unsigned: ramp(colors.sequential[mode]) };
    const signed = colors.diverging[mode];
    const key = { "-": signed.at(1), 0: signed.at(signed.length >> 1), "+": signed.at(-2) };
    for (const swatch of this.element.querySelectorAll(".dlp-key i")) swatch.style.background = key[swatch.dataset.of];
    this.element.classList.toggle("dlp-idle", !hasRun);
    if (!hasRun) this.say("Train a network, and its maps and probabilities show here, step by step.");
    if (this.buffer) this.draw(this.buffer);
  }

  go(digit) {
    this.digit = ((Math.round(digit || 0) % this.count) + this.count) % this.count;
    this.input.value = this.digit;
    this.onChange();
  }

  say(text) {
    if (this.note.textContent === text) return;
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  clear() {
    this.buffer = null;
    this.layers = [];
    this.host.replaceChildren();
    this.stepText.textContent = "";
  }

  draw(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    const bytes = new Uint8Array(buffer, 4 + size);
    this.buffer = buffer;
    const shapes = JSON.stringify(header.layers.map((layer) => [layer.name, layer.shape]));
    if (shapes !== this.shapes || !this.layers.length) this.build(header, shapes);
    this.layers.forEach((shown, index) => shown.paint(header.layers[index], bytes, this.maps, header));
    this.stepText.textContent = `· step ${header.step.toLocaleString("en-US")}`;
    this.host.setAttribute("aria-label", describeDigit(header));
    this.say("");
  }

  build(header, shapes) {
    this.shapes = shapes;
    this.layers = header.layers.map((layer) => (layer.values ? new OutputBars() : new LayerTiles(layer)));
    this.host.replaceChildren(...this.layers.map((shown) => shown.element));
  }

  remove() {
    this.watch.disconnect();
    this.element.remove();
  }
}

class LayerTiles {
  constructor({ name, shape, tiles, height, width }) {
    const isFlat = height === 1;
    this.columns = isFlat ? Math.min(CELLS_A_ROW, width) : Math.ceil(Math.sqrt(tiles));
    const rows = isFlat ? Math.ceil(width / this.columns) : Math.ceil(tiles / this.columns);
    this.gap = isFlat ? 0 : 1;
    this.element = document.createElement("figure");
    this.element.innerHTML = "<figcaption><b></b><span></span></figcaption><canvas></canvas><small></small>";
    this.element.querySelector("b").textContent = name;
    this.element.querySelector("span").textContent = shapeText(shape, tiles, width, isFlat);
    this.range = this.element.querySelector("small");
    const canvas = this.element.querySelector("canvas");
    canvas.width = isFlat ? this.columns : this.columns * (width + this.gap) - this.gap;
    canvas.height = isFlat ? rows : rows * (height + this.gap) - this.gap;
    canvas.classList.toggle("dlp-flat", isFlat);
    this.context = canvas.getContext("2d");
    this.image = this.context.createImageData(canvas.width, canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.isFlat = isFlat;
  }

  paint({ offset, tiles, height, width, low, high, signed }, bytes, maps) {
    const map = signed ? maps.signed : maps.unsigned;
    const across = this.image.width;
    if (this.isFlat) {
      for (let at = 0; at < width; at++) this.pixels[at] = map[bytes[offset + at]];
    } else {
      let at = offset;
      for (let tile = 0; tile < tiles; tile++) {
        const left = (tile % this.columns) * (width + this.gap);
        const top = Math.floor(tile / this.columns) * (height + this.gap);
        for (let y = 0; y < height; y++) {
          const row = (top + y) * across + left;
          for (let x = 0; x < width; x++) this.pixels[row + x] = map[bytes[at++]];
        }
      }
    }
    this.context.putImageData(this.image, 0, 0);
    this.range.textContent = `${shortText(low)} … ${shortText(high)}`;
  }
}

class OutputBars {
  constructor() {
    this.element = document.createElement("figure");
    this.element.className = "dlp-output";
    this.element.innerHTML =
      "<figcaption><b>Output</b><span>probability</span></figcaption><ol>" +
      Array.from({ length: 10 }, (_, digit) => `<li><b>${digit}</b><i></i><span></span></li>`).join("") +
      "</ol><small></small>";
    this.rows = [...this.element.querySelectorAll("li")];
    this.line = this.element.querySelector("small");
  }

  paint({ values }, _bytes, _maps, { label, prediction }) {
    this.rows.forEach((row, digit) => {
      row.querySelector("i").style.setProperty("--share", values[digit]);
      row.querySelector("span").textContent = percent(values[digit]);
      row.classList.toggle("dlp-true", digit === label);
      row.classList.toggle("dlp-top", digit === prediction);
    });
    this.line.textContent = label === prediction ? `label ${label}, right` : `label ${label}, taken for ${prediction}`;
  }
}

// 256 packed colours (little-endian RGBA) along evenly spaced anchors.
function ramp(anchors) {
  const colors = anchors.map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, code) => {
    const place = (code / 255) * (colors.length - 1);
    const left = Math.min(Math.floor(place), colors.length - 2);
    const [red, green, blue] = [0, 1, 2].map((channel) =>
      Math.round(colors[left][channel] + (colors[left + 1][channel] - colors[left][channel]) * (place - left)),
    );
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

function describeDigit({ digit, label, prediction, step, layers }) {
  const sure = percent(layers.at(-1).values[prediction]);
  return `Digit number ${digit}, a ${label}, through ${layers.length - 2} layers; at step ${step} taken for ${prediction} with ${sure}`;
}

function shapeText(shape, tiles, width, isFlat) {
  const whole = shape.join(" × ");
  if (isFlat) return shape[0] > width ? `${width} of ${whole}` : whole;
  return shape[0] > tiles ? `${tiles} of ${whole}` : whole;
}

function percent(share) {
  if (share === null) return "NaN";
  return `${(100 * share).toFixed(share > 0.0005 && share < 0.9995 ? 1 : 0)} %`;
}

function shortText(value) {
  if (value === null) return "not finite";
  return Math.abs(value) >= 100 || value === 0 ? value.toFixed(0) : value.toPrecision(2).replace("-", "−");
}
