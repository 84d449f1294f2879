// The numbers that made one value: patch times kernel plus bias, a window, a function; each leads back to where it came from.

const LARGEST_GRID = 5; // a side of the grids whose numbers are written out
const WRITTEN_CHANNELS = 3; // as grids; further ones as one number

// `view` as `pixel_view` sends it; `follow(unit)` makes a button of a place that a number comes from.
function sumElement(view, layers, maps, follow) {
  const list = document.createElement("div");
  list.className = "dlp-sums";
  const add = (...parts) => list.append(...parts);
  const writers = {
    Scaled: () => add(sumLine(`(${shortNumber(view.how.pixel, 3)} − ${near(view.how.center)}) / ${near(view.how.divisor)}`, view.value, "The pixel, from 0 to 255, scaled")),
    Weighted: () => (view.arrays.inputs.shape.length === 3 ? convolutionSum(view, layers, maps, follow, add) : linearSum(view, follow, add)),
    Pooled: () => poolingSum(view, maps, follow, add),
    Normalized: () => normalizationSum(view, follow, add),
    Mapped: () => add(fromBelow("z is", view.below, view, follow), sumLine(filledIn(view.how, view.kind), view.value, view.how.formula)),
    Passed: () => passedOn(view, follow, add),
  };
  writers[view.how.type]();
  const { channel, y, x } = view;
  for (const { layer, formula, value } of view.then) {
    const name = document.createElement("span");
    name.append("→ ", layer === "Output" ? layer : follow({ layer, channel, y, x }, layer));
    add(sumLine(name, value, formula));
  }
  return list;
}

function convolutionSum(view, layers, maps, follow, add) {
  const { how, below, arrays } = view;
  const { inputs: patches, weights, parts, channels } = arrays;
  const [count, size] = patches.shape;
  const [, rows, columns] = shapeOf(below, layers);
  const middle = (from, end) => Math.min(Math.max(from + Math.floor(size / 2), 0), end - 1);
  const place = { y: middle(how.top, rows), x: middle(how.left, columns) };
  const reach = (from) => (size > 1 ? `${from} to ${from + size - 1}` : `${from}`);
  add(sumNote(`Patch of ${below} (rows ${reach(how.top)}, columns ${reach(how.left)}) × kernel, summed. Largest channels first.`));
  const ends = { patch: largest(patches.values), kernel: largest(weights.values) };
  ends.product = largest(patches.values.map((value, at) => value * weights.values[at]));
  for (let at = 0; at < count; at++) {
    const channel = channels.values[at];
    const name = follow({ layer: below, channel, ...place }, `channel ${channel}`);
    if (at < WRITTEN_CHANNELS) {
      const cut = ({ values }) => values.subarray(at * size * size, (at + 1) * size * size);
      const [patch, kernel] = [cut(patches), cut(weights)];
      const product = patch.map((value, place) => value * kernel[place]);
      const grids = document.createElement("div");
      grids.className = "dlp-grids";
      grids.append(
        numberGrid(patch, size, ends.patch, maps, "patch"),
        sumSign("×"),
        numberGrid(kernel, size, ends.kernel, maps, "kernel"),
        sumSign("="),
        numberGrid(product, size, ends.product, maps, "product"),
      );
      add(grids);
    }
    add(sumLine(name, parts.values[at]));
  }
  sumEnd(view, "more channels", add);
}

function linearSum(view, follow, add) {
  const { below, arrays } = view;
  add(sumNote(`Values of ${below} × weights, summed. Largest products first.`));
  arrays.channels.values.forEach((unit, at) => {
    const name = document.createElement("span");
    const factors = `${shortNumber(arrays.inputs.values[at], 3)} × ${shortNumber(arrays.weights.values[at], 3)}`;
    name.append(follow({ layer: below, channel: unit, y: 0, x: 0 }, `unit ${unit}`), ` ${factors}`);
    add(sumLine(name, arrays.parts.values[at]));
  });
  sumEnd(view, "more units", add);
}

function sumEnd({ how, value }, others, add) {
  if (how.rest_count) add(sumLine(`${whole(how.rest_count)} ${others}`, how.rest));
  add(sumLine("total", how.total, "", "dlp-total"), sumLine("+ bias", how.bias), sumLine("=", value, "", "dlp-total"));
}

function poolingSum(view, maps, follow, add) {
  const { how, below, channel, arrays } = view;
  const { values, shape } = arrays.window;
  const [size] = shape;
  const place = how.taken ?? [0, 0];
  const unit = { layer: below, channel, y: how.top + place[0], x: how.left + place[1] };
  const which = how.taken ? "largest" : "mean";
  const text = sumNote(`The ${which} of these ${size * size} values of `);
  text.append(follow(unit, `${below}, channel ${channel}`));
  const grids = document.createElement("div");
  grids.className = "dlp-grids";
  grids.append(numberGrid(values, size, largest(values), maps, "window", how.taken && place[0] * size + place[1]));
  add(text, grids, sumLine(which, view.value, "", "dlp-total"));
}

