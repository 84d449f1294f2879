// What one unit sees of the image: in theory a box, in effect a heat map, at initialization and now.

class FieldPanel {
  constructor(host, inside) {
    this.inside = inside;
    this.isAveraged = true;
    this.element = host;
    host.classList.add("dlp-field");
    host.innerHTML = `
      <div class="dlp-field-choose">
        <label>Layer <select aria-label="Layer of the unit"></select></label>
        <label data-of="channel"><span>Channel</span> <input type="number" min="0" step="1" inputmode="numeric"></label>
        <label data-of="y"><span>y</span> <input type="number" min="0" step="1" inputmode="numeric" aria-label="Row of the map, y"></label>
        <label data-of="x"><span>x</span> <input type="number" min="0" step="1" inputmode="numeric" aria-label="Column of the map, x"></label>
        <div class="dlp-segmented" role="group" aria-label="Effective field of">
          <button type="button" data-averaged="true" title="Mean of the absolute gradient over 64 validation digits">64 digits</button>
          <button type="button" data-averaged="false" title="The absolute gradient for the digit that the page shows">This digit</button>
        </div>
        <label data-of="digit"><span>Digit</span> <input type="number" min="0" step="1" inputmode="numeric" aria-label="Number of the digit"></label>
      </div>
      <p class="dlp-field-words"></p>
      <p class="dlp-note" hidden></p>
      <div class="dlp-field-images"></div>
      <p class="dlp-hint">
        Effective: absolute gradient of the unit by each pixel, <span class="dlp-whose"></span>eval mode, each image on its
        own scale. Outer box: the theoretical field, dashed where it is padding. Inner square: half of the effective field.
      </p>
      <div class="dlp-field-lower">
        <section><h4></h4><p class="dlp-hint"></p></section>
        <section>
          <h4>Theoretical field of every layer</h4>
          <p class="dlp-hint">
            Fields grow with each kernel, and faster behind each stride. Jump: pixels from one unit's field to the next one's.
            Corner: how much of the corner unit's field is padding. Border: units whose field holds some. Unseen: rows of the
            image, and as many columns, that reach no unit.
          </p>
          <div class="dlp-field-table"><table>
            <thead><tr><th scope="col">Layer</th><th scope="col">Output</th><th scope="col">Field</th><th scope="col">Jump</th>
              <th scope="col">Corner</th><th scope="col">Border</th><th scope="col">Unseen</th></tr></thead>
            <tbody></tbody>
          </table></div>
        </section>
      </div>`;
    this.words = host.querySelector(".dlp-field-words");
    this.note = host.querySelector(".dlp-note");
    this.whose = host.querySelector(".dlp-whose");
    this.rows = host.querySelector("tbody");
    this.chartHost = host.querySelector(".dlp-field-lower section");
    this.places = new PlacePicker((y, x) => this.choose({ y, x }));
    this.digitImage = new FieldImage("Digit", (y, x) => this.aim(y, x));
    this.initial = new FieldImage("Effective, at initialization");
    this.now = new FieldImage("Effective, now");
    const shown = [this.places, this.digitImage, this.initial, this.now];
    host.querySelector(".dlp-field-images").append(...shown.map((one) => one.element));
    this.listen();
  }

  listen() {
    this.select = this.element.querySelector("select");
    this.select.onchange = () => this.choose({ layer: this.select.value });
    this.labels = Object.fromEntries([...this.element.querySelectorAll("[data-of]")].map((one) => [one.dataset.of, one]));
    this.inputs = Object.fromEntries(Object.entries(this.labels).map(([name, one]) => [name, one.querySelector("input")]));
    for (const name of ["channel", "y", "x"]) {
      this.inputs[name].oninput = () => {
        if (this.inputs[name].value !== "") this.choose({ [name]: Number(this.inputs[name].value) });
      };
    }
    this.inputs.digit.onchange = () => this.inside.choose({ digit: this.bounded(Number(this.inputs.digit.value), this.count) });
    for (const control of [this.select, ...Object.values(this.inputs)]) {
      control.onkeydown = (event) => event.stopPropagation(); // Streamlit's shortcuts are not meant
      control.onblur = () => this.show(); // a number out of bounds was taken for the nearest one
    }
    this.switches = [...this.element.querySelectorAll("[data-averaged]")];
    for (const button of this.switches) {
      button.onclick = () => {
        this.isAveraged = button.dataset.averaged === "true";
        this.show();
        this.inside.wish();
      };
    }
  }

