// Cards with one Plotly element each that is made once and then updated: zoom and hover stay.

const MOST_LABELS = 6; // stand below one another; older changes say what they were on hover
const WRITTEN_TRACES = new Set(["train", "validation"]);

function loadPlotly(address) {
  window.dlpPlotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.dlpPlotly = undefined;
      reject(new Error("Plotly could not be loaded"));
    };
    document.head.append(script);
  });
  return window.dlpPlotly;
}

function themeOf(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => {
    const value = style.getPropertyValue(name).trim();
    return value && value !== "unset" ? value : otherwise;
  };
  const background = read("--st-background-color", "#ffffff");
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(background.slice(at, at + 2), 16));
  return {
    background,
    surface: read("--st-secondary-background-color", "#f4f6f8"),
    text: read("--st-text-color", "#1b2733"),
    border: read("--st-border-color", "#dce2e8"),
    font: read("--st-font", "sans-serif"),
    isDark: 0.3 * red + 0.59 * green + 0.11 * blue < 128,
  };
}

class Chart {
  constructor(figure, onVisible, onRedraw) {
    this.onRedraw = onRedraw;
    this.title = figure.layout.meta.title;
    this.isVisible = false;
    this.isStale = false; // there are new points
    this.isOutdated = true; // more than points is new
    this.edition = 0;
    this.element = document.createElement("section");
    this.element.className = "dlp-card dlp-chart";
    this.element.innerHTML = `
      <header>
        <h4></h4>
        <button type="button" class="dlp-small dlp-unzoom" hidden>Reset zoom</button>
        <button type="button" class="dlp-small dlp-save"><span aria-hidden="true">PNG</span></button>
      </header>
      <p class="dlp-hint"><span></span> <span class="dlp-thinned"></span></p>
      <div class="dlp-legend" role="group" aria-label="Lines shown"></div>
      <div class="dlp-frame">
        <div class="dlp-plot" role="img"></div>
        <i class="dlp-cursor" hidden></i>
        <i class="dlp-cursor dlp-fork" hidden><span>fork</span></i>
        <span class="dlp-x" aria-hidden="true"></span>
        <span class="dlp-y" aria-hidden="true"></span>
      </div>`;
    this.element.querySelector("h4").textContent = this.title;
    this.thinned = this.element.querySelector(".dlp-thinned");
    // Plotly would measure its own axis titles and all labels beside them anew at every redraw.
    this.element.querySelector(".dlp-x").textContent = figure.layout.xaxis.title.text;
    this.element.querySelector(".dlp-y").textContent = figure.layout.yaxis.title.text;
    const frame = this.element.querySelector(".dlp-frame");
    for (const side of "lrb") frame.style.setProperty(`--margin-${side}`, `${figure.layout.margin[side]}px`);
    this.plot = this.element.querySelector(".dlp-plot");
    this.plot.style.height = `${figure.layout.height}px`;
    this.plot.setAttribute("aria-label", this.title);
    this.hidden = new Set(); // names of lines that were switched off
    this.take(figure);
    [this.cursor, this.fork] = this.element.querySelectorAll(".dlp-cursor");
    this.steps = { at: null, origin: null };
    this.unzoom = this.element.querySelector(".dlp-unzoom");
    this.unzoom.onclick = () => this.resetZoom();
    const save = this.element.querySelector(".dlp-save");
    save.title = `Save ${this.title} as PNG`;
    save.setAttribute("aria-label", save.title);
    save.onclick = () => this.save();
    this.sight = new InSight(this.element, { rim: 24 }, (isVisible) => {
      this.isVisible = isVisible;
      onVisible(this);
    });
    this.resize = new ResizeObserver(() => {
      if (this.isMade && this.plot.isConnected && this.plot.clientWidth) window.Plotly.Plots.resize(this.plot);
    });
    this.resize.observe(this.plot);
  }

  // Another figure of the same title, with more lines or fewer; zoom and hidden lines stay.
  take(figure) {
    this.figure = figure;
    this.windows = [...new Set(figure.data.map((trace) => trace.meta.window))];
    this.element.querySelector(".dlp-hint span").textContent = figure.layout.meta.look_for;
    this.element.querySelector(".dlp-legend").replaceChildren(...this.legendButtons());
    this.isOutdated = true;
  }

