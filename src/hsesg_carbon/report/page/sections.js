// The sections of the page, top to bottom. Each reads the filters and fills its place anew.

// ---- the month in a sentence, and the tiles

function wrongThisMonth() {
  const now = monitor.anomalies.filter((row) => row.month === state.month && inFilters(row));
  now.sort((a, b) => Math.abs(b.deviation_percent ?? 0) - Math.abs(a.deviation_percent ?? 0));
  const bills = monitor.completeness.filter((row) =>
    row.month === state.month && inFilters(row) && ["missing", "partial", "overlapping"].includes(row.status));
  return {
    consumption: now.filter((row) => row.group === "consumption"),
    faults: now.filter((row) => row.group === "meter-fault"),
    // A bill that is missing is told once, even where the anomalies name it too.
    doubts: now.filter((row) => !["consumption", "meter-fault"].includes(row.group) &&
      !(row.kind === "missing" && bills.some((bill) => bill.site === row.site && bill.carrier === row.carrier))),
    bills,
  };
}

function showHeadline() {
  const wrong = wrongThisMonth();
  const energy = measures[0];
  const lines = shownLines(energy);
  const total = totalOf(lines, energy, [placeOf(state.month)]);
  const year = comparisonOf(lines, energy, [placeOf(state.month)], [placeOf(shifted(state.month, -12))]);
  const text = [
    total.value
      ? t("headline-energy", { month: state.month, value: asShown(total.value) })
      : t("headline-unknown", { month: state.month }),
    year.percent && total.value ? t(year.percent.n < 0n ? "headline-less" : "headline-more", { percent: asPercent(unsigned(year.percent), false) }) : t("headline-end"),
    t("headline-wrong", { changes: wrong.consumption.length, faults: wrong.faults.length, bills: wrong.bills.length + wrong.doubts.length }),
  ];
  fill("headline", text.join(""));
  fill("showing", t("showing", {
    sites: isAll("sites") ? t("all-sites") : [...state.sites].map(siteName).join("; ") || "–",
    carriers: isAll("carriers") ? t("all-carriers") : [...state.carriers].map(carrierName).join("; ") || "–",
    from: state.from, to: state.to, month: state.month,
  }));
}

function changeRow(label, compared) {
  const { percent, pairs, expected } = compared;
  const way = !percent || percent.n === 0n ? "even" : percent.n > 0n ? "up" : "down";
  const arrow = { up: "▲ ", down: "▼ ", even: "" }[way];
  const note = percent && pairs < expected ? t("like-for-like", { pairs, expected }) : null;
  return h("div", {}, h("dt", {}, label), h("dd", { class: way }, percent ? arrow + asPercent(percent) : t("not-comparable")),
    note ? h("dd", { class: "aside" }, note) : null);
}

const knownNote = (total) =>
  [
    total.expected > total.known ? t("known-of", { known: total.known, expected: total.expected }) : null,
    total.partial ? t("partial-of", { partial: total.partial }) : null,
  ].filter(Boolean).join(" · ");

// The plan of this year for this measure, where one is stated for just what is shown.
function planOf(measure) {
  const what = { tce: "energy", tco2e: "emissions", quantity: measure.carrier }[measure.what];
  const whole = isAll("sites") ? null : state.sites.size === 1 ? [...state.sites][0] : undefined;
  if (whole === undefined || (measure.what !== "quantity" && !isAll("carriers"))) return null;
  return monitor.targets.find((row) =>
    row.what === what && row.site === whole && String(row.year) === state.month.slice(0, 4) && row.unit === measure.unit && row.plan !== null) ?? null;
}