  prepare(data, theme, maps) {
    this.theme = theme;
    this.maps = maps;
    this.pictures = DigitPictures.of(data);
    this.count = data.digits.count;
    const layers = JSON.stringify(data.fields);
    if (layers !== this.layers) {
      this.layers = layers;
      this.fields = data.fields;
      this.list();
      this.unit = this.known(this.unit) ?? this.known(this.inside.unit) ?? this.firstUnit();
      this.view = null;
    }
    this.plot ??= chartIn(this.chartHost, data.figures.field);
    this.show();
    if (this.view) this.draw("field", this.view);
    else this.plot.draw([], theme);
  }

  list() {
    const group = (label, fields) => {
      const element = document.createElement("optgroup");
      element.label = label;
      element.append(...fields.map(({ layer }) => new Option(layer, layer)));
      return element;
    };
    const isMap = ({ shape }) => shape.length === 3;
    const groups = [
      ["Maps", this.fields.filter(isMap)],
      ["Flat", this.fields.filter((field) => !isMap(field))],
    ];
    this.select.replaceChildren(...groups.filter(([, fields]) => fields.length).map(([label, fields]) => group(label, fields)));
    this.rows.replaceChildren(...this.fields.map((field) => this.row(field)));
  }

  row(field) {
    const row = document.createElement("tr");
    row.innerHTML = `<th scope="row"><button type="button"></button></th>`;
    row.querySelector("button").textContent = field.layer;
    row.append(
      ...fieldCells(field).map((text) => {
        const cell = document.createElement("td");
        cell.textContent = text;
        return cell;
      }),
    );
    row.onclick = () => this.choose({ layer: field.layer });
    row.dataset.layer = field.layer;
    return row;
  }

  // The middle of the last convolution or pooling, or unit 0 of the first fully connected layer.
  firstUnit() {
    const last = this.fields.filter(({ kind }) => ["Conv2d", "LocallyConnected2d", "MaxPool2d", "AvgPool2d"].includes(kind)).at(-1);
    if (last) return { layer: last.layer, channel: 0, y: last.shape[1] >> 1, x: last.shape[2] >> 1 };
    return { layer: this.fields.find(({ kind }) => kind === "Linear").layer, channel: 0, y: 0, x: 0 };
  }

  fieldOf(layer) {
    return this.fields.find((field) => field.layer === layer);
  }

  // The shape of the map that a unit of the layer is a place of, also behind Flatten.
  mapOf(layer) {
    const place = this.fields.findIndex((field) => field.layer === layer);
    return this.fields.slice(0, place + 1).findLast(({ shape }) => shape.length === 3)?.shape ?? [1, IMAGE_SIDE, IMAGE_SIDE];
  }

  // The unit, where this network has it.
  known(unit) {
    const field = unit && this.fieldOf(unit.layer);
    if (!field) return null;
    const [channels, height = 1, width = 1] = field.shape;
    const { layer, channel, y = 0, x = 0 } = unit;
    return channel < channels && y < height && x < width ? { layer, channel, y, x } : null;
  }

  bounded(value, count) {
    return Math.min(Math.max(Math.round(value) || 0, 0), count - 1);
  }

  // For all panels. A place beyond the map is taken to its border; in another layer it is the same part of the map.
  choose(change) {
    const before = this.fieldOf(this.unit.layer).shape;
    const unit = { ...this.unit, ...change };
    const [channels, height = 1, width = 1] = this.fieldOf(unit.layer).shape;
    if (change.layer) {
      const [, rows, columns] = before.length === 3 ? before : [1, 1, 1];
      unit.y = Math.floor(((unit.y + 0.5) * height) / rows);
      unit.x = Math.floor(((unit.x + 0.5) * width) / columns);
    }
    unit.channel = this.bounded(unit.channel, channels);
    unit.y = this.bounded(unit.y, height);
    unit.x = this.bounded(unit.x, width);
    this.unit = unit;
    this.inside.choose({ unit });
  }

  // The unit whose field's middle is nearest to the pixel.
  aim(pixelY, pixelX) {
    const { shape, field, jump, before } = this.fieldOf(this.unit.layer);
    if (shape.length !== 3 || field === null) return;
    const place = (pixel) => Math.round((pixel + before - (field - 1) / 2) / jump);
    this.choose({ y: place(pixelY), x: place(pixelX) });
  }