  // Plotly's own legend would take a growing part of the chart where there are many layers.
  legendButtons() {
    const lines = this.figure.data.filter((trace) => trace.showlegend !== false);
    return lines.map(({ name, line }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.innerHTML = "<i></i><span></span>";
      button.firstChild.style.borderTop = `2px ${line.dash === "dot" ? "dotted" : "solid"} ${line.color}`;
      button.lastChild.textContent = name;
      button.title = `Show or hide ${name}`;
      button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
      button.onclick = () => {
        if (!this.hidden.delete(name)) this.hidden.add(name);
        button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
        this.isOutdated = true;
        this.onRedraw();
      };
      return button;
    });
  }

  hear(news) {
    if (news.reset) this.isOutdated = true;
    else if (news.windows?.some((name) => this.windows.includes(name))) this.isStale = true;
  }

  // `end`: the run's last step, null where it doesn't run.
  draw(series, every, theme, run, end) {
    if (end !== this.end) this.isOutdated = true;
    this.end = end;
    const isNew = this.isStale || this.isOutdated;
    if (!window.Plotly || !this.isVisible || !isNew || !this.plot.isConnected) return;
    const traces = this.traces(series);
    const wasEmpty = this.isEmpty;
    this.isEmpty = !traces.some((trace) => trace.x.length);
    const isOther = this.isOutdated || wasEmpty || traces.length !== this.plot.data.length;
    if (isOther || !fits(traces, this.plot._fullLayout)) this.replot(traces, theme, run);
    else this.redrawLines(traces);
    this.isStale = this.isOutdated = false;
    this.markSteps(this.steps);
    const size = every[this.windows[0]] ?? 1;
    this.thinned.textContent = size > 1 ? thinnedText(this.windows[0], size) : "";
  }

