// Pinned digits: each one's probabilities as ribbons over the steps, with a mark where it is answered rightly at first.

const MOST_PINS = 5;
const MOST_TAIL = 200; // points after the newest kept step; older ones are thinned
const RIBBONS_EVERY = 1000; // ms; each chart costs 13 ms whatever its size

class Pins {
  // `onChange()`: others are pinned, or a label was given.
  constructor(run, onChange) {
    this.key = `dlp-pins-${run}`;
    this.onChange = onChange;
    this.axis = "log";
    this.edition = 0; // of what is pinned: older ribbons come under another name
    this.cards = storedPins(this.key).map((pin) => new PinCard(this, pin));
    this.element = document.createElement("section");
    this.element.className = "dlp-pins";
    this.element.innerHTML = `
      <header>
        <h5>Pinned digits</h5>
        <div class="dlp-segmented" role="group" aria-label="Horizontal axis">
          <button type="button" data-axis="log" title="Early steps wide: there most is learned">log</button>
          <button type="button" data-axis="linear">linear</button>
        </div>
      </header>
      <p class="dlp-hint"></p>
      <p class="dlp-colors" aria-label="Colours of the digits"></p>
      <p class="dlp-note" hidden></p>
      <div class="dlp-pin-cards"></div>`;
    this.hint = this.element.querySelector(".dlp-hint");
    this.colors = this.element.querySelector(".dlp-colors");
    this.note = this.element.querySelector(".dlp-note");
    this.host = this.element.querySelector(".dlp-pin-cards");
    this.buttons = [...this.element.querySelectorAll("[data-axis]")];
    for (const button of this.buttons) button.onclick = () => this.turn(button.dataset.axis);
    this.arrange();
  }

  get digits() {
    return this.cards.map((card) => card.digit);
  }

  has(digit) {
    return this.digits.includes(digit);
  }

  get isFull() {
    return this.cards.length >= MOST_PINS;
  }

  pin(digit) {
    if (this.isFull || this.has(digit)) return;
    const card = new PinCard(this, { digit, label: null });
    this.cards.push(card);
    this.changed();
    if (this.theme) card.prepare(this.data, this.theme, this.maps);
  }

  unpin(card) {
    card.remove();
    this.cards.splice(this.cards.indexOf(card), 1);
    this.changed();
    (this.host.querySelector("button") ?? this.element.querySelector("button")).focus();
  }

  changed() {
    this.edition++;
    this.store();
    this.arrange();
    this.onChange();
  }

  store() {
    const pins = this.cards.map(({ digit, given }) => ({ digit, label: given }));
    try {
      sessionStorage.setItem(this.key, JSON.stringify(pins));
    } catch {
      // without storage they last as long as the page
    }
  }

  arrange() {
    this.host.replaceChildren(...this.cards.map((card) => card.element));
    this.element.classList.toggle("dlp-no-pins", !this.cards.length);
    const { look_for } = this.data?.figures.ribbons.layout.meta ?? {};
    setText(this.hint, this.cards.length ? (look_for ?? "") : "Pin up to five digits, to see when the network learns each of them.");
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.axis === this.axis));
  }

  turn(axis) {
    this.axis = axis;
    this.arrange();
    for (const card of this.cards) card.remake();
    this.paint();
  }

  prepare(data, theme, maps) {
    Object.assign(this, { data, theme, maps });
    const colors = this.palette();
    this.colors.innerHTML = colors.map((color, digit) => `<span><i style="background: ${color}"></i>${digit}</span>`).join("");
    this.arrange();
    for (const card of this.cards) card.prepare(data, theme, maps);
    this.paint();
  }

  palette() {
    return this.data.figures.ribbons.layout.meta.colors[this.theme.isDark ? "dark" : "light"];
  }

  // The newest answers; `place` is where the pinned digits begin among them.
  hear(view, place) {
    const all = view.arrays.probabilities.values;
    this.cards.forEach((card, index) => {
      const row = place + index;
      card.hear(view.step, all.slice(10 * row, 10 * row + 10), view.labels[row], view.predictions[row]);
    });
    this.later ??= setTimeout(() => {
      this.later = null;
      this.paint();
    }, RIBBONS_EVERY);
  }

  learn(view) {
    this.cards.forEach((card, index) => card.learn(view, index));
    this.paint();
  }

  // Another step is looked at.
  forget() {
    for (const card of this.cards) card.tail = [];
  }

  say(problem) {
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  paint() {
    if (this.theme) for (const card of this.cards) card.paint();
  }

  remove() {
    clearTimeout(this.later);
    for (const card of this.cards) card.remove();
  }
}