  focus() {
    const unit = this.known(this.inside.unit);
    if (unit) this.unit = unit;
    this.show();
  }

  looks() {
    if (!this.unit) return {};
    const digit = this.isAveraged ? {} : { digit: this.inside.digit };
    return { field: { view: "field", ...this.unit, ...digit } };
  }

  // Which unit is chosen, and its box, before the view of it is there.
  show() {
    if (!this.unit) return;
    const { layer, channel, y, x } = this.unit;
    const field = this.fieldOf(layer);
    const [channels, height, width] = field.shape;
    const isMap = field.shape.length === 3;
    this.select.value = layer;
    const values = { channel: [channel, channels], y: [y, height], x: [x, width], digit: [this.inside.digit, this.count] };
    for (const [name, [value, count]] of Object.entries(values)) {
      this.inputs[name].max = (count ?? 1) - 1;
      if (document.activeElement !== this.inputs[name]) this.inputs[name].value = typeof value === "number" ? value : "";
    }
    this.inputs.digit.placeholder = typeof this.inside.digit === "string" ? "drawn" : "";
    this.labels.channel.querySelector("span").textContent = isMap ? "Channel" : "Unit";
    this.inputs.channel.setAttribute("aria-label", isMap ? "Channel of the layer" : "Unit of the layer");
    this.labels.y.hidden = this.labels.x.hidden = !isMap;
    this.labels.digit.hidden = this.isAveraged;
    for (const button of this.switches) {
      button.setAttribute("aria-pressed", String((button.dataset.averaged === "true") === this.isAveraged));
    }
    for (const row of this.rows.children) row.classList.toggle("dlp-chosen", row.dataset.layer === layer);
    this.places.show(field, y, x, this.theme);
    this.showDigit();
    const isWhole = field.field === null;
    const seen = isWhole ? `sees ${wholeText(field)}` : `sees ${field.field} × ${field.field} pixels`;
    this.digitImage.title(this.digitName, seen);
    if (isWhole) this.digitImage.frame([0, 0, IMAGE_SIDE, IMAGE_SIDE], 0);
    else if (isMap) this.digitImage.frame(fieldBox(field, y, x), fieldMargin(field));
  }

  get digitName() {
    return typeof this.inside.digit === "string" ? "Drawn digit" : `Digit ${this.inside.digit}`;
  }

  // The pixels of the page's digit: drawn ones are at hand, others are fetched once.
  showDigit() {
    const { digit } = this.inside;
    const paint = (pixels) => this.digitImage.paint(pixels, 255, this.maps);
    if (typeof digit === "string") return paint(Uint8Array.from(atob(digit), (letter) => letter.charCodeAt(0)));
    const pixels = this.pictures.pixels.get(digit);
    if (pixels) return paint(pixels);
    this.pictures.fetch([digit]).then(() => {
      if (this.inside.digit === digit && this.pictures.pixels.has(digit)) this.showDigit();
    });
  }

