// How strongly the loss pulls at each layer: over steps, at this step beside the weights, and checked against differences.

const HEATMAP_EVERY = 500; // ms: of a long run it is redrawn whole, and its eye-catching changes are slow
const MOST_DIGITS = 15; // that a float64 has
const DISAGREE = 1e-3; // relative: far more than rounding and the bend of the loss explain

class GradientsPanel {
  constructor(host, inside) {
    this.inside = inside;
    this.draws = 0; // how often a check was asked for
    this.isAsking = false;
    host.classList.add("dlp-gradients");
    host.innerHTML = `
      <div class="dlp-gradients-charts">
        <section data-of="chart"></section>
        <section data-of="heatmap"><h4></h4><p class="dlp-hint"></p></section>
        <section data-of="ratios"><h4></h4><p class="dlp-hint"></p><p class="dlp-note" hidden></p></section>
        <section data-of="check">
          <h4>Gradient check</h4>
          <p class="dlp-hint">
            Autograd against (f(w + h) − f(w − h)) / 2h at six weights of each layer: the same loss, measured twice. In
            float64, eval mode, without penalty.
          </p>
          <p><button type="button" class="dlp-small dlp-check">Check against finite differences</button></p>
          <div role="status"><p class="dlp-verdict"></p><p class="dlp-hint dlp-left-out"></p></div>
          <p class="dlp-note" hidden></p>
          <div class="dlp-checked"></div>
        </section>
      </div>`;
    this.sections = Object.fromEntries([...host.querySelectorAll("[data-of]")].map((one) => [one.dataset.of, one]));
    this.notes = { gradients: this.sections.ratios.querySelector(".dlp-note"), check: this.sections.check.querySelector(".dlp-note") };
    this.verdict = host.querySelector(".dlp-verdict");
    this.leftOut = host.querySelector(".dlp-left-out");
    this.tables = host.querySelector(".dlp-checked");
    this.button = host.querySelector(".dlp-check");
    this.button.onclick = () => this.check();
  }

  prepare(data, theme, maps) {
    this.theme = theme;
    this.maps = maps;
    this.names = data.layers.filter(({ weighted }) => weighted).map(({ name }) => name);
    const figures = JSON.stringify([data.figures.gradients, data.figures.heatmap, data.figures.ratios]);
    if (figures !== this.figures) {
      this.figures = figures;
      this.take(data.figures);
    }
    this.chart.isOutdated = true;
    loadPlotly(data.plotly).then(() => this.paint(), () => {});
    this.paint();
    this.paintHeatmap();
    this.paintRatios();
  }

  take({ gradients, heatmap, ratios }) {
    this.chart?.remove();
    this.chart = new Chart(gradients, () => this.look(), () => this.paint());
    this.sections.chart.replaceChildren(this.chart.element);
    this.heatmap = chartIn(this.sections.heatmap, heatmap, this.heatmap);
    this.ratios = chartIn(this.sections.ratios, ratios, this.ratios);
  }

  windows() {
    return ["gradient", "gradient zero", "changed"];
  }

  looks() {
    const check = this.isAsking ? { check: { view: "check", draw: (this.draws - 1) % 1000 } } : {};
    return { gradients: { view: "gradients" }, ...check };
  }

  hear(news) {
    this.chart?.hear(news);
    if (news.kept) this.chart?.markSteps(this.inside.live);
    this.paint();
    if (news.moved) return this.paintHeatmap();
    if (news.reset || news.windows?.some((name) => this.windows().includes(name))) this.paintSoon();
  }

  draw(slot, view) {
    if (slot === "check") return this.drawCheck(view);
    this.view = view;
    this.paintRatios();
  }

  say(slot, problem) {
    setText(this.notes[slot], problem);
    this.notes[slot].hidden = !problem;
  }

  focus() {
    this.chart?.markSteps(this.inside.live);
    this.paintHeatmap();
  }

  look() {
    this.inside.wish();
    this.paint();
  }

  // --- over steps --------------------------------------------------------------------------------------------------------

  paint() {
    const { series, every, status, live } = this.inside;
    const end = status?.state === "running" ? status.total_steps : null;
    this.chart.draw(series, every, this.theme, live.id, end);
  }

  paintSoon() {
    this.timer ??= setTimeout(() => this.paintHeatmap(), HEATMAP_EVERY);
  }

