// Whole figures from Python, side by side. Where one of the same title comes again it is redrawn in place.

class Figures {
  constructor(root) {
    this.element = root;
    this.cards = new Map(); // title → {section, plot, text}
    this.grid = document.createElement("div");
    this.grid.className = "dlp-grid dlp-figures";
    root.append(this.grid);
  }

  update(data) {
    const theme = themeOf(this.element);
    this.element.classList.toggle("dlp-dark", theme.isDark);
    loadPlotly(data.plotly).catch((error) => console.error(error));
    const mode = JSON.stringify(theme);
    const before = this.cards;
    this.cards = new Map();
    for (const text of data.figures) {
      const figure = JSON.parse(text);
      const { title } = figure.layout.meta;
      const card = before.get(title) ?? this.card(figure);
      before.delete(title);
      this.cards.set(title, card);
      if (card.text === text && card.mode === mode) continue;
      Object.assign(card, { text, mode });
      inTheme(figure, data.colors, theme);
      card.plot.figure = figure;
      card.plot.element.style.height = `${figure.layout.height}px`;
      card.section.querySelector(".dlp-hint").textContent = figure.layout.meta.look_for;
      card.plot.draw([], theme);
    }
    for (const { section, plot } of before.values()) {
      plot.remove();
      section.remove();
    }
    const shown = [...this.cards.values()].map((card) => card.section);
    if (shown.some((section, place) => section !== this.grid.children[place])) this.grid.replaceChildren(...shown);
  }

  card(figure) {
    const section = document.createElement("section");
    section.className = "dlp-card";
    section.innerHTML = "<header><h4></h4></header><p class='dlp-hint'></p>";
    section.classList.toggle("dlp-wide", Boolean(figure.layout.meta.is_wide));
    return { section, plot: chartIn(section, figure) };
  }
}

// A scale that `meta` names, "sequential" or "diverging", in the colours of the page's mode.
function inTheme({ layout }, colors, theme) {
  const anchors = colors[layout.meta.colors]?.[theme.isDark ? "dark" : "light"];
  if (anchors) layout.coloraxis.colorscale = anchors.map((color, at) => [at / (anchors.length - 1), color]);
}
