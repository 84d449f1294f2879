// Your digit: what was drawn, what the network receives of it, and what it answers, live while it trains.

const SEND_EVERY = 120; // ms
const MOST_UPLOAD = 10e6; // bytes; the server says the same
const NO_ANSWER = "The server didn't answer. What is drawn stays; draw on, or try again.";

class DrawingPanel {
  constructor(host, inside) {
    this.inside = inside;
    this.drawing = null; // as the network receives it: 784 pixels in base64
    this.edition = 0; // of what is asked for: older answers come under another name
    host.classList.add("dlp-draw");
    host.innerHTML = `
      <div class="dlp-draw-parts">
        <section class="dlp-draw-pad">
          <h5>Draw a digit</h5>
          <div class="dlp-draw-buttons">
            <button type="button" class="dlp-small" data-act="undo">Undo</button>
            <button type="button" class="dlp-small" data-act="clear">Clear</button>
            <button type="button" class="dlp-small" data-act="load" title="PNG, JPEG, WebP or GIF; or drop it on the pad">Load image</button>
            <input type="file" accept="image/png,image/jpeg,image/webp,image/gif" aria-label="Image file" tabindex="-1" hidden>
          </div>
          <p class="dlp-note" role="alert" hidden></p>
        </section>
        <section class="dlp-draw-received">
          <h5>What the network receives</h5>
          <p class="dlp-hint">The ink scaled to fit 20 × 20, centred by its mass in 28 × 28: as MNIST was made.</p>
          <button type="button" class="dlp-small" data-act="use" aria-pressed="false">Use in all views</button>
        </section>
        <section class="dlp-draw-answer">
          <h5>What it answers</h5>
          <p class="dlp-hint"></p>
        </section>
      </div>
      <p class="dlp-spoken" role="status"></p>
      <div class="dlp-pin-buttons">
        <button type="button" class="dlp-small" data-act="pin">Pin the drawing</button>
        <button type="button" class="dlp-small" data-act="pin-index"></button>
      </div>`;
    this.buttons = Object.fromEntries([...host.querySelectorAll("[data-act]")].map((one) => [one.dataset.act, one]));
    this.note = host.querySelector(".dlp-note");
    this.file = host.querySelector("input");
    this.hint = host.querySelector(".dlp-draw-answer .dlp-hint");
    this.spoken = host.querySelector(".dlp-spoken");
    this.pad = new DrawingPad((isFinished) => this.drawn(isFinished));
    host.querySelector("h5").after(this.pad.element);
    this.picture = pictureCanvas();
    this.picture.setAttribute("role", "img");
    host.querySelector(".dlp-draw-received h5").after(this.picture);
    this.bars = new OutputBars();
    host.querySelector(".dlp-draw-answer h5").after(this.bars.element);
    this.silence();
    this.pins = new Pins(inside.live.id, () => this.changed());
    this.pins.hint.after(host.querySelector(".dlp-pin-buttons"));
    host.append(this.pins.element);
    this.listen();
  }

  listen() {
    const { undo, clear, load, use, pin } = this.buttons;
    undo.onclick = () => this.pad.undo();
    clear.onclick = () => this.pad.clear();
    load.onclick = () => this.file.click();
    use.onclick = () => this.use(!this.isUsed);
    pin.onclick = () => this.pins.pin(this.drawing);
    this.buttons["pin-index"].onclick = () => this.pins.pin(this.inside.digit);
    this.file.onchange = () => {
      this.load(this.file.files[0]);
      this.file.value = ""; // so that the same file can be chosen again
    };
    const pad = this.pad.element;
    pad.ondragover = (event) => {
      event.preventDefault();
      pad.classList.add("dlp-dropping");
    };
    pad.ondragleave = () => pad.classList.remove("dlp-dropping");
    pad.ondrop = (event) => {
      event.preventDefault();
      pad.classList.remove("dlp-dropping");
      this.load(event.dataTransfer.files[0]);
    };
  }

  prepare(data, theme, maps) {
    Object.assign(this, { data, maps });
    this.pad.paint(theme.isDark ? "#e8f6f4" : "#12323a");
    this.pins.prepare(data, theme, maps);
    this.show();
  }

  looks() {
    const digits = [...(this.drawing ? [this.drawing] : []), ...this.pins.digits];
    const asked = digits.join();
    if (asked !== this.asked) {
      this.asked = asked;
      this.edition++;
    }
    const looks = {};
    if (digits.length) looks[`answers ${this.edition}`] = { view: "answers", digits };
    if (this.pins.digits.length) looks[`ribbons ${this.pins.edition}`] = { view: "ribbons", digits: this.pins.digits };
    return looks;
  }

