// Which digit is looked at: one of a split or of all, forwards, backwards, at random, or by its number.

class DigitChooser {
  // `splits`: whether a split can be chosen, with a picture of the digit beside it.
  constructor({ splits, onChoose }) {
    this.onChoose = onChoose;
    this.element = document.createElement("div");
    this.element.className = "dlp-choose dlp-chooser";
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Digit");
    this.element.innerHTML = `
      <select aria-label="Digits of" title="Which digits to leaf through">
        <option value="all">all digits</option>
        <option value="train">train</option>
        <option value="validation">validation</option>
        <option value="test">test</option>
      </select>
      <button type="button" class="dlp-small" data-go="previous" aria-label="Previous digit" title="Previous digit">‹</button>
      <input type="number" min="0" step="1" inputmode="numeric" aria-label="Digit number" title="Which digit of the data">
      <button type="button" class="dlp-small" data-go="next" aria-label="Next digit" title="Next digit">›</button>
      <button type="button" class="dlp-small" data-go="random" aria-label="Random digit">Random</button>`;
    this.select = this.element.querySelector("select");
    this.select.hidden = !splits;
    this.select.onchange = () => this.enter();
    this.input = this.element.querySelector("input");
    this.input.onchange = () => this.take();
    this.input.onblur = () => this.write(); // what is no number and was none before is no change
    this.input.onkeydown = (event) => event.stopPropagation(); // Streamlit's shortcuts are not meant
    for (const button of this.element.querySelectorAll("[data-go]")) button.onclick = () => this.walk(button.dataset.go);
    if (splits) this.element.prepend((this.picture = pictureCanvas()));
  }

  prepare(data, maps) {
    [this.data, this.maps] = [data, maps];
    this.pictures = DigitPictures.of(data);
    this.input.max = data.digits.count - 1;
    if (this.digit !== undefined) this.show(this.digit);
  }

  // `digit` is a number, or a drawing in base64.
  show(digit) {
    this.digit = digit;
    const isDrawn = typeof digit === "string";
    if (document.activeElement !== this.input) this.write();
    this.input.placeholder = isDrawn ? "drawn" : "";
    if (!this.picture) return;
    const own = `digit ${digit}`;
    this.picture.setAttribute("role", "img");
    this.picture.setAttribute("aria-label", isDrawn ? "The drawn digit" : own);
    if (isDrawn) return this.paintDrawing(digit);
    this.pictures.paint(this.picture, digit, this.maps.unsigned);
    this.pictures.fetch([digit]).then(() => {
      if (this.digit === digit) this.pictures.paint(this.picture, digit, this.maps.unsigned);
    });
  }

  paintDrawing(digit) {
    const pixels = Uint8Array.from(atob(digit), (letter) => letter.charCodeAt(0));
    paintCodes(this.picture, pixels, this.maps.unsigned);
  }

  write() {
    this.input.value = typeof this.digit === "string" ? "" : this.digit;
  }

  get choices() {
    return this.data.digits.splits[this.select.value] ?? null; // null: all
  }

  // Another split: its first digit, unless this one is of it.
  enter() {
    const { choices } = this;
    if (choices?.length && !choices.includes(this.digit)) this.go(choices[0]);
  }

  // The digit's place among the choices, or that of the nearest number among them; -1 for a drawing.
  get here() {
    const { choices, digit } = this;
    if (typeof digit === "string") return -1;
    if (!choices) return digit;
    const away = choices.map((one) => Math.abs(one - digit));
    return away.indexOf(Math.min(...away));
  }

  walk(way) {
    const { choices, here } = this;
    const count = choices?.length ?? this.data.digits.count;
    if (!count) return; // not downloaded yet
    const place = { previous: Math.max(here, 0) - 1, next: here + 1, random: Math.floor(Math.random() * count) }[way];
    const around = (place + count) % count;
    this.go(choices ? choices[around] : around);
  }

  // What was typed, or the nearest number that there is; what is no number gives way to the digit shown.
  take() {
    const last = this.data.digits.count - 1;
    if (this.input.value === "" || last < 0) return this.write();
    this.go(Math.min(Math.max(Math.round(Number(this.input.value)), 0), last));
  }

  go(digit) {
    this.onChoose(digit);
    this.show(digit);
    this.write();
  }
}
