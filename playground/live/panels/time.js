// Through time: the slider over the kept steps, the film, and the way to a fork.

const FRAME = 260; // ms of the film, at least: a step stays until all that is in sight shows it
const LONGEST_FRAME = 2000;
const LOOK_EVERY = 40;

class TimeBar {
  constructor(root) {
    this.element = root;
    this.isLight = true;
    this.bar = document.createElement("div");
    this.bar.className = "dlp-time";
    this.bar.innerHTML = `
      <button type="button" class="dlp-small" data-act="film" title="Play the run as a film" aria-label="Play"></button>
      <label><span>Step</span><input type="range" min="0" value="0" step="1" aria-label="Step"></label>
      <output></output>
      <button type="button" class="dlp-small" data-act="newest" title="Back to the newest step">Newest</button>
      <button type="button" class="dlp-small" data-act="fork">Fork here</button>
      <p class="dlp-hint"></p>`;
    root.append(this.bar);
    this.slider = this.bar.querySelector("input");
    this.output = this.bar.querySelector("output");
    this.hint = this.bar.querySelector("p");
    this.buttons = Object.fromEntries([...this.bar.querySelectorAll("button")].map((one) => [one.dataset.act, one]));
    this.slider.oninput = () => {
      const place = Number(this.slider.value); // read first: to stop the film is to show where it stood
      this.stop();
      this.go(place);
    };
    this.slider.onkeydown = (event) => event.stopPropagation(); // Streamlit's shortcuts are not meant
    this.buttons.film.onclick = () => (this.film ? this.stop() : this.play());
    this.buttons.newest.onclick = () => {
      this.stop();
      this.live?.moveTo(null);
    };
    this.buttons.fork.onclick = () => this.fork();
    this.show();
  }

  update(data, setTriggerValue) {
    this.data = data;
    this.trigger = setTriggerValue;
    if (attach(this, data)) this.stop();
    this.show();
  }

  wishes() {
    return { windows: [], views: {} };
  }

  draw() {
    this.show();
  }

  get steps() {
    return this.live?.kept.steps ?? [];
  }

  // The place after the kept steps is the newest one: where a run still trains, or beyond the last kept step.
  get last() {
    return this.steps.length - (this.hasNewer ? 0 : 1);
  }

  get hasNewer() {
    const { status } = this.live ?? {};
    return !this.steps.length || !status || status.state === "running" || status.step > this.steps.at(-1);
  }

  go(place) {
    this.live?.moveTo(place >= this.last ? null : this.steps[place]);
  }

  play() {
    const place = this.place;
    this.film = true;
    this.advance(place >= this.last ? 0 : place + 1);
    this.show();
  }

  advance(place) {
    this.go(place);
    if (place >= this.last) return this.stop();
    const begin = performance.now();
    const next = () => {
      const isLate = performance.now() - begin > LONGEST_FRAME;
      if (isLate || ![...this.live.parts].some((part) => part.isBehind)) this.advance(place + 1);
      else this.timer = setTimeout(next, LOOK_EVERY);
    };
    this.timer = setTimeout(next, FRAME);
  }

  stop() {
    this.film = false;
    clearTimeout(this.timer);
    this.show();
  }

  fork() {
    const { at, status } = this.live ?? {};
    const step = at ?? this.steps.filter((one) => one <= (status?.step ?? 0)).at(-1);
    if (step !== undefined) this.trigger("fork", step);
  }

  get place() {
    const { at } = this.live ?? {};
    return at === null || at === undefined ? Math.max(this.last, 0) : this.steps.indexOf(at);
  }

  show() {
    const { at = null, status, kept } = this.live ?? {};
    const whole = (number) => number.toLocaleString("en-US");
    const step = at ?? status?.step ?? 0;
    this.slider.max = Math.max(this.last, 0);
    this.slider.value = this.place;
    const isNewest = at === null;
    const words = `${whole(step)} of ${whole(status?.total_steps ?? 0)}`;
    setText(this.output, words);
    this.slider.setAttribute("aria-valuetext", isNewest ? `step ${words}, the newest` : `step ${words}`);
    this.slider.disabled = this.steps.length < 2;
    this.buttons.film.disabled = this.steps.length < 2;
    this.buttons.film.classList.toggle("dlp-plays", Boolean(this.film));
    this.buttons.film.setAttribute("aria-label", this.film ? "Stop the film" : "Play as a film");
    this.buttons.newest.disabled = isNewest;
    this.buttons.fork.disabled = !this.steps.length;
    const forkStep = at ?? this.steps.at(-1);
    this.buttons.fork.title =
      forkStep === undefined
        ? "No step has been kept yet"
        : `Open this experiment on page Train with its weights of step ${whole(forkStep)}, to train on with another setting`;
    if (!kept) return;
    const size = (bytes) => (bytes < 1e7 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6).toString());
    const limit = this.data ? ` of at most ${size(this.data.most_bytes)}` : "";
    const count = kept.steps.length;
    setText(this.hint, count ? `${count} ${count === 1 ? "step is" : "steps are"} kept: ${size(kept.bytes)}${limit} MB` : "");
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
