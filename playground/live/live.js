// One socket a run and page, shared by all parts of the board. Its parts say what they look at; it sends that on,
// keeps what the server answers, and acknowledges a message only after all parts have drawn it, and after a rest:
// drawing takes processor time from training, and gives way for a moment to a click or a key, so that the page answers.

const GONE = 4404; // the server knows no such run
const YIELD_TO_INPUT = 120; // ms, for charts; a light part, the status line, is drawn at once
const CALM = 140; // ms from one drawing to the next: seven a second are smooth enough for charts
const WISH_EVERY = 40; // ms
const LIFE_CHECK = 1000; // ms; Streamlit may detach an element for a moment without meaning it

class LiveRun {
  static of(id, address) {
    const runs = (window.dlpLive ??= new Map());
    if (!runs.has(id)) runs.set(id, new LiveRun(id, address));
    return runs.get(id);
  }

  constructor(id, address) {
    this.id = id;
    this.address = address;
    this.parts = new Set(); // each {element, wishes() → {windows, views}, draw(news)}
    this.series = {}; // window name → column name → values
    this.every = {}; // window name → items in a block
    this.status = null;
    this.at = null; // the kept step that is looked at, null for the newest
    this.kept = { steps: [], bytes: 0 };
    this.origin = null; // {parent, step} of a fork
    this.link = "connecting"; // connecting, open, broken or gone
    this.failures = 0;
    this.onVisible = () => this.wish();
    document.addEventListener("visibilitychange", this.onVisible);
    this.life = setInterval(() => this.check(), LIFE_CHECK);
    this.connect();
  }

  connect() {
    const address = new URL(`${this.address}/live/runs/${this.id}`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.socket = new WebSocket(address));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.failures = 0;
      this.sent = null;
      this.setLink("open");
      this.wish();
    };
    socket.onmessage = (event) => this.receive(socket, event.data);
    socket.onclose = (event) => {
      if (this.isOver || socket !== this.socket) return;
      if (event.code === GONE) return this.setLink("gone");
      this.setLink("broken");
      const pause = Math.min(5000, 250 * 2 ** this.failures++) * (0.75 + Math.random() / 2);
      this.retry = setTimeout(() => this.connect(), pause);
    };
  }

  setLink(link) {
    this.link = link;
    for (const part of this.parts) this.draw(part, { link: true });
  }

  join(part) {
    this.parts.add(part);
    this.wish();
    const all = { status: true, link: true, kept: true, windows: Object.keys(this.series), reset: true, views: {} };
    this.draw(part, all);
  }

  leave(part) {
    this.parts.delete(part);
  }

  check() {
    for (const part of this.parts) if (!part.element.isConnected) this.parts.delete(part);
    if (this.parts.size) return;
    this.isOver = true;
    clearInterval(this.life);
    clearTimeout(this.retry);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.socket.close();
    window.dlpLive.delete(this.id);
  }

  // Tell the server what is looked at now, where that has changed; a slider that is dragged, not too often.
  wish() {
    if (this.wishing) return;
    const wait = Math.max(0, (this.wished ?? 0) + WISH_EVERY - performance.now());
    this.wishing = setTimeout(() => this.sendWishes(), wait);
  }

  sendWishes() {
    this.wishing = null;
    this.wished = performance.now();
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const wishes = [...this.parts].map((part) => part.wishes());
    const windows = [...new Set(wishes.flatMap((wish) => wish.windows))].sort();
    const views = Object.assign({}, ...wishes.map((wish) => wish.views ?? {}));
    const text = JSON.stringify({ windows, at: this.at, views, hidden: document.hidden });
    if (text !== this.sent) this.socket.send((this.sent = text));
  }

  // Look at a kept step, or at the newest (null).
  moveTo(at) {
    if (at === this.at) return;
    this.at = at;
    for (const part of this.parts) this.draw(part, { moved: true, views: {} });
    this.wish();
  }

  receive(socket, message) {
    const news = this.learn(typeof message === "string" ? JSON.parse(message) : unpack(message));
    for (const part of this.parts) if (part.isLight) this.draw(part, news);
    this.drawWhenCalm(news, () => {
      if (!news.isAside && socket.readyState === WebSocket.OPEN) socket.send('{"drawn":true}');
    });
  }

  draw(part, news) {
    try {
      part.draw(news);
    } catch (error) {
      console.error("the live board could not draw", error);
    }
  }

  drawWhenCalm(news, acknowledge) {
    const wait = LiveRun.lastInput + YIELD_TO_INPUT - performance.now();
    if (wait > 0) return void setTimeout(() => this.drawWhenCalm(news, acknowledge), wait);
    requestAnimationFrame(() => {
      const begin = performance.now();
      for (const part of this.parts) if (!part.isLight) this.draw(part, news);
      // Plotly draws lines a moment later, and the browser paints.
      setTimeout(() => setTimeout(acknowledge, restAfter(performance.now() - begin)));
    });
  }

  learn(message) {
    if (message.reset) this.series = {};
    if (message.status) this.status = message.status;
    if (message.kept) [this.kept, this.origin] = [message.kept, message.origin];
    for (const [name, { start, every, columns }] of Object.entries(message.windows ?? {})) {
      const before = this.series[name] ?? {};
      this.every[name] = every;
      this.series[name] = {};
      for (const [column, values] of Object.entries(columns)) {
        this.series[name][column] = (before[column] ?? []).slice(0, start).concat(values);
      }
    }
    return {
      reset: Boolean(message.reset),
      status: Boolean(message.status),
      kept: Boolean(message.kept),
      isAside: Boolean(message.aside),
      windows: Object.keys(message.windows ?? {}),
      at: message.at,
      views: viewsOf(message.arrays ?? {}),
    };
  }
}

// A block of bytes as `pack.packed` writes it: its header, with `arrays`: name → {shape, values}.
function unpack(buffer, start = 0) {
  const size = new DataView(buffer).getUint32(start, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, start + 4, size)));
  const types = { u1: Uint8Array, i4: Int32Array, f4: Float32Array };
  for (const [name, { type, shape, offset }] of Object.entries(header.arrays)) {
    const count = shape.reduce((product, side) => product * side, 1);
    header.arrays[name] = { shape, values: new types[type](buffer, start + 4 + size + offset, count) };
  }
  return header;
}

// Name → view, each a block of its own.
function viewsOf(arrays) {
  const views = Object.entries(arrays).map(([name, { values }]) => [name, unpack(values.buffer, values.byteOffset)]);
  return Object.fromEntries(views);
}

// A fifth of the time is for drawing; more, up to two thirds, where seven drawings a second need more.
function restAfter(drawing) {
  return Math.max(drawing / 2, Math.min(4 * drawing, CALM - drawing));
}

// The module may be evaluated more than once a page: each has its own clock, and a listener costs nothing.
LiveRun.lastInput = -Infinity;
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => (LiveRun.lastInput = performance.now()), { capture: true, passive: true });
}
