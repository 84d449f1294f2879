// Whether new points fit the axes of a chart as they stand. Plotly draws new axes for most of a redraw's time, so while
// a run goes on the axis of steps reaches ahead, and most updates need only draw the lines anew.

const MARKS_AXIS = "y2"; // from the bottom to the top of a chart, whatever its first y axis shows
const AHEAD = 5 / 4;

// The last step that the axis should reach; `end` is the one at which a run will end, null where it doesn't run.
function reach(traces, end) {
  const last = Math.max(0, ...traces.map((trace) => trace.x.at(-1) ?? 0));
  return Math.max(last, Math.min(last * AHEAD, end ?? 0));
}

// An axis that the user has zoomed stays as it is.
function fits(traces, { xaxis, yaxis }) {
  const lines = traces.filter((trace) => trace.yaxis !== MARKS_AXIS && trace.visible !== false);
  return lines.every((trace) => holds(xaxis, trace.x) && holds(yaxis, trace.y));
}

function holds(axis, values) {
  if (!axis.autorange) return true;
  const [low, high] = axis.type === "log" ? axis.range.map((power) => 10 ** power) : axis.range;
  return values.every((value) => value === null || (value >= low && value <= high));
}