  paintHeatmap() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.heatmap || !this.theme) return;
    const { gradient = {}, "gradient zero": zeros = {}, changed = {} } = this.inside.series;
    const cells = heatmapCells(gradient, zeros, this.names);
    const line = this.inside.at === null ? {} : { x: [this.inside.at, this.inside.at], y: [0, 1] };
    const { x = [], y = [], text = [] } = changed;
    const isEmpty = !cells.steps.length;
    this.heatmap.draw(
      [
        { x: cells.steps, y: isEmpty ? [] : this.names, z: cells.powers, customdata: cells.values, colorscale: scaleOf(this.maps.unsigned) },
        { ...cells.zeros, marker: { color: this.theme.text } },
        { ...cells.lost, marker: { color: this.theme.text } },
        { x, y, text },
        { x: [], y: [], ...line, line: { color: this.theme.text } },
      ],
      this.theme,
      isEmpty ? {} : { xaxis: { range: undefined } },
    );
    this.heatmap.element.setAttribute("aria-label", heatmapWords(this.heatmap.figure.layout.meta.title, cells, this.names));
  }

  // --- beside the weights ----------------------------------------------------------------------------------------------

  paintRatios() {
    if (!this.ratios || !this.theme) return;
    const layers = this.view?.layers ?? [];
    const rows = layers.map(({ name }) => name);
    const both = layers.filter(({ gradient, weight }) => gradient > 0 && weight > 0);
    const dots = (of) => ({ x: layers.map((layer) => layer[of] || null), y: rows });
    const rings = (of) => {
      const zeros = layers.filter((layer) => layer[of] === 0);
      return { x: zeros.map(() => this.ratios.figure.layout.meta.edge), y: zeros.map(({ name }) => name) };
    };
    const between = {
      x: both.flatMap(({ gradient, weight }) => [gradient, weight, null]),
      y: both.flatMap(({ name }) => [name, name, null]),
    };
    const texts = { x: layers.map(() => 1), y: rows, text: layers.map(ratioText) };
    const layout = layers.length ? { xaxis: { range: undefined } } : {};
    this.ratios.draw([between, dots("gradient"), rings("gradient"), dots("weight"), rings("weight"), texts], this.theme, layout);
    this.ratios.element.setAttribute("aria-label", ratiosWords(this.ratios.figure.layout.meta.title, layers));
    if (!this.view) return;
    const digits = `On the first ${this.view.digits} training digits, eval mode, without penalty.`;
    setText(this.sections.ratios.querySelector(".dlp-hint"), `${this.ratios.figure.layout.meta.look_for} ${digits}`);
  }

  // --- the check -------------------------------------------------------------------------------------------------------

  check() {
    this.draws += 1;
    this.isAsking = true;
    this.button.disabled = true;
    setText(this.button, "Checking …");
    this.inside.wish();
  }

  rest() {
    this.isAsking = false;
    this.button.disabled = false;
    setText(this.button, this.checked ? "Check other weights" : "Check against finite differences");
    this.inside.wish();
  }

  drawCheck(view) {
    this.checked = view;
    setText(this.verdict, verdictOf(view));
    setText(this.leftOut, leftOutOf(view));
    this.verdict.classList.toggle("dlp-differ", view.relative === null || view.relative > DISAGREE);
    this.tables.replaceChildren(checkTable(view), checkDetails(view));
    this.rest();
  }

  remove() {
    clearTimeout(this.timer);
    this.chart?.remove();
    this.heatmap?.remove();
    this.ratios?.remove();
  }
}

// Windows of the stream as cells: a row a layer. Where a log scale has no place for a number the window says null, and
// another window names the exact zeros among them.
function heatmapCells(gradient, zeros, names) {
  const steps = gradient.step ?? [];
  const isZero = new Set((zeros.x ?? []).map((step, place) => `${step} ${zeros.text[place]}`));
  const values = names.map((_, layer) => gradient[layer] ?? []);
  const found = { steps, values, powers: values.map((row) => row.map((value) => (value === null ? null : Math.log10(value)))) };
  found.zeros = { x: [], y: [] };
  found.lost = { x: [], y: [] };
  names.forEach((name, layer) =>
    values[layer].forEach((value, place) => {
      if (value !== null) return;
      const marks = isZero.has(`${steps[place]} ${name}`) ? found.zeros : found.lost;
      marks.x.push(steps[place]);
      marks.y.push(name);
    }),
  );
  return found;
}

// 256 packed colours as one of Plotly's colour scales.
function scaleOf(map) {
  return [0, 32, 64, 96, 128, 160, 192, 224, 255].map((code) => {
    const color = map[code];
    return [code / 255, `rgb(${color & 255}, ${(color >> 8) & 255}, ${(color >> 16) & 255})`];
  });
}

function ratioText({ gradient, weight, ratio }) {
  if (gradient === null || weight === null) return "–";
  if (weight === 0) return gradient ? "∞" : "0";
  return plainNumber(ratio);
}

