// Axes: where a value lies, and which round values to name.

function linear(low, high, from, to) {
  const at = (value) => from + ((value - low) / (high - low || 1)) * (to - from);
  return { at, low, high, ticks: (count) => roundTicks(low, high, count) };
}

function logarithmic(low, high, from, to) {
  const span = Math.log(high / low) || 1;
  const at = (value) => from + (Math.log(value / low) / span) * (to - from);
  return { at, low, high, ticks: (count) => thin(logTicks(low, high), count) };
}

function roundTicks(low, high, count) {
  const rough = (high - low || 1) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

function logTicks(low, high) {
  const span = high / low;
  if (span < 1.6) return roundTicks(low, high, 6);
  const steps = span > 300 ? [1] : span > 8 ? [1, 2, 5] : span > 4 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.9999 && tick <= high * 1.0001) found.push(tick);
    }
  }
  return found;
}

/** Every second or third tick where there is no room for all; 1 always stays. */
function thin(ticks, count) {
  const every = Math.ceil(ticks.length / Math.max(2, count));
  const one = Math.max(0, ticks.indexOf(1));
  return ticks.filter((_, i) => (i - one) % every === 0);
}

function short(value) {
  const size = Math.abs(value);
  const text = size >= 1e6
    ? value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 })
    : size && size < 1e-4 ? value.toExponential(1) : Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 6 });
  return text.replace("-", "−");
}