  say(_slot, problem) {
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  draw(_slot, view) {
    this.view = view;
    const { arrays, digits, box, half, unit, layer } = view;
    const isAsked = layer === this.unit.layer && unit.every((value, at) => value === this.unit[["channel", "y", "x"][at]]);
    const margin = fieldMargin(this.fieldOf(layer) ?? {});
    if (isAsked) this.digitImage.frame(box, margin);
    for (const [name, image] of [["initial", this.initial], ["now", this.now]]) {
      const { values } = arrays[name];
      const most = values.reduce((a, b) => Math.max(a, b), 0);
      image.title(image.name, movedText(view.moved[name], digits, half[name], most));
      image.paint(values, most, this.maps);
      image.frame(box, margin, half[name]);
      image.describe(describeEffect(view, name));
    }
    this.digitImage.describe(`${this.digitName}, with the box of the field: ${boxText(view)}`);
    setText(this.words, fieldWords(view, this.mapOf(layer)));
    const one = view.digit === null ? "the drawn digit" : `digit ${view.digit}`;
    setText(this.whose, view.split ? `mean over ${digits} ${view.split} digits, ` : `of ${one}, `);
    const x = [...arrays.radii.values];
    const lines = ["now", "initial", "alike"].map((name) => ({ x, y: [...arrays[`shares_${name}`].values].map(finiteOrNull) }));
    this.plot.draw(lines, this.theme, { xaxis: { range: [0, Math.max(x.at(-1) ?? 0, 0.5)] } });
    this.plot.element.setAttribute("aria-label", reachText(view));
  }

  remove() {
    this.plot?.remove();
  }
}

// Output, field, jump, and what padding and strides do, for the table.
function fieldCells({ shape, field, jump, corner, touched, unseen, scattered }) {
  const isWhole = field === null;
  const share = (value) => (value > 0 ? `${Math.round(100 * value)} %` : "–");
  return [
    shape.map((size) => size.toLocaleString("en-US")).join(" × "),
    isWhole ? (scattered ? "scattered" : "whole image") : `${field} × ${field}`,
    isWhole ? "–" : String(jump),
    share(corner),
    share(touched),
    unseen ? String(unseen) : "–",
  ];
}

function wholeText({ scattered }) {
  return scattered ? "scattered pixels" : "the whole image";
}

function movedText(moved, digits, half, most) {
  if (!moved) return digits > 1 ? `dead: 0 for all ${digits} digits` : "dead: 0 for this digit";
  if (half === null) return "not finite";
  return `at most ${gradientText(most)}${moved < digits ? ` · not 0 for ${moved} of ${digits} digits` : ""}`;
}

// What the unit sees and heeds, as a text of short sentences.
function fieldWords(view, [, height, width]) {
  const { size, jump, half, moved, digits, rows, columns } = view;
  const words = [];
  if (view.scattered) {
    words.push("This unit's pixels lie scattered over the image: PermutePixels puts neighbours apart, so its window is none of the image.");
  } else if (view.whole_image) {
    words.push("This unit sees the whole image: it is fully connected to all that comes before.");
    if (rows < IMAGE_SIDE || columns < IMAGE_SIDE) words.push(`Of its ${IMAGE_SIDE} × ${IMAGE_SIDE} pixels only ${rows} × ${columns} reach it: windows leave the others out.`);
  } else {
    const [channel, y, x] = view.place;
    if (view.shape.length === 1) words.push(`Flattened from channel ${channel}, y ${y}, x ${x} of the map.`);
    const neighbour = height * width > 1 ? `; its neighbour on the map sees the same, ${counted(jump, "pixel")} on` : "";
    words.push(`This unit sees ${size} × ${size} ${size === 1 ? "pixel" : "pixels"}${neighbour}.`);
    if (view.in_padding > 0) words.push(`${Math.round(100 * view.in_padding)} % of its field is padding.`);
    const [y0, x0, y1, x1] = view.inside;
    if (rows < y1 - y0 || columns < x1 - x0) words.push(`Of the ${y1 - y0} × ${x1 - x0} within the image only ${rows} × ${columns} reach it: strides or padding leave the others out.`);
  }
  if (half.now !== null) {
    const before = half.initial === null ? "" : ` (${half.initial.toFixed(1)} at initialization)`;
    words.push(`Half of what moves it lies within ${half.now.toFixed(1)} pixels of its field's centre${before}.`);
  } else if (!moved.now) {
    words.push(`No pixel moves it now, for ${digits > 1 ? `any of the ${digits} digits` : "this digit"}: its gradient is exactly 0.`);
  } else {
    words.push("Its gradient is not finite.");
  }
  return words.join(" ");
}

function boxText({ inside: [y0, x0, y1, x1], whole_image: isWhole, scattered }) {
  if (isWhole) return wholeText({ scattered });
  return y1 > y0 && x1 > x0 ? `rows ${y0} to ${y1 - 1}, columns ${x0} to ${x1 - 1}` : "padding only";
}

function describeEffect({ half, moved, digits }, name) {
  const when = name === "now" ? "now" : "at initialization";
  if (half[name] === null) return `Effective field ${when}: ${moved[name] ? "not finite" : "0 everywhere"}`;
  return `Effective field ${when}, ${digits > 1 ? `mean of ${digits} digits` : "of one digit"}: half of it within ${half[name].toFixed(1)} pixels of the centre`;
}

function reachText(view) {
  return `Share of the effective field within a radius. ${describeEffect(view, "initial")}. ${describeEffect(view, "now")}.`;
}

function gradientText(value) {
  return value >= 0.001 && value < 1000 ? value.toPrecision(2) : trueMinus(value.toExponential(1));
}

function finiteOrNull(value) {
  return Number.isFinite(value) ? value : null;
}
