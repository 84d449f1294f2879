// The digits that are taken for another one, those forgotten most often, and those never learned.

class MistakesPanel {
  constructor(host, inside) {
    this.inside = inside;
    this.split = "validation";
    host.classList.add("dlp-mistakes");
    host.innerHTML = `
      <div class="dlp-segmented" role="group" aria-label="Digits of which split">
        <button type="button" data-split="validation">Validation</button>
        <button type="button" data-split="train">Train</button>
      </div>
      <p class="dlp-note" hidden></p>
      <p class="dlp-sum"></p>`;
    this.note = host.querySelector(".dlp-note");
    this.sum = host.querySelector(".dlp-sum");
    this.buttons = [...host.querySelectorAll("[data-split]")];
    for (const button of this.buttons) button.onclick = () => this.look(button.dataset.split);
    this.rows = {
      wrong: new DigitRow("Most confidently wrong", (digit) => this.choose(digit)),
      forgotten: new DigitRow("Forgotten most often", (digit) => this.choose(digit)),
      unlearned: new DigitRow("Never learned", (digit) => this.choose(digit)),
    };
    host.append(...Object.values(this.rows).map((row) => row.element));
    this.mark();
  }

  prepare(data, _theme, maps) {
    this.maps = maps;
    this.pictures = DigitPictures.of(data);
    if (this.view) this.show();
  }

  looks() {
    return { mistakes: { view: "mistakes", split: this.split } };
  }

  look(split) {
    if (split === this.split) return;
    this.split = split;
    this.mark();
    this.inside.wish();
  }

  mark() {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.split === this.split));
  }

  draw(_slot, view) {
    if (view.split !== this.split) return; // an answer to what was asked before
    this.view = view;
    this.show();
  }

  say(_slot, problem) {
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  choose(digit) {
    this.inside.choose({ digit });
  }

  focus() {
    for (const row of Object.values(this.rows)) row.mark(this.inside.digit);
  }

  show() {
    const { view, rows } = this;
    setText(this.sum, sumOfMistakes(view));
    const fill = (kind, hint, none, words = mistakeWords) => {
      const digits = mistakenDigits(view, kind);
      rows[kind].fill(digits, shownOfAll(digits, view[kind]), hint, none, words);
    };
    const over = view.evaluations ? followedText(view) : "the digits followed";
    const early = view.evaluations ? null : "Known after the first evaluation.";
    fill("wrong", "Label → what it says, and how sure it is.", "No mistakes among these digits.");
    const events = `Right at one evaluation, wrong at the next: how often. ✓: right now. Of ${over}.`;
    fill("forgotten", events, early ?? "None so far.", forgottenWords);
    fill("unlearned", `Right at none of the evaluations. Of ${over}.`, early ?? "None.");
    this.paint();
    this.focus();
  }

  // Pictures that are not there yet are painted when they are.
  paint() {
    const all = Object.values(this.rows);
    for (const row of all) row.paint(this.pictures, this.maps.unsigned);
    const missing = all.flatMap((row) => row.indices).filter((index) => !this.pictures.pixels.has(index));
    if (!missing.length || this.isFetching) return;
    this.isFetching = true;
    this.pictures.fetch(missing).then(() => {
      this.isFetching = false;
      if (!this.isGone) this.paint();
    });
  }

  remove() {
    this.isGone = true;
  }
}

// A heading, what to look for, and digits as buttons that choose them for the whole page.
class DigitRow {
  constructor(title, onChoose) {
    this.onChoose = onChoose;
    this.element = document.createElement("section");
    this.element.innerHTML = "<h5><span></span> <small></small></h5><p class=dlp-hint></p><div class=dlp-tiles></div>";
    this.element.querySelector("h5 span").textContent = title;
    this.count = this.element.querySelector("small");
    this.hint = this.element.querySelector("p");
    this.host = this.element.querySelector("div");
    this.tiles = [];
    this.digits = [];
  }

  get indices() {
    return this.digits.map(({ index }) => index);
  }