  draw(slot, view) {
    if (slot.startsWith("ribbons")) return this.pins.learn(view);
    const place = this.drawing ? 1 : 0;
    this.pins.hear(view, place);
    if (!place) return;
    const said = view.predictions[0];
    const probabilities = Array.from(view.arrays.probabilities.values.subarray(0, 10), finiteOrNull);
    this.bars.paint({ probabilities, label: null, prediction: said, answer: view.output });
    this.bars.element.hidden = false;
    const step = view.step.toLocaleString("en-US");
    setText(this.hint, `Step ${step}, eval mode${view.output === "sigmoid" ? "; ten sigmoids need not sum to 1" : ""}`);
    if (!this.isToSay || said === null) return;
    this.isToSay = false;
    setText(this.spoken, `Taken for ${said} with ${percentWords(probabilities[said])} at step ${step}`);
  }

  say(slot, problem) {
    if (slot.startsWith("ribbons")) this.pins.say(problem);
    else if (problem || this.isSaid) this.tell(problem, true);
  }

  // Something is wrong with a file (until another is drawn or loaded) or with a view (until one comes).
  tell(problem, isOfView = false) {
    this.isSaid = isOfView && Boolean(problem);
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  focus() {
    if (this.isUsed && this.inside.digit !== this.drawing) this.isUsed = false;
    if (this.at !== this.inside.at) {
      this.at = this.inside.at;
      this.pins.forget();
    }
    this.show();
  }

  changed() {
    this.show();
    this.inside.wish();
  }

  // --- from the pad to the network ---

  drawn(isFinished) {
    this.tell("");
    this.isFinished = isFinished;
    this.isDirty = true;
    this.show();
    this.send();
  }

  // The newest drawing, one at a time: what is drawn meanwhile goes with the next one.
  async send() {
    if (this.isSending || !this.isDirty || this.isGone) return;
    this.isSending = true;
    this.isDirty = false;
    const rest = new Promise((resolve) => setTimeout(resolve, SEND_EVERY));
    const { isFinished } = this;
    if (this.pad.isEmpty) this.receive(null);
    else {
      const { pixels, problem } = await this.post(await this.pad.blob());
      if (problem) this.tell(problem);
      else if (!this.pad.isEmpty) this.receive(pixels, isFinished);
    }
    await rest;
    this.isSending = false;
    this.send();
  }

  async load(file) {
    if (!file) return;
    if (file.size > MOST_UPLOAD) {
      const size = (file.size / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 });
      return this.tell(`This file has ${size} MB, and at most 10 are read: use a smaller picture.`);
    }
    const { ink, problem } = await this.post(file, "?ink");
    if (problem || this.isGone) return this.tell(problem ?? "");
    await this.pad.load(await (await fetch(`data:image/png;base64,${ink}`)).blob());
    this.drawn(true);
  }

  async post(content, query = "") {
    try {
      const answer = await fetch(`${this.data.base}/live/digit${query}`, { method: "POST", body: content });
      if (answer.ok || answer.status === 422) return await answer.json();
    } catch (error) {
      console.error("the drawing could not be sent", error);
    }
    return { problem: NO_ANSWER };
  }

  receive(drawing, isFinished = true) {
    this.isToSay = isFinished;
    const isOther = drawing !== this.drawing;
    this.drawing = drawing;
    if (!drawing) {
      this.silence();
      this.isUsed = false;
    } else if (this.isUsed && isFinished && isOther) this.inside.choose({ digit: drawing });
    this.changed();
  }

  silence() {
    this.bars.element.hidden = true;
    setText(this.hint, "Draw, and its probabilities show here, stroke by stroke.");
  }

  use(isUsed) {
    this.isUsed = isUsed;
    if (isUsed) this.inside.choose({ digit: this.drawing });
    this.show();
  }

  // --- what can be done now ---

  show() {
    if (!this.maps) return;
    const { undo, clear, use, pin } = this.buttons;
    const { digit } = this.inside;
    const isIndex = typeof digit === "number";
    undo.disabled = !this.pad.items.length;
    clear.disabled = this.pad.isEmpty;
    use.disabled = !this.drawing;
    use.setAttribute("aria-pressed", String(Boolean(this.isUsed)));
    use.title = "All other views then show what this drawing does, stroke by stroke";
    pin.disabled = !this.drawing || this.pins.isFull || this.pins.has(this.drawing);
    const pinIndex = this.buttons["pin-index"];
    pinIndex.hidden = !isIndex;
    if (isIndex) setText(pinIndex, `Pin digit ${digit.toLocaleString("en-US")} of the data`);
    pinIndex.disabled = this.pins.isFull || this.pins.has(digit);
    pin.title = pinIndex.title = this.pins.isFull ? "Five are pinned: unpin one first" : "Follow its probabilities over the steps";
    const { drawing, picture } = this;
    paintCodes(picture, drawing ? drawnPixels(drawing) : new Uint8Array(PICTURE_SIDE ** 2), this.maps.unsigned);
    picture.setAttribute("aria-label", drawing ? "The drawing, 28 × 28 pixels" : "Nothing is drawn yet");
  }

  remove() {
    this.isGone = true;
    this.pins.remove();
  }
}
