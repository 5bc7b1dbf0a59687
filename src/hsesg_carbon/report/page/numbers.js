// Exact decimal numbers: { n: BigInt, s: decimals } is n / 10^s. A missing number is null and never becomes 0.
// Floats are made from them only where something is drawn.

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

function exact(text) {
  if (text === null || text === undefined) return null;
  const found = DECIMAL.exec(String(text).trim());
  if (!found || !(found[2] || found[3])) throw new Error(`not a decimal number: ${text}`);
  const power = Number(found[4] || 0);
  let digits = BigInt((found[2] || "") + (found[3] || ""));
  let scale = (found[3] || "").length - power;
  if (scale < 0) [digits, scale] = [digits * 10n ** BigInt(-scale), 0];
  return { n: found[1] === "-" ? -digits : digits, s: scale };
}

const atScale = (number, scale) => number.n * 10n ** BigInt(scale - number.s);

function plus(a, b) {
  const scale = Math.max(a.s, b.s);
  return { n: atScale(a, scale) + atScale(b, scale), s: scale };
}

const unsigned = (number) => ({ n: number.n < 0n ? -number.n : number.n, s: number.s });
const times = (a, b) => ({ n: a.n * b.n, s: a.s + b.s });

// a / b with so many decimals, half up (away from zero); null where b is 0.
function over(a, b, decimals) {
  const scale = Math.max(a.s, b.s);
  const [top, bottom] = [atScale(a, scale) * 10n ** BigInt(decimals), atScale(b, scale)];
  return bottom === 0n ? null : { n: halfUp(top, bottom), s: decimals };
}

function halfUp(top, bottom) {
  const negative = top < 0n !== bottom < 0n;
  const [t, b] = [top < 0n ? -top : top, bottom < 0n ? -bottom : bottom];
  const whole = (2n * t + b) / (2n * b);
  return negative ? -whole : whole;
}

// The change from b to a in per cent, one decimal; null where there is nothing to compare with.
function change(a, b) {
  if (!a || !b || b.n === 0n) return null;
  const scale = Math.max(a.s, b.s);
  const base = atScale(b, scale);
  return over({ n: (atScale(a, scale) - base) * 100n, s: scale }, unsigned({ n: base, s: scale }), 1);
}

const share = (a, b) => (a && b ? over({ n: a.n * 100n, s: a.s }, b, 1) : null);

function digitsOf(number) {
  const text = String(unsigned(number).n).padStart(number.s + 1, "0");
  return [text.slice(0, text.length - number.s), number.s ? text.slice(-number.s) : ""];
}

// The number as it is: "1234.5".
function asText(number) {
  if (!number) return "";
  const [whole, rest] = digitsOf(number);
  const kept = rest.replace(/0+$/, "");
  return (number.n < 0n ? "-" : "") + whole + (kept ? `.${kept}` : "");
}

const asFloat = (number) => (number ? Number(asText(number)) : null);

const roundedTo = (number, decimals) =>
  number.s <= decimals ? number : { n: halfUp(number.n, 10n ** BigInt(number.s - decimals)), s: decimals };

// The number as people read it: "1,234.5"; a figure from 1000 on needs no decimals, a small one needs three.
function asShown(number, decimals) {
  if (!number) return "–";
  const size = digitsOf(number)[0].length;
  const wanted = decimals ?? (size > 3 ? 0 : size > 2 ? 1 : size > 1 || digitsOf(number)[0] !== "0" ? 2 : 3);
  const rounded = roundedTo(number, wanted);
  const [whole, rest] = digitsOf(rounded);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (rounded.n < 0n ? "−" : "") + grouped + (rest ? `.${rest}` : "");
}

function asPercent(number, signed = true) {
  if (!number) return "–";
  const text = asShown(unsigned(number), 1);
  const sign = number.n < 0n ? "−" : signed && number.n > 0n ? "+" : "";
  return `${sign}${text} %`;
}

// A float of a statistic, never of a total: four figures are enough.
function asStatistic(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return exactShown(size >= 1000 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toFixed(3));
}

const exactShown = (text) => asShown(exact(text), (String(text).split(".")[1] || "").length);