  // `words`: a digit → {title, line, isRight, label, more}; `more` is what a pointer over it is told beside the label.
  fill(digits, count, hint, none, words) {
    this.digits = digits;
    setText(this.count, count);
    setText(this.hint, digits.length ? hint : none);
    this.hint.hidden = !this.hint.textContent;
    while (this.tiles.length > digits.length) this.tiles.pop().element.remove();
    while (this.tiles.length < digits.length) this.tiles.push(this.tile(this.tiles.length));
    digits.forEach((digit, place) => {
      const { element, title, line } = this.tiles[place];
      const said = words(digit);
      setText(title, said.title);
      setText(line, said.line);
      element.classList.toggle("dlp-right", said.isRight);
      element.setAttribute("aria-label", said.label);
      element.title = said.more ?? said.label;
    });
  }

  tile(place) {
    const element = document.createElement("button");
    element.type = "button";
    const canvas = pictureCanvas();
    const [title, line] = [document.createElement("b"), document.createElement("span")];
    element.append(canvas, title, line);
    element.onclick = () => this.onChoose(this.digits[place].index);
    this.host.append(element);
    return { element, canvas, title, line };
  }

  paint(pictures, map) {
    this.tiles.forEach(({ canvas }, place) => pictures.paint(canvas, this.digits[place].index, map));
  }

  mark(chosen) {
    this.tiles.forEach(({ element }, place) => {
      element.setAttribute("aria-pressed", String(this.digits[place].index === chosen));
    });
  }
}

// The columns of a view's "wrong", "forgotten" or "unlearned" as one object a digit.
function mistakenDigits({ arrays }, kind) {
  const names = Object.keys(arrays).filter((name) => name.startsWith(`${kind}.`));
  return Array.from(arrays[`${kind}.index`].values, (_, place) =>
    Object.fromEntries(names.map((name) => [name.slice(kind.length + 1), arrays[name].values[place]])),
  );
}

function shownOfAll({ length }, all) {
  if (length < all) return `${length} of ${all.toLocaleString("en-US")}`;
  return all ? String(all) : "";
}

function sumOfMistakes({ split, digits, of, wrong, accuracy, interval, noise }) {
  const whole = (number) => number.toLocaleString("en-US");
  const which = digits < of ? `the first ${whole(digits)} of ${whole(of)}` : whole(of);
  const bounds = interval.map((bound) => (100 * bound).toFixed(1)).join(" to ");
  const sum =
    `${whole(wrong)} of ${which} ${split === "train" ? "training" : "validation"} digits wrong, in eval mode: ` +
    `accuracy ${(100 * accuracy).toFixed(1)} %, 95 % interval ${bounds} %.`;
  if (!noise) return sum;
  return (
    `${sum} Labels are those it trains on; ${whole(noise.digits)} of them are noise (*), ` +
    `and for ${whole(noise.true)} of those it says the true digit.`
  );
}

function followedText({ followed, evaluations, first_step, last_step }) {
  const whole = (number) => number.toLocaleString("en-US");
  if (evaluations === 1) return `${whole(followed)} digits followed, at step ${whole(first_step)}`;
  const steps = `steps ${whole(first_step)} to ${whole(last_step)}`;
  return `${whole(followed)} digits followed over ${whole(evaluations)} evaluations, ${steps}`;
}

function mistakeWords(digit) {
  const { index, label, said, confidence, of_label } = digit;
  const isRight = label === said;
  const now = isRight ? `right now with ${sureText(confidence)}` : `taken for ${said} with ${sureText(confidence)}`;
  const shown = digit.truth === label ? label : `${label}*`;
  const own = isRight ? "" : `, for ${label} ${sureText(of_label)}`;
  return {
    title: isRight ? `${shown} ✓` : `${shown} → ${said}`,
    line: sureText(confidence),
    isRight,
    label: `Digit number ${index}, ${truthText(digit)}, ${now}${own}`,
  };
}

function forgottenWords(digit) {
  const words = mistakeWords(digit);
  const times = digit.times === 1 ? "once" : `${digit.times} times`;
  const first = digit.first.toLocaleString("en-US");
  return {
    ...words,
    line: `${digit.times}×`,
    label: `${words.label}; forgotten ${times}`,
    more: `${words.label}; forgotten ${times}, first right at step ${first}`,
  };
}

function truthText({ label, truth }) {
  return label === truth ? `a ${label}` : `labelled ${label}, in truth a ${truth}`;
}

function sureText(share) {
  if (Number.isNaN(share)) return "NaN";
  const isNearAnEnd = share > 0.995 || share < 0.095;
  return `${(100 * share).toFixed(isNearAnEnd && share < 0.9995 && share >= 0.0005 ? 1 : 0)} %`;
}
