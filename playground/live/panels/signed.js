// Signed values as colours: zero is neutral.

function paintSigned(canvas, values, most, map) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) pixels[at] = signedColor(values[at], most, map);
  context.putImageData(image, 0, 0);
}

// 128 is zero, 1 and 255 are minus and plus the most; what isn't finite is left blank.
function signedColor(value, most, map) {
  if (!Number.isFinite(value)) return 0;
  return map[128 + Math.round(127 * Math.max(-1, Math.min(1, value / most)))];
}

function cssColor(packed) {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}

function isBright(packed) {
  return 0.3 * (packed & 255) + 0.59 * ((packed >> 8) & 255) + 0.11 * ((packed >> 16) & 255) > 128;
}

// Two digits after the point where they say enough.
function signedNumber(value) {
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  const isPlain = value === 0 || (size >= 1e-3 && size < LARGE);
  return trueMinus(isPlain ? value.toFixed(size >= 0.1 || value === 0 ? 2 : 3) : value.toExponential(1));
}