function tile(measure) {
  const lines = shownLines(measure);
  const at = placeOf(state.month);
  const dates = monthsToDate();
  const places = dates.map(placeOf);
  const total = totalOf(lines, measure, [at]);
  const toDate = totalOf(lines, measure, places);
  const period = totalOf(lines, measure, spanOf(state.from, state.to));
  const versus = (by) => comparisonOf(lines, measure, [at], [placeOf(shifted(state.month, by))]);
  const yearBefore = comparisonOf(lines, measure, places, dates.map((month) => placeOf(shifted(month, -12))));
  const estimated = estimatedShareOf(lines, measure, [at]);
  const last = Array.from({ length: 13 }, (_, place) => placeOf(shifted(state.month, place - 12)));
  const recent = last.map((one) => asFloat(totalOf(lines, measure, [one]).value));
  const plan = planOf(measure);
  const figure = (part, sum) => h("span", { "data-figure": part, "data-exact": asText(sum.value), title: sum.value ? `${asText(sum.value)} ${measure.unit}` : null }, asShown(sum.value));
  const heat = measure.what === "tce" ? measures.find((one) => one.what === "kwh") : null;
  const inHeat = heat ? totalOf(shownLines(heat), heat, [at]).value : null;
  const notes = [inHeat ? `${asShown(inHeat)} kWh` : null, knownNote(total), estimated && estimated.n > 0n ? t("estimated-of", { percent: asPercent(estimated, false) }) : null].filter(Boolean);
  const sum = (name, label, title, amount, ...aside) =>
    h("div", {}, h("dt", { title }, label), h("dd", {}, figure(name, amount)), h("dd", { class: "aside" }, aside.filter(Boolean).join(" · ")));
  return h("article", { class: measure.what === "quantity" ? "tile" : "tile main", "data-measure": measure.id },
    h("h3", {}, measureName(measure)),
    h("p", { class: "big" }, figure("month", total), " ", h("span", { class: "unit" }, measure.unit)),
    h("p", { class: "note" }, [...notes, total.value && !knownNote(total) ? t("all-known") : null].filter(Boolean).join(" · ") || t("no-figure")),
    recent.some((value) => value !== null) ? sparkline(recent) : null,
    h("dl", { class: "changes" }, changeRow(t("month-on-month"), versus(-1)), changeRow(t("year-on-year"), versus(-12))),
    h("dl", { class: "sums" },
      sum("year", t("to-date", { year: state.month.slice(0, 4) }), `${dates[0]} – ${state.month}`, toDate,
        yearBefore.percent ? t("on-last-year", { percent: asPercent(yearBefore.percent) }) : null, knownNote(toDate)),
      plan ? planRow(plan, toDate) : null,
      sum("period", t("period-sum"), `${state.from} – ${state.to}`, period, knownNote(period))));
}

// At the month of the monitor its own completion is told, so that the page says one thing; at an earlier month the sum of
// this tile over the plan, unless it lacks a figure.
function planRow(plan, toDate) {
  const now = state.month === monitor.month;
  const done = now ? exact(plan.completion_percent) : toDate.known === toDate.expected ? share(toDate.value, exact(plan.plan)) : null;
  const head = h("dt", {}, t("plan-of", { year: plan.year }));
  if (!done) return h("div", {}, head, h("dd", {}, asShown(exact(plan.plan))));
  const text = t("of-plan", { percent: asPercent(done, false), plan: asShown(exact(plan.plan)) });
  const due = Number(state.month.slice(5));
  const few = now && plan.months_covered < due ? t("plan-months", { months: plan.months_covered, of: due }) : "";
  return h("div", {}, head, h("dd", {}, text), h("dd", { class: "wholly" }, meterBar(asFloat(done), text, asFloat(done) > 100)), h("dd", { class: "aside" }, few));
}

function showTiles() {
  const shown = shownMeasures();
  if (!state.sites.size || !state.carriers.size) return fill("tiles", nothing("nothing-chosen"));
  const named = byYear().map(carrierName).join(state.lang === "zh" ? "、" : ", ");
  // kWh of all carriers stand beside the tce.
  return fill("tiles", shown.filter((one) => one.what !== "kwh").map(tile), named ? h("p", { class: "note whole" }, t("by-year", { names: named })) : null);
}

// ---- what went wrong

const MOST_CARDS = 9;

function anomalyCard(row) {
  const percent = row.deviation_percent;
  const badge = percent === null || percent === undefined ? null : `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(0)} %`;
  const drawable = [row.actual, row.low, row.high].every((value) => typeof value === "number");
  return h("li", { class: `card ${row.group}` },
    h("p", { class: "card-head" }, h("strong", {}, siteName(row.site)), h("span", { class: "badge" }, badge ?? wordOr("kind-", row.kind))),
    h("p", { class: "what" }, [carrierName(row.carrier), wordOr("kind-", row.kind), row.meter ? t("meter-named", { meter: row.meter }) : null].filter(Boolean).join(" · ")),
    h("p", {}, said(row.reason)),
    drawable ? bandBar(row) : null);
}

function billCard(row) {
  const facts = { days: row.days, of: row.of, month: row.month };
  return h("li", { class: "card data" },
    h("p", { class: "card-head" }, h("strong", {}, siteName(row.site)), h("span", { class: "badge" }, t(`status-${row.status}`))),
    h("p", { class: "what" }, carrierName(row.carrier)),
    h("p", {}, t(`bill-${row.status}`, facts)));
}