class PinCard {
  constructor(pins, { digit, label }) {
    this.pins = pins;
    this.digit = digit;
    this.given = label; // by the user, of a drawn digit
    this.known = null; // by the data
    this.kept = null; // {steps, values, first, settled} at the kept steps
    this.tail = []; // {step, values, said} since the last of them
    this.isDrawn = typeof digit === "string";
    const name = this.isDrawn ? "drawn digit" : `digit ${digit}`;
    this.name = name;
    this.element = document.createElement("article");
    this.element.className = "dlp-pin";
    this.element.innerHTML = `
      <header><div><p><b></b> <span class="dlp-pin-label"></span></p><p class="dlp-pin-answer">…</p><p class="dlp-pin-when"></p></div>
      <button type="button" class="dlp-small" title="Unpin" aria-label="Unpin ${name}">✕</button></header>`;
    this.element.querySelector("header").prepend((this.picture = pictureCanvas()));
    this.element.querySelector("b").textContent = this.isDrawn ? "Drawn" : `Digit ${digit.toLocaleString("en-US")}`;
    this.labelText = this.element.querySelector(".dlp-pin-label");
    this.answer = this.element.querySelector(".dlp-pin-answer");
    this.when = this.element.querySelector(".dlp-pin-when");
    this.element.querySelector("button").onclick = () => pins.unpin(this);
    if (this.isDrawn) this.labelText.append(this.labelChoice());
  }

  get label() {
    return this.known ?? this.given;
  }

  labelChoice() {
    const select = document.createElement("select");
    select.setAttribute("aria-label", "Which digit was drawn");
    select.append(new Option("it is a …", ""), ...Array.from({ length: 10 }, (_, digit) => new Option(`it is a ${digit}`, digit)));
    select.value = this.given ?? "";
    select.onkeydown = (event) => event.stopPropagation(); // Streamlit's shortcuts are not meant
    select.onchange = () => {
      this.given = select.value === "" ? null : Number(select.value);
      this.pins.store();
      this.paint();
    };
    return select;
  }

  prepare(data, _theme, maps) {
    if (this.isDrawn) paintCodes(this.picture, drawnPixels(this.digit), maps.unsigned);
    else {
      const pictures = DigitPictures.of(data);
      pictures.fetch([this.digit]).then(() => pictures.paint(this.picture, this.digit, maps.unsigned));
    }
    if (!this.plot) this.remake();
  }

  remake() {
    this.plot?.remove();
    this.plot = new Plot(this.pins.data.figures.ribbons);
    this.element.append(this.plot.element);
  }

  hear(step, values, label, said) {
    this.known = label;
    const last = this.tail.at(-1)?.step ?? this.kept?.steps.at(-1) ?? -1;
    if (step > last) this.tail.push({ step, values, said });
    if (this.tail.length > MOST_TAIL) this.tail = this.tail.filter((_, place) => place % 2 || place === this.tail.length - 1);
    const sure = said === null ? "" : ` with ${percentWords(values[said])}`;
    setText(this.answer, said === null ? "the answer is not a number" : `taken for ${said}${sure}`);
    this.tell();
  }

