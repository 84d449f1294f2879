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
    this.input.onchange = () => this.input.value !== "" && this.go(Number(this.input.value));
    this.input.onkeydown = (event) => event.stopPropagation(); // Streamlit's shortcuts are not meant
    for (const button of this.element.querySelectorAll("[data-go]")) button.onclick = () => this.walk(button.dataset.go);
    if (splits) this.element.prepend((this.picture = pictureCanvas()));
  }

  prepare(data, maps) {
    [this.data, this.maps] = [data, maps];
    this.pictures = DigitPictures.of(data);
    this.input.max = data.digits.count - 1;
    this.splitOf = new Map();
    for (const [name, { index }] of Object.entries(data.digits.splits)) for (const digit of index) this.splitOf.set(digit, name);
    if (this.digit !== undefined) this.show(this.digit);
  }

  // `digit` is a number, or a drawing in base64.
  show(digit) {
    this.digit = digit;
    const isDrawn = typeof digit === "string";
    if (document.activeElement !== this.input) this.input.value = isDrawn ? "" : digit;
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

  get choices() {
    return this.data.digits.splits[this.select.value]?.index ?? null; // null: all
  }

  // Another split: its first digit, unless this one is of it.
  enter() {
    const { choices } = this;
    if (choices && !choices.includes(this.digit)) this.go(choices[0]);
  }

  walk(way) {
    const { choices } = this;
    const count = choices?.length ?? this.data.digits.count;
    const here = choices ? choices.indexOf(this.digit) : typeof this.digit === "number" ? this.digit : -1;
    const place = { previous: Math.max(here, 0) - 1, next: here + 1, random: Math.floor(Math.random() * count) }[way];
    const around = (place + count) % count;
    this.go(choices ? choices[around] : around);
  }

  go(digit) {
    const { count } = this.data.digits;
    const chosen = ((Math.round(digit || 0) % count) + count) % count;
    this.input.value = chosen;
    if (this.choices && !this.choices.includes(chosen)) this.select.value = "all";
    this.onChoose(chosen);
  }
}