function group(key, cards) {
  const rest = cards.length > MOST_CARDS ? h("p", { class: "more" }, t("more-below", { count: cards.length - MOST_CARDS })) : null;
  return h("section", { class: "group", "data-group": key },
    h("h3", {}, t(`group-${key}`), " ", h("span", { class: "count" }, cards.length)),
    h("p", { class: "note" }, t(`group-${key}-note`)),
    cards.length ? h("ul", {}, cards.slice(0, MOST_CARDS)) : h("p", { class: "fine" }, t(`group-${key}-none`)),
    rest);
}

function showWrong() {
  const wrong = wrongThisMonth();
  const columns = [column.month(), column.site(), column.carrier(), column.text("meter", "meter"),
    { label: t("group"), text: (row) => wordOr("group-", row.group) }, { label: t("kind"), text: (row) => wordOr("kind-", row.kind) },
    column.float("actual", "actual"), column.float("expected", "expected"), column.text("reason", "reason")];
  const rows = monitor.anomalies.filter((row) => inFilters(row) && inPeriod(row)).sort((a, b) => (a.month < b.month ? 1 : a.month > b.month ? -1 : 0));
  fill("wrong-groups",
    group("consumption", wrong.consumption.map(anomalyCard)),
    group("meter-fault", wrong.faults.map(anomalyCard)),
    group("data", [...wrong.doubts.map(anomalyCard), ...wrong.bills.map(billCard)]));
  fill("wrong-table", rows.length ? figuresBehind("wrong-table", tableOf("anomalies", t("anomalies-caption", { from: state.from, to: state.to }), columns, rows)) : null);
}

// ---- over time

function expectationAt(lines, at) {
  const sum = { expected: 0, low: 0, high: 0, lines: 0 };
  for (const line of lines) {
    if (!line.quantity[at]) continue;
    const row = line.baseline[at];
    if (!row || row.expected === null) return null; // a part without a baseline: the sum has none
    for (const name of ["expected", "low", "high"]) sum[name] += row[name];
    sum.lines += 1;
  }
  return sum.lines ? sum : null;
}

const WORST = ["meter-fault", "consumption", "data"];

function trendRows(measure) {
  const lines = shownLines(measure);
  const anomalies = grouped(monitor.anomalies.filter((row) => inFilters(row) && row.carrier === measure.carrier), (row) => row.month);
  return spanOf(state.from, state.to).map((at) => {
    const month = monitor.months[at];
    const total = totalOf(lines, measure, [at]);
    const hope = measure.what === "quantity" ? expectationAt(lines, at) : null;
    const found = anomalies.get(month) ?? [];
    const worst = total.value ? WORST.find((one) => found.some((row) => row.group === one)) ?? null : null;
    const range = hope ? `${asStatistic(hope.expected)} (${asStatistic(hope.low)} – ${asStatistic(hope.high)})` : "–";
    return {
      month, total, actual: asFloat(total.value), expected: hope?.expected ?? null, low: hope?.low ?? null, high: hope?.high ?? null,
      group: worst, expectation: range, whole: total.known === total.expected && !total.partial,
      text: `${asShown(total.value)} ${measure.unit}${knownNote(total) ? ` (${knownNote(total)})` : ""}`,
      reason: found.length > 1 ? t("several-anomalies", { count: found.length }) : found.length ? said(found[0].reason) : "–",
    };
  });
}

function partRows(measure) {
  const lines = shownLines(measure);
  return monitor.carriers.flatMap((carrier, order) => {
    const own = lines.filter((line) => line.carrier === carrier.id);
    return !own.length ? [] : spanOf(state.from, state.to).map((at) => {
      const total = totalOf(own, measure, [at]);
      return { month: monitor.months[at], name: nameOf(carrier), value: asFloat(total.value), order, colour: colourOf(monitor.carriers, carrier.id), text: `${asShown(total.value)} ${measure.unit}` };
    });
  });
}

