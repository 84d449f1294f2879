// A Plotly chart of a panel: a figure from Python without data, filled here and redrawn in place; zoom and hover stay.

class Plot {
  // `onDrawn` gets the layout with its axes as drawn, also after a zoom.
  constructor(figure, { onClick, onHover, onUnhover, onDrawn } = {}) {
    this.figure = figure;
    const drawn = onDrawn && (() => onDrawn(this.element._fullLayout));
    this.handlers = {
      plotly_click: onClick,
      plotly_hover: onHover,
      plotly_unhover: onUnhover,
      plotly_afterplot: drawn,
      plotly_relayouting: drawn,
    };
    this.edition = 0;
    this.element = document.createElement("div");
    this.element.className = "dlp-plot";
    this.element.style.height = `${figure.layout.height ?? 240}px`;
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", figure.layout.meta?.title ?? "");
    this.resize = new ResizeObserver(() => {
      if (this.isMade && this.element.isConnected && this.element.clientWidth) window.Plotly.Plots.resize(this.element);
    });
    this.resize.observe(this.element);
    // Out of sight it is not drawn: a redraw costs 15 to 70 ms.
    this.sight = new InSight(this.element, {}, (isVisible) => {
      this.isVisible = isVisible;
      if (isVisible && this.last) this.draw(...this.last);
    });
  }

  // `patches`: what each trace of the figure gets; `layout`: what the figure's layout gets, by its first names.
  draw(patches, theme, layout = {}) {
    this.last = [patches, theme, layout];
    if (!window.Plotly) return void window.dlpPlotly?.then(() => this.last && this.draw(...this.last), () => {});
    if (!this.element.isConnected || !this.isVisible) return;
    this.last = null;
    const { Plotly } = window;
    const data = this.figure.data.map((trace, index) => merged(trace, patches[index] ?? {}));
    const isTouched = matchMedia("(pointer: coarse)").matches;
    const base = merged(this.figure.layout, layout);
    const axes = {};
    for (const name of Object.keys(base).filter((key) => /^[xy]axis\d*$/.test(key))) {
      axes[name] = { linecolor: theme.border, tickcolor: theme.border, ...base[name], uirevision: "kept" };
    }
    Plotly.react(
      this.element,
      data,
      {
        ...base,
        ...axes,
        autosize: true,
        uirevision: "kept",
        datarevision: ++this.edition,
        font: { family: theme.font, color: theme.text, size: 12 },
        dragmode: isTouched ? false : base.dragmode,
        hoverlabel: { bgcolor: theme.background, bordercolor: theme.border, font: { color: theme.text, size: 12 } },
      },
      { displayModeBar: false, doubleClick: "autosize", showTips: false },
    );
    if (this.isMade) return;
    this.isMade = true;
    for (const [event, handler] of Object.entries(this.handlers)) if (handler) this.element.on(event, handler);
    this.handlers.plotly_afterplot?.();
  }

  remove() {
    this.resize.disconnect();
    this.sight.disconnect();
    if (this.isMade) window.Plotly.purge(this.element);
    this.element.remove();
  }
}

// A chart in a section with a title and a line that says what to look for, in place of the one before.
function chartIn(section, figure, before) {
  before?.remove();
  const plot = new Plot(figure);
  section.querySelector("h4").textContent = figure.layout.meta.title;
  section.querySelector(".dlp-hint").textContent = figure.layout.meta.look_for;
  section.append(plot.element);
  return plot;
}

// One level deep, so that {marker: {color}} leaves a marker's size alone.
function merged(base, patch) {
  const result = { ...base, ...patch };
  for (const [key, value] of Object.entries(patch)) {
    const isPlain = (thing) => thing?.constructor === Object;
    if (isPlain(value) && isPlain(base[key])) result[key] = { ...base[key], ...value };
  }
  return result;
}