function normalizationSum(view, follow, add) {
  const { z, mean, variance, epsilon, gamma, beta } = view.how;
  add(fromBelow("z is", view.below, view, follow));
  add(sumLine("z − running mean", differenceOf(z, mean), `${near(z)} − ${near(mean)}`));
  const deviation = [variance, epsilon].includes(null) ? null : Math.sqrt(variance + epsilon);
  add(sumLine("/ √(running variance + ε)", deviation, `√(${near(variance)} + ${near(epsilon)})`));
  add(sumLine("· γ", gamma), sumLine("+ β", beta), sumLine("=", view.value, "", "dlp-total"));
}

function passedOn(view, follow, add) {
  const [channel, y, x] = view.how.origin;
  const unit = { layer: view.below, channel, y, x };
  const words = { Flatten: "Maps laid in a row.", PermutePixels: "Places swapped, always the same way." };
  const text = sumNote(`${words[view.kind] ?? "In eval mode nothing is dropped."} This is `);
  const isPlace = view.kind in words || view.y || view.x;
  text.append(follow(unit, `${view.below}, ${isPlace ? `channel ${channel}, row ${y}, column ${x}` : `unit ${channel}`}`));
  add(text, sumLine("=", view.value, "", "dlp-total"));
}

// Where the value below comes from, at the same place.
function fromBelow(words, below, { channel, y, x }, follow) {
  const text = sumNote(`${words} the value below at the same place, of `);
  text.append(follow({ layer: below, channel, y, x }, below));
  return text;
}

function filledIn({ z, formula }, kind) {
  if (kind === "LeakyReLU") return `z = ${shortNumber(z, 3)}`;
  return formula.replaceAll(/\bz\b/g, z !== null && z < 0 ? `(${near(z)})` : near(z));
}

// --- pieces ---------------------------------------------------------------------------------------------------------

function sumLine(name, value, formula = "", kind = "") {
  const row = document.createElement("div");
  row.className = `dlp-line ${kind}`;
  const [left, middle, right] = ["span", "small", "b"].map((tag) => document.createElement(tag));
  left.append(name);
  middle.textContent = formula;
  right.textContent = shortNumber(value, 4);
  row.append(left, middle, right);
  return row;
}

function sumNote(text) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  return paragraph;
}

function sumSign(text) {
  const mark = document.createElement("span");
  mark.textContent = text;
  return mark;
}

// A square of numbers on their colours; `taken` is ringed.
function numberGrid(values, size, end, maps, name, taken = null) {
  const grid = document.createElement("figure");
  grid.className = "dlp-numbers";
  grid.style.setProperty("--size", size);
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  if (size > LARGEST_GRID) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${name}: ${size} × ${size} values up to ${shortNumber(end)}`);
    paintCodes(canvas, codesOf(values, end), maps.signed);
    grid.append(caption, canvas);
    return grid;
  }
  const cells = document.createElement("div");
  values.forEach((value, at) => {
    const cell = document.createElement("span");
    cell.textContent = gridNumber(value, end);
    cell.title = near(value);
    const { color, ink } = paintOf(maps.signed[codesOf([value], end)[0]]);
    [cell.style.background, cell.style.color] = [color, ink];
    cell.classList.toggle("dlp-on", at === taken);
    cells.append(cell);
  });
  grid.append(caption, cells);
  return grid;
}

// As many digits as the largest number of the grid leaves room for.
function gridNumber(value, end) {
  if (!Number.isFinite(value)) return "NaN";
  if (value === 0) return "0";
  if (end < 0.01 || Math.round(Math.abs(value)) >= LARGE) return trueMinus(value.toExponential(0));
  const decimals = end >= 100 ? 0 : end >= 10 ? 1 : end >= 1 ? 2 : 3;
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? "~0" : trueMinus(text).replace(/^(−?)0\./, "$1.");
}

// Signed codes: 128 is zero, `end` is 255.
function codesOf(values, end) {
  return Array.from(values, (value) => Math.round(128 + 127 * Math.min(Math.max((end ? value / end : 0) || 0, -1), 1)));
}

// A packed colour, and the ink that is read on it.
function paintOf(packed) {
  const [red, green, blue] = [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255];
  const isLight = 0.3 * red + 0.59 * green + 0.11 * blue > 140;
  return { color: `rgb(${red} ${green} ${blue})`, ink: isLight ? "#101820" : "#ffffff" };
}

function largest(values) {
  return values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
}

function shapeOf(name, layers) {
  return name === "Input" ? [1, 28, 28] : layers.find((layer) => layer.name === name).shape;
}

function differenceOf(one, other) {
  return one === null || other === null ? null : one - other;
}

function near(value) {
  return shortNumber(value, 3);
}