function showTrend() {
  const measure = currentMeasure();
  const rows = trendRows(measure);
  const label = t("trend-label", { what: measureName(measure), unit: measure.unit, from: state.from, to: state.to });
  const columns = [column.month(),
    { label: `${t("actual")} (${measure.unit})`, number: true, text: (row) => asShown(row.total.value), plain: (row) => asText(row.total.value) },
    { label: t("known"), number: true, text: (row) => t("of", { known: row.total.known, expected: row.total.expected }) },
    ...(measure.what === "quantity" ? [column.float("expected", "expected"), column.float("low", "low"), column.float("high", "high"), column.text("reason", "reason")] : [])];
  if (measure.what === "quantity") {
    const several = shownLines(measure).length > 1;
    fill("trend-legend", legend([["#0b5394", t("actual"), "line"], ["#0b5394", t("actual-part"), "hollow"], ["#5b6673", t("expected"), "dashed"], ["#cfd9e4", t("band"), "area"],
      ["#b5400a", t("group-consumption"), "triangle"], ["#6a3d9a", t("group-meter-fault"), "diamond"], ["#7a5c00", t("group-data"), "square"]]));
    fill("trend-note", `${label}${t("stop")}${rows.every((row) => row.expected === null) ? t("no-baseline") : several ? t("band-summed") : t("band-one")}`);
    chart("trend-chart", "trend", rows.map(({ total, ...row }) => row), label);
  } else {
    fill("trend-legend", legend(monitor.carriers.filter((one) => shownLines(measure).some((line) => line.carrier === one.id && line[`has_${measure.what}`])).map((one) => [colourOf(monitor.carriers, one.id), nameOf(one), "area"])));
    fill("trend-note", `${label}${t("stop")}${t("parts-note")}`);
    chart("trend-chart", "parts", partRows(measure), label);
  }
  fill("trend-table", figuresBehind("trend-table", tableOf("trend", label, columns, rows)));
}

const MOST_SITES = 40;