  // What is known of all kept steps, this digit being the one at `index`.
  learn({ arrays, labels }, index) {
    const [count, digits] = arrays.probabilities.shape;
    const row = (at) => arrays.probabilities.values.subarray(10 * (at * digits + index), 10 * (at * digits + index) + 10);
    const steps = [...arrays.steps.values];
    this.known = labels[index];
    this.kept = {
      steps,
      values: Array.from({ length: count }, (_, at) => row(at)),
      first: arrays.first.values.subarray(10 * index, 10 * index + 10),
      settled: arrays.settled.values.subarray(10 * index, 10 * index + 10),
    };
    this.tail = this.tail.filter(({ step }) => step > steps.at(-1));
  }

  paint() {
    if (!this.plot || !this.kept) return this.plot?.draw([], this.pins.theme, {});
    const { start, opacity, log_axis } = this.pins.data.figures.ribbons.layout.meta;
    const steps = [...this.kept.steps, ...this.tail.map(({ step }) => step)];
    const rows = [...this.kept.values, ...this.tail.map(({ values }) => values)];
    const isLog = this.pins.axis === "log";
    const places = (all) => (isLog ? all.map((step) => Math.max(step, start)) : all);
    const bands = this.pins.palette().map((color, digit) => ({
      x: places(steps),
      y: rows.map((values) => finiteOrNull(values[digit])),
      customdata: steps,
      line: { color },
      fillcolor: seeThrough(color, opacity[this.label === null ? "even" : this.label === digit ? "label" : "other"]),
    }));
    const { first } = this.right();
    const marked = first >= 0 ? [first, first] : [];
    const color = this.pins.theme.text;
    const mark = { x: places(marked), y: marked.length ? [0, 1] : [], customdata: marked, line: { color }, marker: { color } };
    const free = { range: undefined, autorange: undefined }; // the figure's own ranges are for an empty chart
    const xaxis = isLog ? { autorangeoptions: undefined, ...log_axis, ...free } : free;
    this.plot.draw([...bands, mark], this.pins.theme, { xaxis, yaxis: free });
    this.tell();
  }

  // At which step the label was the answer at first, and from which on it always is; -1 where it never was, or is not.
  right() {
    if (this.label === null) return { first: -1, settled: -1 };
    let [first, settled] = [this.kept?.first[this.label] ?? -1, this.kept?.settled[this.label] ?? -1];
    for (const { step, said } of this.tail) {
      if (said !== this.label) settled = -1;
      else [first, settled] = [first < 0 ? step : first, settled < 0 ? step : settled];
    }
    return { first, settled };
  }

  tell() {
    if (!this.isDrawn) setText(this.labelText, this.known === null ? "" : `· a ${this.known}`);
    const words = this.kept ? rightWords(this.label, this.right()) : ""; // the newest answers alone don't tell since when
    setText(this.when, words);
    this.plot?.element.setAttribute("aria-label", `Probabilities of the ${this.name} over the run: ${this.answer.textContent}`);
    this.plot?.element.setAttribute("aria-description", words);
  }

  remove() {
    this.plot?.remove();
    this.element.remove();
  }
}

function rightWords(label, { first, settled }) {
  const step = (number) => number.toLocaleString("en-US");
  if (label === null) return "Say which digit it is, to see when it is right.";
  if (first < 0) return "Not right yet.";
  if (settled < 0) return `First right at step ${step(first)}, but wrong at this step.`;
  if (settled === first) return `Right from step ${step(first)} on.`;
  return `First right at step ${step(first)}, for good from step ${step(settled)} on.`;
}

function storedPins(key) {
  try {
    const isDigit = (digit) => Number.isInteger(digit) || typeof digit === "string";
    return JSON.parse(sessionStorage.getItem(key) ?? "[]").filter(({ digit }) => isDigit(digit)).slice(0, MOST_PINS);
  } catch {
    return [];
  }
}

// The 784 pixels of a drawn digit.
function drawnPixels(drawing) {
  return Uint8Array.from(atob(drawing), (letter) => letter.charCodeAt(0));
}

function seeThrough(color, opacity) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}
