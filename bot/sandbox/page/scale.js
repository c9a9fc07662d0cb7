// Numbers to places on a chart, and the round numbers to write beside it. Pure.

/** At most about `count` round numbers that hold `low` and `high` between them. */
export function ticks(low, high, count = 5) {
  if (low === high) {
    const room = Math.abs(low) * 0.1 || 1;
    return ticks(low - room, high + room, count);
  }
  const rough = (high - low) / Math.max(1, count - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) * power;
  const from = Math.floor(low / step + 1e-9);
  const to = Math.ceil(high / step - 1e-9);
  return Array.from({ length: to - from + 1 }, (_, at) => Number(((from + at) * step).toPrecision(12)));
}

/** value -> pixel, linear; `from` and `to` are pixels. */
export function linear(low, high, from, to) {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

export function number(value) {
  const small = Math.abs(value) < 1000;
  return new Intl.NumberFormat("en", { maximumFractionDigits: small ? 2 : 1, notation: small ? "standard" : "compact" }).format(value);
}
