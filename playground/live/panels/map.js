// The map: 500 validation digits where a layer puts them. Each point is its digit; wrong ones are ringed.

class MapPanel {
  constructor(host, inside) {
    this.inside = inside;
    this.method = "PCA";
    host.classList.add("dlp-map");
    host.innerHTML = `
      <div class="dlp-map-choose">
        <label>Layer <select></select></label>
        <div class="dlp-segmented" role="group" aria-label="Method">
          <button type="button" data-method="PCA" title="The two directions of largest variance">PCA</button>
          <button type="button" data-method="t-SNE"
            title="Neighbours stay neighbours; distances between groups mean nothing">t-SNE</button>
        </div>
      </div>
      <p class="dlp-hint"></p>
      <p class="dlp-note" hidden></p>
      <p class="dlp-sum"></p>
      <div class="dlp-map-frame"><div class="dlp-map-tip" hidden><div></div></div></div>`;
    this.select = host.querySelector("select");
    this.hint = host.querySelector(".dlp-hint");
    this.note = host.querySelector(".dlp-note");
    this.sum = host.querySelector(".dlp-sum");
    this.frame = host.querySelector(".dlp-map-frame");
    this.tip = host.querySelector(".dlp-map-tip");
    this.tip.prepend((this.picture = pictureCanvas()));
    this.select.onchange = () => this.ask({ layer: this.select.value });
    this.buttons = [...host.querySelectorAll("[data-method]")];
    for (const button of this.buttons) button.onclick = () => this.ask({ method: button.dataset.method });
    this.mark();
  }

  prepare(data, theme, maps) {
    [this.theme, this.maps] = [theme, maps];
    this.pictures = DigitPictures.of(data);
    this.offer(data.layers);
    if (!this.plot) {
      this.dots = new Points(data.figures.map);
      this.plot = new Plot(data.figures.map, {
        onHover: ({ points }) => this.point(points[0].pointIndex),
        onUnhover: () => this.unpoint(),
        onClick: ({ points }) => this.choose(points[0].pointIndex),
        onDrawn: (layout) => this.dots.paint(layout),
      });
      this.frame.prepend(this.plot.element, this.dots.element);
    }
    this.show();
  }

  // The layers of this network; at first what the head gets to see.
  offer(layers) {
    const names = ["Input", ...layers.map(({ name }) => name)];
    if (names.join() === this.offered) return;
    this.offered = names.join();
    this.select.replaceChildren(...names.map((name) => new Option(name === "Input" ? "Input: the pixels" : name, name)));
    const seen = layers.filter(({ kind }) => kind !== "Dropout").at(-2); // the last one is the head
    if (!names.includes(this.layer)) this.layer = seen?.name ?? "Input";
    this.select.value = this.layer;
  }

  looks() {
    return this.layer ? { map: { view: "map", layer: this.layer, method: this.method } } : {};
  }

  ask(choice) {
    Object.assign(this, choice);
    this.mark();
    this.tell();
    this.inside.wish();
  }

