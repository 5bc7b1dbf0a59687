// What the monitor said, laid out for summing: one line per site, carrier, scope and unit, an entry per month.

// Tables come by columns; a column of few different words comes as the words and where each stands.
function rowsOf(table) {
  const names = Object.keys(table.columns);
  const columns = names.map((name) => {
    const column = table.columns[name];
    return Array.isArray(column) ? column : column.at.map((place) => column.words[place]);
  });
  return Array.from({ length: table.size }, (_, row) =>
    Object.fromEntries(names.map((name, place) => [name, columns[place][row]])));
}

const keyOf = (...parts) => JSON.stringify(parts);
const NOTHING = exact("0");
const MEASURES = ["quantity", "kwh", "tce", "tco2e"];

function readMonitor(packed) {
  const made = { ...packed };
  for (const [name, table] of Object.entries(packed.tables)) made[name] = rowsOf(table);
  made.at = new Map(made.months.map((month, place) => [month, place]));
  made.siteById = new Map(made.sites.map((site) => [site.id, site]));
  made.carrierById = new Map(made.carriers.map((carrier) => [carrier.id, carrier]));
  made.status = byPair(made, made.completeness);
  const baseline = byPair(made, made.baselines);
  made.lines = linesOf(made);
  const pairs = grouped(made.lines, (line) => keyOf(line.site, line.carrier));
  for (const line of made.lines) {
    const key = keyOf(line.site, line.carrier);
    line.status = made.status.get(key) ?? [];
    line.baseline = baseline.get(key) ?? [];
    line.siblings = pairs.get(key);
    // Bills are there, but for longer than a month: such a line has no monthly figure, and misses none.
    line.byYear = !line.has_quantity && line.status.some((one) => ["complete", "estimated", "overlapping"].includes(one?.status));
  }
  return made;
}

function grouped(rows, key) {
  const found = new Map();
  for (const row of rows) {
    const place = key(row);
    if (!found.has(place)) found.set(place, []);
    found.get(place).push(row);
  }
  return found;
}

function byPair(made, rows) {
  const found = new Map();
  for (const row of rows) {
    const key = keyOf(row.site, row.carrier);
    if (!found.has(key)) found.set(key, []);
    found.get(key)[made.at.get(row.month)] = row;
  }
  return found;
}

function linesOf(made) {
  const found = new Map();
  const line = (site, carrier, scope, unit) => {
    const key = keyOf(site, carrier, scope, unit);
    if (!found.has(key)) found.set(key, { site, carrier, scope, unit, quantity: [], kwh: [], tce: [], tco2e: [], estimated: [], rows: [] });
    return found.get(key);
  };
  for (const row of made.series) {
    const [at, one] = [made.at.get(row.month), line(row.site, row.carrier, row.scope, row.unit)];
    one.rows[at] = true;
    one.estimated[at] = exact(row.estimated);
    for (const measure of MEASURES) {
      const [before, value] = [one[measure][at], exact(row[measure])];
      one[measure][at] = before && value ? plus(before, value) : before || value;
    }
  }
  const pairs = new Set([...found.values()].map((one) => keyOf(one.site, one.carrier)));
  for (const row of made.completeness) {
    // A bill that never came for any month is still missing.
    if (row.status === "missing" && !pairs.has(keyOf(row.site, row.carrier)))
      line(row.site, row.carrier, null, made.carrierById.get(row.carrier)?.unit ?? "");
  }
  for (const one of found.values())
    for (const measure of MEASURES) one[`has_${measure}`] = one[measure].some((value) => value);
  return [...found.values()];
}

// What is counted: tce, tCO2e or kWh of heat over all carriers, or the quantity of one carrier in one unit.
function measuresOf(made) {
  const kinds = new Map();
  for (const line of made.lines)
    if (!line.byYear) kinds.set(keyOf(line.carrier, line.unit), { id: `${line.carrier}|${line.unit}`, what: "quantity", carrier: line.carrier, unit: line.unit });
  const order = new Map(made.carriers.map((carrier, place) => [carrier.id, place]));
  const quantities = [...kinds.values()].sort((a, b) => (order.get(a.carrier) ?? 999) - (order.get(b.carrier) ?? 999));
  const heat = made.lines.some((line) => line.has_kwh) ? [{ id: "kwh", what: "kwh", unit: "kWh" }] : [];
  return [{ id: "tce", what: "tce", unit: "tce" }, { id: "tco2e", what: "tco2e", unit: "tCO2e" }, ...heat, ...quantities];
}

function belongs(line, measure) {
  if (measure.what === "quantity") return line.carrier === measure.carrier && line.unit === measure.unit;
  return line[`has_${measure.what}`] || !line.has_quantity; // what has quantities but never tce is no energy
}

const statusAt = (line, at) => line.status[at]?.status;

// Whether a figure is to be had for this month: there is one, or a bill should be there and no other line has it.
function isExpected(line, at) {
  if (line.rows[at]) return true;
  const status = statusAt(line, at);
  if (!status || status === "not-expected") return false;
  return !line.siblings.some((one) => one.rows[at]);
}

// The exact sum over lines and months, how many figures it has and how many it should have.
function totalOf(lines, measure, months) {
  const result = { value: null, known: 0, expected: 0, partial: 0 };
  for (const line of lines) {
    for (const at of months) {
      const value = line[measure.what][at];
      if (value) {
        result.value = result.value ? plus(result.value, value) : value;
        result.known += 1;
        if (statusAt(line, at) === "partial") result.partial += 1;
      }
      if (value || isExpected(line, at)) result.expected += 1;
    }
  }
  return result;
}

// What a line adds to a comparison: its figure; nothing, where it is stated that nothing was to be had (heat in summer, a
// site not yet open); unknown (null) where a bill is missing or covers only part of the month.
function comparable(line, measure, at) {
  const status = statusAt(line, at);
  if (status === "partial") return null;
  return line[measure.what][at] ?? (status === "not-expected" ? NOTHING : null);
}

// Two spans of months compared like for like: only what is known on both sides counts.
function comparisonOf(lines, measure, months, before) {
  let [now, then, pairs, expected] = [null, null, 0, 0];
  for (const line of lines) {
    months.forEach((at, place) => {
      const [a, b] = [comparable(line, measure, at), comparable(line, measure, before[place])];
      if (a === NOTHING && b === NOTHING) return;
      if (isExpected(line, at) || line[measure.what][before[place]]) expected += 1;
      if (!(a && b)) return;
      [now, then, pairs] = [now ? plus(now, a) : a, then ? plus(then, b) : b, pairs + 1];
    });
  }
  return { percent: change(now, then), pairs, expected };
}

// The part of a sum that rests on estimates, in per cent, weighed by the measure.
function estimatedShareOf(lines, measure, months) {
  let [whole, part] = [null, null];
  for (const line of lines) {
    for (const at of months) {
      const value = line[measure.what][at];
      if (!value) continue;
      whole = whole ? plus(whole, value) : value;
      const guessed = times(value, line.estimated[at] ?? { n: 0n, s: 0 });
      part = part ? plus(part, guessed) : guessed;
    }
  }
  return share(part, whole);
}