// Each site against what was expected of it; where nothing was, against the same month a year before.
function heatRows(measure) {
  const lines = grouped(shownLines(measure), (line) => line.site);
  const anomalies = new Set(monitor.anomalies.filter((row) => row.carrier === measure.carrier).map((row) => keyOf(row.site, row.month)));
  const rows = [];
  for (const [site, own] of lines) {
    for (const at of spanOf(state.from, state.to)) {
      const month = monitor.months[at];
      const total = totalOf(own, measure, [at]);
      const hope = measure.what === "quantity" ? expectationAt(own, at) : null;
      const year = measure.what === "quantity" ? null : comparisonOf(own, measure, [at], [placeOf(shifted(month, -12))]);
      const value = hope && total.value ? (asFloat(total.value) / hope.expected - 1) * 100 : year?.percent ? asFloat(year.percent) : null;
      rows.push({
        site, month, value, missing: total.expected > 0 && !total.value, anomaly: anomalies.has(keyOf(site, month)),
        text: total.expected || total.value ? `${asShown(total.value)} ${measure.unit}` : t("status-not-expected"),
        expectation: value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)} %`,
      });
    }
  }
  return rows;
}

function uniqueNames(ids) {
  const count = new Map();
  for (const id of ids) count.set(siteName(id), (count.get(siteName(id)) ?? 0) + 1);
  return new Map(ids.map((id) => [id, count.get(siteName(id)) > 1 ? `${siteName(id)} (${id})` : siteName(id)]));
}

function showHeat() {
  const measure = currentMeasure();
  const rows = heatRows(measure);
  const sites = [...new Set(rows.map((row) => row.site))];
  const far = new Map(rows.filter((row) => row.month === state.month).map((row) => [row.site, row.missing ? Infinity : Math.abs(row.value ?? 0)]));
  const kept = sites.length > MOST_SITES ? [...sites].sort((a, b) => (far.get(b) ?? 0) - (far.get(a) ?? 0)).slice(0, MOST_SITES) : sites;
  const order = new Map(kept.map((site, place) => [site, place]));
  const names = uniqueNames(kept);
  const label = t(measure.what === "quantity" ? "heat-expected" : "heat-year", { what: measureName(measure) });
  const shown = rows.filter((row) => order.has(row.site)).map((row) => ({ ...row, site: names.get(row.site), order: order.get(row.site) }));
  fill("heat-note", `${label} ${t("heat-note")} ${sites.length > MOST_SITES ? t("heat-most", { shown: MOST_SITES, all: sites.length }) : ""}`);
  chart("heat-chart", "heat", shown, label);
  const columns = [column.site(), column.month(), { label: t("actual"), number: true, text: (row) => row.text },
    { label: t("deviation"), number: true, text: (row) => row.expectation }];
  fill("heat-table", figuresBehind("heat-table", tableOf("heat-map", label, columns, rows)));
}

// ---- sites compared

function indicatorChoices() {
  const bands = grouped(monitor.bands, (row) => keyOf("band", row.standard, row.unit));
  const made = [...bands].map(([id, rows]) => ({ id, label: `${rows[0].standard} (${rows[0].unit})`, band: true,
    rows: rows.map((row) => ({ ...row, value: row.actual })) }));
  const own = grouped(monitor.indicators.filter((row) => row.site !== null), (row) => keyOf(row.indicator, row.carrier, row.unit, row.period));
  for (const [id, rows] of own) {
    const { indicator, carrier, unit, period } = rows[0];
    made.push({ id, label: [wordOr("indicator-", indicator), carrierName(carrier), period.replace("/", " – "), unit].join(" · "), rows, period, carrier });
  }
  return made;
}

function currentChoice(choices) {
  const year = state.month.slice(0, 4);
  const most = (list) => [...list].sort((a, b) => b.rows.length - a.rows.length || Number(b.carrier === null) - Number(a.carrier === null))[0];
  return choices.find((one) => one.id === state.indicator) ?? choices.find((one) => one.band) ??
    most(choices.filter((one) => one.period === year)) ?? most(choices);
}

function showRanking() {
  const choices = indicatorChoices().filter((one) => one.carrier === undefined || one.carrier === null || state.carriers.has(one.carrier));
  const chosen = currentChoice(choices);
  const select = document.getElementById("indicator");
  select.replaceChildren(...choices.map((one) => h("option", { value: one.id, selected: one === chosen }, one.label)));
  document.getElementById("ranking").hidden = !choices.length;
  if (!chosen) return;
  const rows = chosen.rows.filter((row) => inFilters(row) && row.value !== null)
    .map((row) => ({ ...row, exactly: exact(row.value) })).sort((a, b) => asFloat(b.exactly) - asFloat(a.exactly));
  const names = uniqueNames([...new Set(rows.map((row) => row.site))]);
  const drawable = rows.slice(0, MOST_SITES).map((row, order) => ({ site: names.get(row.site), order, value: asFloat(row.exactly), text: `${asShown(row.exactly)}`,
    guide: row.guide ? asFloat(exact(row.guide)) : null, constraint: row.constraint ? asFloat(exact(row.constraint)) : null }));
  chart("ranking-chart", "ranking", drawable, chosen.label);
  fill("ranking-legend", chosen.band ? legend([["#1b7a5a", t("guide"), "tick"], ["#b5400a", t("constraint"), "tick"]]) : null);
  const more = chosen.band
    ? [column.exact("guide", "guide"), column.exact("constraint", "constraint"), { label: t("position"), text: (row) => wordOr("position-", row.position) },
      column.text("building", "building"), column.text("climate", "climate"), column.text("source", "source")]
    : [column.exact("baseline", "baseline"), column.percent("change", "change_percent")];
  const columns = [column.site(), column.exact("value", "value"), column.text("unit", "unit"), ...more];
  fill("ranking-note", rows.length ? t(chosen.band ? "ranking-band" : "ranking-note") : t("nothing-here"));
  fill("ranking-table", figuresBehind("ranking-table", tableOf("sites-compared", chosen.label, columns, rows)));
}

// ---- targets

function showTargets() {
  const rows = monitor.targets.filter(inFilters);
  document.getElementById("targets").hidden = !rows.length && !monitor.trajectory.length;
  const whatName = (what) => labels[state.lang][`measure-${{ energy: "tce", emissions: "tco2e" }[what] ?? what}`] ?? carrierName(what);
  const plans = rows.filter((row) => String(row.year) === state.month.slice(0, 4)).map((row) => {
    const done = exact(row.completion_percent);
    const text = done ? asPercent(done, false) : t("no-figure");
    return h("li", {}, h("p", { class: "plan-head" }, h("strong", {}, `${whatName(row.what)} ${row.year}`), h("span", {}, text)),
      meterBar(asFloat(done), text, done && asFloat(done) > 100),
      h("p", { class: "note" }, [siteName(row.site), t("plan-facts", { actual: asShown(exact(row.actual_to_date)), to_date: asShown(exact(row.plan_to_date)), plan: asShown(exact(row.plan)), unit: row.unit, months: row.months_covered ?? "–" })].join(" · ")));
  });
  fill("plans-note", t("as-of", { month: monitor.month }));
  fill("plans", plans.length ? h("ul", { class: "plans" }, plans) : nothing("no-plan"));
  const unit = (monitor.trajectory.find((row) => row.unit === "tCO2e") ?? monitor.trajectory[0])?.unit; // one axis, one unit
  const path = monitor.trajectory.filter((row) => inFilters(row) && row.unit === unit).map((row) => ({ target: row.target, year: Number(row.year), name: row.target, value: asFloat(exact(row.value)), actual: asFloat(exact(row.actual)),
    interpolated: Boolean(row.interpolated), text: row.actual === null ? "–" : `${asShown(exact(row.actual))} ${row.unit}`, expectation: `${asShown(exact(row.value))} ${row.unit}` }));
  chart("trajectory-chart", "trajectory", path, t("trajectory"));
  fill("trajectory-legend", path.length ? [h("h3", {}, `${t("trajectory")} (${unit})`), legend([["#0b5394", t("actual"), "line"], ["#5b6673", t("target"), "dashed"], ["#5b6673", t("target-stated"), "dot"]])] : null);
  const columns = [column.text("target", "target"), column.text("year", "year"), column.exact("target-value", "value"), column.exact("actual", "actual"), column.text("unit", "unit"),
    { label: t("interpolated"), text: (row) => t(row.interpolated ? "yes" : "no") }];
  const planColumns = [column.text("target", "target"), column.site(), { label: t("kind"), text: (row) => whatName(row.what) }, column.text("year", "year"), column.exact("plan", "plan"), column.exact("plan-to-date", "plan_to_date"),
    column.exact("actual", "actual_to_date"), column.text("unit", "unit"), column.text("months-covered", "months_covered"), column.percent("completion", "completion_percent", false)];
  fill("targets-table", figuresBehind("targets-table", rows.length ? tableOf("targets", t("targets"), planColumns, rows) : null, path.length ? tableOf("trajectory", t("trajectory"), columns, monitor.trajectory) : null));
}

// ---- machine rooms, meters, tenants

function showRooms() {
  const rows = monitor.pue.filter((row) => inFilters(row) && inPeriod(row));
  document.getElementById("rooms").hidden = !monitor.pue.length;
  const sites = [...new Set(rows.map((row) => row.site))];
  const names = uniqueNames(sites);
  fill("rooms-legend", legend(sites.slice(0, PALETTE.length).map((site) => [colourOf(monitor.sites, site), siteName(site), "line"])));
  chart("rooms-chart", "pue", rows.map((row) => ({ site: names.get(row.site), month: row.month, colour: colourOf(monitor.sites, row.site), value: asFloat(exact(row.value)), text: asShown(exact(row.value), 3) })), t("rooms"));
  fill("rooms-table", rows.length ? figuresBehind("rooms-table", tableOf("pue", t("rooms"), [column.site(), column.month(), { label: "PUE", number: true, text: (row) => asShown(exact(row.value), 3), plain: (row) => row.value }], rows)) : nothing("nothing-here"));
}

const newestFirst = (a, b) => (a.month < b.month ? 1 : a.month > b.month ? -1 : 0);

function showMeters() {
  const rows = monitor.reconciliation.filter((row) => inFilters(row) && inPeriod(row)).sort(newestFirst);
  document.getElementById("meters").hidden = !monitor.reconciliation.length;
  const apart = rows.filter((row) => row.within === false);
  const columns = [column.month(), column.site(), column.carrier(), column.text("meter", "meter"), column.exact("bill", "bill"), column.exact("metered", "metered"), column.text("unit", "unit"),
    column.percent("difference", "difference_percent"), { label: t("agreement"), text: (row) => (row.within === null ? "–" : t(row.within ? "within" : "outside")), class: (row) => (row.within === false ? "flag" : "") }];
  fill("meters-note", t("meters-note", { apart: apart.length, all: rows.length }));
  fill("meters-table", rows.length ? tableOf("bill-against-meter", t("meters"), columns, rows) : nothing("nothing-here"));
}

function showTenants() {
  const rows = monitor.recharges.filter((row) => inFilters(row) && inPeriod(row));
  document.getElementById("tenants").hidden = !monitor.recharges.length;
  const sums = [...grouped(rows, (row) => keyOf(row.tenant, row.site, row.carrier, row.unit)).values()].map((own) => {
    const sum = (name) => own.map((row) => exact(row[name])).filter(Boolean).reduce((a, b) => (a ? plus(a, b) : b), null);
    return { ...own[0], months: own.length, missing: own.filter((row) => row.quantity === null).length, quantity: sum("quantity"), tco2e: sum("tco2e") };
  });
  const amount = (label, name) => ({ label: t(label), number: true, text: (row) => asShown(row[name]), plain: (row) => asText(row[name]) });
  const columns = [column.text("tenant", "tenant"), column.site(), column.carrier(), amount("quantity", "quantity"), column.text("unit", "unit"), amount("emissions", "tco2e"),
    { label: t("months"), number: true, text: (row) => t("of", { known: row.months - row.missing, expected: row.months }) }];
  const monthly = [column.month(), column.text("tenant", "tenant"), column.site(), column.carrier(), column.exact("quantity", "quantity"), column.text("unit", "unit"), column.exact("emissions", "tco2e")];
  fill("tenants-table", rows.length ? tableOf("recharges", t("tenants-caption", { from: state.from, to: state.to }), columns, sums) : nothing("nothing-here"));
  fill("tenants-monthly", rows.length ? h("div", { class: "under" }, h("span", {}, t("tenants-monthly")), downloadButton("recharges-by-month", t("tenants-monthly"), monthly, rows)) : null);
}

// ---- completeness and estimates

const GLYPH = { complete: "●", partial: "◐", missing: "×", overlapping: "‖", estimated: "≈", "not-expected": "·" };

function showCompleteness() {
  const span = spanOf(state.from, state.to);
  const pairs = [...monitor.status].map(([key, cells]) => ({ key: JSON.parse(key), cells })).filter(({ key: [site, carrier] }) => inFilters({ site, carrier }));
  const doubtful = ({ cells }) => span.some((at) => cells[at] && !["complete", "not-expected"].includes(cells[at].status));
  const few = pairs.length > MOST_SITES && !state.wide;
  const shown = (few ? pairs.filter(doubtful) : pairs).slice(0, few ? MOST_SITES : 400);
  const cell = (row, site, carrier, month) => {
    const status = row?.status;
    const text = status ? t(`status-${status}`) : t("no-figure");
    const days = status && row.days !== null && ["partial", "overlapping"].includes(status) ? ` (${t("days-of", { days: row.days, of: row.of })})` : "";
    return h("td", { class: `s-${status ?? "none"}`, title: `${siteName(site)}, ${carrierName(carrier)}, ${month}: ${text}${days}` }, h("span", { "aria-hidden": "true" }, GLYPH[status] ?? ""), h("span", { class: "unseen" }, text));
  };
  const years = [...grouped(span.map((at) => monitor.months[at]), (month) => month.slice(0, 4))];
  const head = [
    h("tr", {}, h("th", { scope: "col", rowspan: 2 }, t("site")), h("th", { scope: "col", rowspan: 2 }, t("carrier")),
      years.map(([year, own]) => h("th", { scope: "colgroup", class: "year", colspan: own.length }, year))),
    h("tr", {}, span.map((at) => h("th", { scope: "col", class: "upright", title: monitor.months[at] }, monitor.months[at].slice(5)))),
  ];
  const body = shown.map(({ key: [site, carrier], cells }) => h("tr", {}, h("th", { scope: "row" }, siteName(site)), h("td", { class: "carrier" }, carrierName(carrier)), span.map((at) => cell(cells[at], site, carrier, monitor.months[at]))));
  const caption = t("completeness");
  fill("completeness-legend", h("ul", { class: "legend glyphs" }, Object.entries(GLYPH).map(([status, glyph]) => h("li", {}, h("span", { class: `glyph s-${status}`, "aria-hidden": "true" }, glyph), t(`status-${status}`)))));
  fill("completeness-matrix", !pairs.length ? nothing("nothing-here") : [
    h("div", { class: "scroll matrix", tabindex: "0", role: "region", "aria-label": caption }, h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, head), h("tbody", {}, body))),
    pairs.length > MOST_SITES ? h("div", { class: "under" }, h("span", {}, t("rows-shown", { shown: shown.length, all: pairs.length })),
      h("button", { type: "button", class: "quiet", onclick: () => { state.wide = !state.wide; showCompleteness(); } }, t(state.wide ? "only-doubtful" : "all-rows"))) : null]);
  const matrix = document.querySelector("#completeness-matrix .scroll");
  if (matrix) matrix.scrollLeft = matrix.scrollWidth; // the latest months are looked for first
  const gaps = monitor.completeness.filter((row) => inFilters(row) && inPeriod(row) && !["complete", "not-expected"].includes(row.status)).sort(newestFirst);
  const columns = [column.month(), column.site(), column.carrier(), { label: t("status"), text: (row) => t(`status-${row.status}`) }, column.text("days", "days"), column.text("days-in-month", "of")];
  fill("completeness-table", gaps.length ? figuresBehind("completeness-table", tableOf("gaps", t("gaps"), columns, gaps)) : null);
}

function showEstimated() {
  const months = [[t("month"), [placeOf(state.month)]], [t("year-to-date"), monthsToDate().map(placeOf)], [t("period-sum"), spanOf(state.from, state.to)]];
  const own = months.flatMap(([name, places]) => shownMeasures().slice(0, 2).map((measure) => ({ name, what: measureName(measure), percent: estimatedShareOf(shownLines(measure), measure, places) })));
  const columns = [{ label: t("span"), text: (row) => row.name }, { label: t("what"), text: (row) => row.what }, { label: t("estimated"), number: true, text: (row) => asPercent(row.percent, false), plain: (row) => asText(row.percent) }];
  const whole = [{ label: t("year"), text: (row) => row.year }, { label: t("scope"), text: (row) => row.scope }, column.percent("estimated", "percent", false)];
  fill("estimated-table", h("div", {}, tableOf("estimated-shown", t("estimated-shown"), columns, own)),
    monitor.estimated.length ? h("div", {}, tableOf("estimated", t("estimated-whole"), whole, monitor.estimated)) : null);
}

// ---- models, indicators, findings, basis

function showModels() {
  const models = monitor.models.filter(inFilters);
  const columns = [column.site(), column.carrier(), { label: t("kind"), text: (row) => wordOr("model-", row.kind) }, { label: t("training"), text: (row) => (Array.isArray(row.training) ? row.training.join(" – ") : said(row.training)) },
    column.text("months", "months"), column.float("r2", "r2"), column.float("cv-rmse", "cv_rmse")];
  fill("models-table", models.length ? tableOf("models", t("models-caption"), columns, models) : nothing("nothing-here"));
  const rows = monitor.indicators.filter(inFilters);
  const enpi = [{ label: t("indicator"), text: (row) => wordOr("indicator-", row.indicator) }, column.site(), column.carrier(), column.text("period", "period"),
    column.exact("value", "value"), column.exact("baseline", "baseline"), column.percent("change", "change_percent"), column.text("unit", "unit")];
  fill("enpi-table", rows.length ? tableOf("indicators", t("enpi-caption"), enpi, [...rows].sort((a, b) => (a.period < b.period ? 1 : a.period > b.period ? -1 : 0))) : nothing("nothing-here"));
  const measuresOfSize = monitor.denominators.filter(inFilters);
  const size = [{ label: t("denominator"), text: (row) => wordOr("denominator-", row.denominator) }, column.site(), column.text("period", "period"), column.exact("value", "value"), column.text("unit", "unit")];
  fill("denominators-table", measuresOfSize.length ? figuresBehind("denominators-table", tableOf("denominators", t("denominators-caption"), size, measuresOfSize)) : null);
}

const placeText = (where) => (where ? ["file", "sheet", "row", "column", "activity_id"].filter((name) => where[name] !== undefined && where[name] !== null).map((name) => (name === "file" || name === "activity_id" ? where[name] : `${t(`where-${name}`)} ${where[name]}`)).join(", ") : "–");

function showFindings() {
  const rank = { error: 0, warning: 1, info: 2 };
  const rows = [...monitor.findings].sort((a, b) => (rank[a.severity] ?? 3) - (rank[b.severity] ?? 3));
  const columns = [{ label: t("severity"), text: (row) => wordOr("severity-", row.severity), class: (row) => `severity ${row.severity === "error" ? "flag" : ""}` },
    { label: t("finding"), text: (row) => said(row.message) }, { label: t("place"), text: (row) => placeText(row.where) }, { label: t("value-found"), text: (row) => row.where?.value ?? "–" }];
  fill("findings-table", rows.length ? tableOf("findings", t("findings-caption"), columns, rows) : nothing("no-findings"));
}

function showBasis() {
  const words = { scope2_method: "scope2-", consolidation: "consolidation-" };
  fill("basis-list", Object.entries(monitor.basis).filter(([, value]) => value !== null).map(([name, value]) =>
    h("div", {}, h("dt", {}, wordOr("basis-", name)), h("dd", {}, words[name] ? wordOr(words[name], said(value)) : said(value)))));
}

const SECTIONS = [showHeadline, showTiles, showWrong, showTrend, showHeat, showRanking, showTargets, showRooms, showMeters, showTenants, showCompleteness, showEstimated, showModels, showFindings, showBasis];