// Two digits: 0.012, 3.4e-7.
function plainNumber(value) {
  if (value === null) return "not finite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e-3 && size < 1e4 ? String(Number(value.toPrecision(2))) : value.toExponential(1);
  return trueMinus(text);
}

function heatmapWords(title, { steps, values, zeros, lost }, names) {
  if (!steps.length) return title;
  const newest = names.map((name, layer) => `${name} ${plainNumber(values[layer].at(-1) ?? null)}`);
  const marks = [zeros.x.length && `${zeros.x.length} cells are exactly 0`, lost.x.length && `${lost.x.length} are not finite`];
  return [`${title}, newest: ${newest.join(", ")}`, ...marks.filter(Boolean)].join("; ");
}

function ratiosWords(title, layers) {
  return layers.length ? `${title}: ${layers.map((layer) => `${layer.name} ${ratioText(layer)}`).join(", ")}` : title;
}

function verdictOf({ relative, checked, kinks, hidden, step }) {
  const when = `At step ${step.toLocaleString("en-US")}: `;
  const compared = checked - kinks - hidden;
  if (relative === null) return `${when}the loss or a gradient is not finite, so there is nothing to compare.`;
  if (!compared) return `${when}none of the ${checked} weights could be compared.`;
  const all = compared === checked ? `at all ${checked} weights` : `at ${compared} of ${checked} weights`;
  if (relative > DISAGREE) return `${when}they differ by up to ${(100 * relative).toPrecision(2)} % ${all}.`;
  if (relative === 0) return `${when}they agree exactly ${all}.`;
  const digits = Math.min(MOST_DIGITS, Math.floor(-Math.log10(relative)));
  return `${when}they agree to ${digits} digits ${all}.`;
}

function leftOutOf({ kinks, hidden, digits }) {
  const some = [];
  if (kinks) some.push(`At ${kinks} a ReLU or MaxPool2d switches between w − h and w + h: a kink, where the loss has no slope.`);
  if (hidden) some.push(`${hidden} ${hidden === 1 ? "is" : "are"} so small that rounding leaves fewer than four of ${hidden === 1 ? "its" : "their"} digits.`);
  return [...some, `On the first ${digits} training digits.`].join(" ");
}

function checkTable({ layers }) {
  const rows = layers.map(({ name, checked, kinks, relative, weights }) => {
    const judged = weights.filter((weight) => !weight.kink && !weight.hidden);
    const worst = judged.reduce((one, other) => ((other.relative ?? Infinity) > (one?.relative ?? -1) ? other : one), null);
    const why = kinks === checked ? "kinks" : "hidden by rounding";
    const values = worst ? [longNumber(worst.autograd), longNumber(worst.numeric), plainNumber(relative)] : ["–", "–", why];
    return [name, ...values, `${judged.length} of ${checked}`];
  });
  const heads = ["Layer", "Autograd", "Difference quotient", "Differ by at most", "Compared"];
  return tableOf(heads, rows, "Largest relative difference of each layer");
}

function checkDetails({ layers, checked }) {
  const details = document.createElement("details");
  details.innerHTML = "<summary></summary>";
  details.firstChild.textContent = `All ${checked} weights`;
  const rows = layers.flatMap(({ name, weights }) =>
    weights.map(({ index, autograd, numeric, difference, relative, kink, hidden }) => [
      `${name} [${index.join(", ")}]`,
      longNumber(autograd),
      longNumber(numeric),
      plainNumber(difference),
      kink ? "kink" : hidden ? "hidden by rounding" : plainNumber(relative),
    ]),
  );
  details.append(tableOf(["Weight", "Autograd", "Difference quotient", "Absolute", "Relative"], rows, "All weights that were checked"));
  return details;
}

function longNumber(value) {
  return value === null ? "not finite" : value === 0 ? "0" : trueMinus(value.toExponential(7));
}

function tableOf(heads, rows, caption) {
  const frame = document.createElement("div");
  frame.className = "dlp-table";
  frame.innerHTML = "<table><caption class='dlp-spoken'></caption><thead><tr></tr></thead><tbody></tbody></table>";
  frame.querySelector("caption").textContent = caption;
  const cell = (kind, text) => {
    const element = document.createElement(kind);
    element.textContent = text;
    return element;
  };
  frame.querySelector("tr").append(...heads.map((head) => cell("th", head)));
  frame.querySelector("tbody").append(
    ...rows.map(([first, ...others]) => {
      const row = document.createElement("tr");
      row.append(cell("th", first), ...others.map((text) => cell("td", text)));
      return row;
    }),
  );
  return frame;
}
