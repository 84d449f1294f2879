// The frame of each look inside: it mounts a panel, asks for its views while it is in sight, and says of which step they are.

// What the panels of a page share: one digit, one unit, one step.
class Inside {
  static of(live, data) {
    live.inside ??= new Inside(live, data);
    return live.inside;
  }

  constructor(live, data) {
    this.live = live;
    this.data = data;
    this.digit = data.digit ?? 0; // the number of a digit, or a drawn one: its 784 pixels in base64
    this.unit = null; // {layer, channel, y, x}
  }

  get at() {
    return this.live.at;
  }
  get status() {
    return this.live.status;
  }
  get series() {
    return this.live.series;
  }
  get every() {
    return this.live.every;
  }
  get kept() {
    return this.live.kept;
  }

  wish() {
    this.live.wish();
  }

  // Another digit or unit, for all panels.
  choose(choice) {
    Object.assign(this, choice);
    for (const part of this.live.parts) part.panel?.focus?.();
    this.wish();
  }
}

// Before anything was trained there is nothing to ask.
const NO_RUN = { id: "", at: null, status: null, series: {}, every: {}, kept: { steps: [], bytes: 0 }, parts: new Set(), wish() {} };

// Pixels that don't count as seen: a panel's last ones, and its first, with nothing of a view in them. The board's panel
// has hardly more than those before its first view comes.
const [RIM, HEAD] = [75, 160];

class PanelPart {
  constructor(root, Panel, options = {}) {
    this.element = root;
    this.Panel = Panel;
    this.options = options;
    this.isVisible = false;
    this.sight = new InSight(root, { rim: RIM, head: options.isBoard ? RIM : HEAD }, (isVisible) => {
      this.isVisible = isVisible;
      this.live?.wish();
    });
  }

  update(data) {
    this.data = data;
    const isNew = attach(this, data);
    if (isNew || !this.panel) this.mount(data);
    const theme = themeOf(this.element);
    this.element.classList.toggle("dlp-dark", theme.isDark);
    const mode = theme.isDark ? "dark" : "light";
    this.inside.data = data;
    const maps = { signed: ramp(data.colors.diverging[mode]), unsigned: ramp(data.colors.sequential[mode]) };
    loadPlotly(data.plotly).catch((error) => console.error(error));
    this.panel.prepare(data, theme, maps);
    this.live?.wish();
  }

  mount(data) {
    this.panel?.remove?.();
    this.inside = this.live ? Inside.of(this.live, data) : new Inside(NO_RUN, data);
    if (!this.host) this.frame();
    this.hint.textContent = data.hint;
    this.hint.parentElement.hidden = !data.hint; // the board's panel says its step itself
    this.host.replaceChildren();
    this.host.className = "dlp-card dlp-panel";
    this.step = null;
    this.heard = {}; // slot → the step it was answered at, null for the newest
    this.when.textContent = "";
    this.panel = new this.Panel(this.host, this.inside, this.options);
  }

  // Made once: it stays where a page goes on to another run.
  frame() {
    const head = document.createElement("p");
    head.className = "dlp-head dlp-hint";
    head.innerHTML = "<span></span><span class='dlp-when'></span>";
    [this.hint, this.when] = head.children;
    this.host = document.createElement("section");
    this.element.replaceChildren(head, this.host);
  }

  wishes() {
    if (!this.isVisible || !this.panel) return { windows: [], views: {} };
    return { windows: this.panel.windows?.() ?? [], views: this.panel.looks() };
  }

  // Whether it is in sight and waits for the step that the page looks at.
  get isBehind() {
    if (!this.isVisible || !this.panel) return false;
    return Object.keys(this.panel.looks()).some((slot) => this.heard[slot] !== this.inside.at);
  }

  draw(news) {
    if (!this.panel) return;
    const asked = this.panel.looks();
    for (const [slot, view] of Object.entries(news.views ?? {})) {
      if (!(slot in asked) || news.at !== this.inside.at) continue;
      this.heard[slot] = news.at;
      this.panel.say(slot, view.problem ?? "");
      if (view.problem) continue;
      this.panel.draw(slot, view);
      this.step = view.step;
      this.element.dataset.step = view.step;
      this.element.dataset.drawn = Number(this.element.dataset.drawn ?? 0) + 1;
    }
    if (news.moved) this.panel.focus?.();
    if (news.windows?.length || news.reset || news.moved || news.kept) this.panel.hear?.(news);
    if (news.status || news.moved || Object.keys(news.views ?? {}).length) this.sayWhen();
  }

  // A view may lag behind training: then both steps are named.
  sayWhen() {
    const { status, at } = this.inside;
    const whole = (number) => number.toLocaleString("en-US");
    let text = "";
    if (this.step !== null) {
      text = `step ${whole(this.step)}`;
      if (at !== null && at !== this.step) text += ` · fetching step ${whole(at)}`;
      else if (at === null && status && status.step > this.step) {
        text += ` · ${status.state === "running" ? "training is" : "the run stands"} at ${whole(status.step)}`;
      }
    }
    if (this.when.textContent !== text) this.when.textContent = text;
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
