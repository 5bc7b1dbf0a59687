// What is shown: language, filters, the month of interest. It lives in the address, so that a view can be sent on.

const monitor = readMonitor(JSON.parse(document.getElementById("monitor").textContent));
const labels = JSON.parse(document.getElementById("labels").textContent);
const specs = JSON.parse(document.getElementById("charts").textContent);
const measures = measuresOf(monitor);
const opening = heaviest().id;
const START = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

const state = freshState();

// The carrier that weighs most in tce among those with a baseline; it is what the trend opens with.
function heaviest() {
  const judged = new Set(monitor.baselines.map((row) => row.carrier));
  const weight = new Map();
  for (const line of monitor.lines)
    for (const value of line.tce) if (value) weight.set(line.carrier, (weight.get(line.carrier) ?? 0) + asFloat(value));
  const found = measures.filter((one) => judged.has(one.carrier));
  return found.sort((a, b) => (weight.get(b.carrier) ?? 0) - (weight.get(a.carrier) ?? 0))[0] ?? measures[0];
}

function freshState() {
  return {
    lang: START,
    sites: new Set(monitor.sites.map((site) => site.id)),
    carriers: new Set(monitor.carriers.map((carrier) => carrier.id)),
    month: monitor.month,
    from: monitor.months[0],
    to: monitor.months[monitor.months.length - 1],
    measure: opening,
    indicator: null,
    wide: false, // all rows of the completeness matrix
  };
}

const isAll = (name) => state[name].size === monitor[name].length;

function writeHash() {
  const fresh = freshState();
  const parts = [["lang", state.lang]];
  for (const name of ["month", "from", "to", "measure"]) if (state[name] !== fresh[name]) parts.push([name, state[name]]);
  for (const name of ["sites", "carriers"]) if (!isAll(name)) parts.push([name, [...state[name]].map(encodeURIComponent).join(",")]);
  const text = parts.map(([name, value]) => `${name}=${name === "sites" || name === "carriers" ? value : encodeURIComponent(value)}`);
  try {
    history.replaceState(null, "", `#${text.join("&")}`);
  } catch {
    // A viewer that shows the page without an address of its own: the view just cannot be sent on.
  }
}

// What the address says; what it says of sites or months that are not here is left aside.
function readHash() {
  const said = new Map(location.hash.slice(1).split("&").filter((part) => part.includes("=")).map((part) => {
    const place = part.indexOf("=");
    return [part.slice(0, place), part.slice(place + 1)];
  }));
  const plain = (text) => { try { return decodeURIComponent(text); } catch { return ""; } };
  if (["en", "zh"].includes(said.get("lang"))) state.lang = said.get("lang");
  for (const name of ["month", "from", "to"]) {
    const value = plain(said.get(name) ?? "");
    if (monitor.at.has(value)) state[name] = value;
  }
  if (monitor.at.get(state.from) > monitor.at.get(state.to)) [state.from, state.to] = [state.to, state.from];
  const measure = plain(said.get("measure") ?? "");
  if (measures.some((one) => one.id === measure)) state.measure = measure;
  for (const name of ["sites", "carriers"]) {
    if (!said.has(name)) continue;
    const wanted = new Set(said.get(name).split(",").map(plain));
    state[name] = new Set(monitor[name].map((one) => one.id).filter((id) => wanted.has(id)));
  }
}

// ---- words

function t(key, facts = {}) {
  const text = labels[state.lang][key];
  if (text === undefined) throw new Error(`no label: ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));
}

// The word for an identifier where the page has one, else the identifier itself.
const wordOr = (prefix, id) => labels[state.lang][`${prefix}${id}`] ?? id;

const said = (text) => (text && typeof text === "object" ? text[state.lang] ?? Object.values(text)[0] ?? "" : text ?? "");

function nameOf(thing, id) {
  if (!thing) return id ?? "–";
  return said(thing.name) || thing.id;
}

const siteName = (id) => (id === null ? t("all-sites") : nameOf(monitor.siteById.get(id), id));
const carrierName = (id) => (id === null ? t("all-carriers") : nameOf(monitor.carrierById.get(id), id));
const measureName = (measure) => (measure.what === "quantity" ? carrierName(measure.carrier) : t(`measure-${measure.what}`));

// ---- what the filters leave

const shownLines = (measure) =>
  monitor.lines.filter((line) => !line.byYear && state.sites.has(line.site) && state.carriers.has(line.carrier) && belongs(line, measure));
const shownMeasures = () => measures.filter((one) => one.what !== "quantity" || state.carriers.has(one.carrier));
// Carriers that are chosen and of which only figures for longer than a month are known.
const byYear = () => [...new Set(monitor.lines.filter((line) => line.byYear && inFilters(line)).map((line) => line.carrier))];
const currentMeasure = () => shownMeasures().find((one) => one.id === state.measure) ?? measures[0];
const inFilters = (row) =>
  (row.site === null || row.site === undefined || state.sites.has(row.site)) &&
  (row.carrier === null || row.carrier === undefined || state.carriers.has(row.carrier));
const inPeriod = (row) => row.month >= state.from && row.month <= state.to;

const spanOf = (from, to) => {
  const [first, last] = [monitor.at.get(from), monitor.at.get(to)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => first + place);
};
const shifted = (month, by) => {
  const number = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + by;
  return `${String(Math.floor(number / 12)).padStart(4, "0")}-${String((number % 12) + 1).padStart(2, "0")}`;
};
// The place of a month in the data, -1 where it is not there: no line has a figure there.
const placeOf = (month) => monitor.at.get(month) ?? -1;
const monthsToDate = () => monitor.months.filter((month) => month.slice(0, 4) === state.month.slice(0, 4) && month <= state.month);