  mark() {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.method === this.method));
  }

  draw(_slot, view) {
    if (view.layer !== this.layer || view.method !== this.method) return; // an answer to what was asked before
    const isOther = this.view && (this.view.layer !== view.layer || this.view.method !== view.method);
    this.view = view;
    this.points = alignedPoints(view.arrays.points.values, this.points);
    this.show();
    if (isOther) this.unzoom(); // distances of another map are others
    this.pictures.fetch([...view.arrays.index.values]);
  }

  unzoom() {
    const { element } = this.plot;
    if (element._fullLayout?.xaxis.autorange !== false) return;
    window.Plotly.relayout(element, { "xaxis.autorange": true, "yaxis.autorange": true });
  }

  say(_slot, problem) {
    setText(this.note, problem);
    this.note.hidden = !problem;
  }

  focus() {
    this.show();
  }

  show() {
    if (!this.plot) return;
    this.tell();
    setText(this.hint, this.plot.figure.layout.meta.look_for_by_method[this.view?.method ?? this.method]);
    if (!this.view) return this.plot.draw([], this.theme);
    const { shares, arrays } = this.view;
    const [index, label, said] = [arrays.index.values, arrays.label.values, arrays.said.values];
    const colors = this.plot.figure.layout.meta.colors[this.theme.isDark ? "dark" : "light"];
    const places = Array.from(index, (_, place) => place);
    const [x, y] = [0, 1].map((axis) => places.map((place) => this.points[2 * place + axis]));
    const ringed = places.filter((place) => label[place] !== said[place]);
    const marked = places.filter((place) => index[place] === this.inside.digit);
    this.dots.take({ x, y, labels: Array.from(label, String), ringed, marked }, colors, this.theme);
    const title = (share, place) => `PC ${place + 1} (${Math.round(100 * share)} % of the variance)`;
    const titles = shares ? shares.map(title) : ["", ""];
    const [xaxis, yaxis] = titles.map((text, place) => ({
      title: { text },
      showline: Boolean(shares), // t-SNE has no axes
      range: undefined,
      autorange: undefined,
      autorangeoptions: { include: padded([x, y][place]) },
    }));
    this.plot.draw([{ x, y, mode: "none", customdata: Array.from(index) }], this.theme, { xaxis, yaxis });
    this.plot.element.setAttribute("aria-label", mapWords(this.view, ""));
    if (!this.tip.hidden) this.point(index.indexOf(this.pointed)); // the digit has moved
  }

  // What is shown, and what is on its way.
  tell() {
    const { view, layer, method } = this;
    if (!view) return setText(this.sum, method === "t-SNE" ? "t-SNE takes a few seconds …" : "");
    const isShown = view.layer === layer && view.method === method;
    const waits = `${method} of ${layer} is on its way; still shown: ${view.method} of ${view.layer}.`;
    setText(this.sum, isShown ? mapWords(view) : waits);
    this.frame.classList.toggle("dlp-waits", !isShown);
  }

  // The picture of the digit at a place of the view's arrays, beside its point.
  point(place) {
    const { arrays } = this.view;
    const [index, label, said] = ["index", "label", "said"].map((name) => arrays[name].values[place]);
    this.pointed = index;
    this.pictures.paint(this.picture, index, this.maps.unsigned);
    this.pictures.fetch([index]).then(() => {
      if (this.pointed === index) this.pictures.paint(this.picture, index, this.maps.unsigned);
    });
    setText(this.tip.lastElementChild, label === said ? `a ${label}, right` : `a ${label}, taken for ${said}`);
    this.tip.hidden = false;
    const { xaxis, yaxis } = this.plot.element._fullLayout;
    const left = xaxis._offset + xaxis.d2p(this.points[2 * place]);
    const top = yaxis._offset + yaxis.d2p(this.points[2 * place + 1]);
    this.tip.classList.toggle("dlp-left", left > this.frame.clientWidth / 2);
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${Math.min(Math.max(top, 60), this.frame.clientHeight - 60)}px`;
  }

  unpoint() {
    this.pointed = null;
    this.tip.hidden = true;
  }

  choose(place) {
    this.inside.choose({ digit: this.view.arrays.index.values[place] });
    this.point(place); // a finger doesn't hover
  }

  remove() {
    this.plot?.remove();
  }
}

// The ends of an axis on which the outermost digits are whole.
function padded(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = 0.04 * (most - least);
  return [least - room, most + room];
}

// Points (x, y, x, y …) with each axis turned so that it runs as before: its sign means nothing, and a map that flips
// while it trains can't be followed.
function alignedPoints(points, before) {
  if (before?.length !== points.length) return points;
  const turned = points.slice();
  for (const axis of [0, 1]) {
    let agreement = 0;
    for (let at = axis; at < points.length; at += 2) agreement += points[at] * before[at];
    if (agreement < 0) for (let at = axis; at < points.length; at += 2) turned[at] = -points[at];
  }
  return turned;
}

function mapWords({ layer, method, step, digits, dimensions, wrong, perplexity }, when = ` at step ${whole(step)}`) {
  const how = perplexity ? `t-SNE (perplexity ${Math.round(perplexity)})` : method;
  return (
    `${how} of ${layer}${when}: ${whole(digits)} validation digits, ` +
    `${counted(dimensions, "dimension")}, eval mode; ${whole(wrong)} wrong, ringed.`
  );
}
