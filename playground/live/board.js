// The component: one module, mounted as the board with its charts, as the status line, or as a look inside.
// Streamlit calls it again whenever its data or the theme changes, so all that lasts is kept on the element.

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".dlp-root");
  root.dlp ??= new PARTS[data.part](root);
  root.dlp.update(data, setTriggerValue);
}

const panel = (Panel, options) =>
  class extends PanelPart {
    constructor(root) {
      super(root, Panel, options);
    }
  };

const RECHECK_AFTER = 300; // milliseconds, by which the stream has caught up with what the page knows

class Status {
  constructor(root) {
    this.element = root;
    this.line = new StatusLine();
    this.isLight = true;
    root.append(this.line.element);
  }

  update(data) {
    attach(this, data);
  }

  wishes() {
    return { windows: [], views: {} };
  }

  draw(news) {
    if (news.status || news.link) this.line.draw(this.live?.status, this.live?.link);
  }
}

class Board {
  constructor(root) {
    this.element = root;
    this.charts = [];
    this.grid = document.createElement("div");
    this.grid.className = "dlp-grid";
    this.voice = new Voice();
    root.append(this.grid, this.voice.element);
  }

  update(data, setTriggerValue) {
    this.data = data;
    this.trigger = setTriggerValue;
    this.theme = themeOf(this.element);
    this.element.classList.toggle("dlp-dark", this.theme.isDark);
    const figures = JSON.stringify(data.figures);
    if (figures !== this.figures) {
      this.figures = figures;
      this.take(data.figures);
    }
    for (const chart of this.charts) chart.isOutdated = true;
    attach(this, data);
    this.live?.wish(); // its charts may have other lines than before
    loadPlotly(data.plotly).then(() => this.paint(), (error) => console.error(error));
    // The stream may have told the newest state before the page was painted for an older one.
    clearTimeout(this.recheck);
    this.recheck = setTimeout(() => this.live?.status && this.tellState(this.live.status), RECHECK_AFTER);
    this.paint();
  }

  take(figures) {
    const before = new Map(this.charts.map((chart) => [chart.title, chart]));
    this.charts = figures.map((figure) => {
      const chart = before.get(figure.layout.meta.title);
      before.delete(figure.layout.meta.title);
      chart?.take(figure);
      return chart ?? new Chart(figure, () => this.look(), () => this.paint());
    });
    for (const chart of before.values()) chart.remove();
    const shown = this.charts.map((chart) => chart.element);
    if (shown.some((element, place) => element !== this.grid.children[place])) this.grid.replaceChildren(...shown);
  }

  // A chart came into sight or left it.
  look() {
    this.live?.wish();
    this.paint();
  }

  wishes() {
    const windows = this.charts.filter((chart) => chart.isVisible).flatMap((chart) => chart.windows);
    return { windows, views: {} };
  }

  draw(news) {
    for (const chart of this.charts) chart.hear(news);
    this.paint();
    if (news.moved || news.kept) for (const chart of this.charts) chart.markSteps(this.live);
    if (news.status && this.live.status) {
      this.tellState(this.live.status);
      if (this.voice.hear(this.live.status)) for (const chart of this.charts) chart.describe();
    }
  }

  paint() {
    const { series, every, id, status } = this.live ?? { series: {}, every: {}, id: "" };
    const end = status?.state === "running" ? status.total_steps : null;
    for (const chart of this.charts) chart.draw(series, every, this.theme, id, end);
  }

  // The page was painted for another state of the run: ask it once to paint itself anew.
  tellState(status) {
    const now = standing(status);
    this.painted ??= now;
    if (now === this.painted || now === this.told) return;
    this.told = now;
    this.trigger("state", now);
  }
}

// What a page shows of a run beside its curves. JSON of a plain list, so that Python's numbers and these compare.
function standing({ state, attempt, step, live }) {
  return JSON.stringify([state, attempt, state === "paused" ? step : null, Object.entries(live).sort()]);
}

// Let a part follow the run of its data; true where that is another one than before.
function attach(part, data) {
  const isNew = (part.live?.id ?? null) !== data.run;
  if (isNew) {
    part.live?.leave(part);
    part.live = data.run ? LiveRun.of(data.run, data.base) : null;
    part.painted = part.told = undefined;
  }
  if (data.standing) {
    part.painted = standing(data.standing);
    part.told = undefined; // the page may have seen another state since it was told one
  }
  // Joined even where it is not new: the element may have been away for longer than a second.
  if (part.live && (isNew || !part.live.parts.has(part))) {
    if (part.live.isOver) part.live = LiveRun.of(data.run, data.base);
    part.live.join(part);
  }
  return isNew;
}

const PARTS = {
  board: Board,
  status: Status,
  time: TimeBar,
  digit: panel(ActivationsPanel, { isBoard: true }),
  activations: panel(ActivationsPanel),
  gradients: panel(GradientsPanel),
  weights: panel(WeightsPanel),
  field: panel(FieldPanel),
  drawing: panel(DrawingPanel),
  mistakes: panel(MistakesPanel),
  map: panel(MapPanel),
  figures: Figures,
};