  redrawLines(traces) {
    const data = traces.map(({ x, y, text, textposition, customdata, marker }) => {
      return { x, y, text, textposition, customdata, marker };
    });
    const atOnce = { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } };
    window.Plotly.animate(this.plot, { data, traces: traces.map((_, index) => index) }, atOnce).then(
      () => this.plot.emit("plotly_afterplot"), // which Plotly says of whole redraws alone
      () => {}, // overtaken by the next one
    );
  }

  replot(traces, theme, run) {
    const { Plotly } = window;
    const { plot, hovered } = this;
    const config = { displayModeBar: false, doubleClick: "autosize", showTips: false };
    Plotly.react(plot, traces, this.layout(theme, run), config);
    if (hovered && plot.matches(":hover")) Plotly.Fx.hover(plot, hovered);
    this.markZoom(); // another run's chart isn't zoomed
    if (this.isMade) return;
    this.isMade = true;
    plot.on("plotly_hover", ({ event }) => (this.hovered = event));
    plot.on("plotly_unhover", () => (this.hovered = null));
    plot.on("plotly_relayout", () => {
      this.hovered = null; // the pointer is elsewhere on a zoomed chart
      this.markZoom();
    });
  }

  traces(series) {
    const traces = this.figure.data.map((trace) => {
      const columns = series[trace.meta.window] ?? {};
      const filled = { ...trace, x: columns[trace.meta.x] ?? [], y: columns[trace.meta.y] ?? [] };
      if (this.hidden.has(trace.name)) filled.visible = false;
      if (trace.meta.text) filled.text = columns[trace.meta.text] ?? [];
      if (trace.meta.customdata) filled.customdata = columns[trace.meta.customdata] ?? [];
      if (trace.mode === "text") {
        for (const column of ["x", "y", "text"]) filled[column] = filled[column].slice(-MOST_LABELS);
        filled.textposition = sides(filled.x, series);
      }
      if (trace.meta["marker.color"]) filled.marker = { ...trace.marker, color: columns[trace.meta["marker.color"]] ?? [] };
      return filled;
    });
    // Marks that there are none of yet cost as much as a line.
    return (this.data = traces.filter((trace) => trace.yaxis !== MARKS_AXIS || trace.x.length));
  }

  layout(theme, run) {
    const { xaxis, yaxis, ...rest } = this.figure.layout;
    const isTouched = matchMedia("(pointer: coarse)").matches;
    const colors = { linecolor: theme.border, tickcolor: theme.border, title: undefined };
    if (!this.isEmpty) colors.range = undefined; // the figure's own is for an empty chart
    const { include } = xaxis.autorangeoptions;
    const end = Math.max(...include, reach(this.data, this.end));
    const autorangeoptions = { ...xaxis.autorangeoptions, include: [...include, end], maxallowed: end }; // no room for markers
    return {
      ...rest,
      autosize: true,
      showlegend: false,
      margin: { ...rest.margin, t: 10 },
      uirevision: run,
      datarevision: ++this.edition,
      font: { family: theme.font, color: theme.text, size: 12 },
      dragmode: isTouched ? false : rest.dragmode, // a finger scrolls the page
      hoverlabel: { bgcolor: theme.background, bordercolor: theme.border, font: { color: theme.text, size: 12 } },
      xaxis: { ...xaxis, ...colors, autorangeoptions, uirevision: run },
      yaxis: { ...yaxis, ...colors, uirevision: run },
    };
  }

  // Lines at the step that the page looks at and at the one where a fork left its parent; null where there is none.
  markSteps({ at, origin }) {
    this.steps = { at, origin };
    this.placeMark(this.cursor, at);
    this.placeMark(this.fork, origin?.step ?? null);
  }

  placeMark(mark, step) {
    const axis = this.plot._fullLayout?.xaxis;
    const place = step === null || !axis ? -1 : axis.d2p(step);
    mark.hidden = !(place >= 0 && place <= axis._length);
    if (!mark.hidden) mark.style.left = `${axis._offset + place}px`;
  }

  markZoom() {
    this.markSteps(this.steps);
    const { xaxis, yaxis } = this.plot._fullLayout;
    this.unzoom.hidden = this.isEmpty || (xaxis.autorange && yaxis.autorange);
  }

  resetZoom() {
    window.Plotly.relayout(this.plot, { "xaxis.autorange": true, "yaxis.autorange": true });
  }

  save() {
    const theme = themeOf(this.element);
    const layout = { ...this.layout(theme), title: { text: this.title }, paper_bgcolor: theme.background };
    layout.legend = { orientation: "h", x: 0, y: -0.2, yanchor: "top" }; // takes the room that many layers need
    const ranges = this.plot._fullLayout;
    const { xaxis, yaxis } = this.figure.layout;
    layout.xaxis = { ...layout.xaxis, title: xaxis.title, range: [...ranges.xaxis.range] };
    layout.yaxis = { ...layout.yaxis, title: yaxis.title, range: [...ranges.yaxis.range] };
    layout.margin = { ...layout.margin, t: 56 };
    layout.showlegend = true;
    const filename = this.title.toLowerCase().replace(/[^a-z]+/g, "-");
    window.Plotly.downloadImage({ data: this.data, layout }, { format: "png", filename, width: 800, height: 420, scale: 2 });
  }

  // The newest values in words, for those who can't see the chart.
  describe() {
    const values = (this.data ?? [])
      .filter((trace) => WRITTEN_TRACES.has(trace.name) && trace.y.length)
      .map((trace) => `${trace.name} ${numberText(trace.y.at(-1), this.figure.layout.yaxis.tickformat)}`);
    const step = this.data?.find((trace) => WRITTEN_TRACES.has(trace.name))?.x.at(-1);
    if (values.length) this.plot.setAttribute("aria-description", `at step ${step}: ${values.join(", ")}`);
  }

  remove() {
    this.sight.disconnect();
    this.resize.disconnect();
    if (this.isMade) window.Plotly.purge(this.plot);
    this.element.remove();
  }
}

// Text goes to the left of a mark in the right half, where it would leave the chart.
function sides(steps, series) {
  const last = Math.max(...Object.values(series).map((columns) => columns.step?.at(-1) ?? 0));
  return steps.map((step) => (step > last / 2 ? "bottom left" : "bottom right"));
}

function thinnedText(name, size) {
  const isOfBatches = ["loss", "accuracy", "learning_rate"].includes(name);
  return isOfBatches ? `Batches: the lowest and highest of every ${size}.` : `Every ${size}th measurement.`;
}

function numberText(value, format) {
  if (value === null) return "not a number";
  return format?.endsWith("%") ? `${(100 * value).toFixed(1)} %` : value.toPrecision(3);
}
