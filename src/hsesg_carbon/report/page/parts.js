// What every section is built from. Texts of the data go in as text nodes only: nothing is ever read as markup.

function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    made.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return made;
}

function drawn(tag, props = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const fill = (id, ...children) => document.getElementById(id).replaceChildren(...children.flat(Infinity).filter((one) => one));
const nothing = (key) => h("p", { class: "nothing" }, t(key));

// ---- files to take away

// A spreadsheet reads a text that begins so as a formula; an apostrophe makes it text again. Numbers stay numbers.
const FORMULA = /^[\s\u0000-\u001f]*[=+\-@＝＋－＠\t\r]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

function csvCell(value) {
  let text = value === null || value === undefined ? "" : String(value);
  if (FORMULA.test(text) && !NUMBER.test(text)) text = `'${text}`;
  return /[",\r\n;\t]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvOf(columns, rows) {
  const lines = [columns.map((column) => column.label), ...rows.map((row) => columns.map((column) => plainCell(column, row)))];
  return `\ufeff${lines.map((cells) => cells.map(csvCell).join(",")).join("\r\n")}\r\n`; // Excel takes it for UTF-8
}

const plainCell = (column, row) => (column.plain ? column.plain(row) : column.text(row));

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const downloadButton = (name, caption, columns, rows) =>
  h("button", { type: "button", class: "quiet download", "data-file": name, "aria-label": `${t("download-csv")}: ${caption}`, onclick: () => download(`${name}.csv`, csvOf(columns, rows)) }, t("download-csv"));

// ---- tables

const MOST_ROWS = 200;

// columns: {label, text(row), plain(row)?, number?, class(row)?}. What does not fit on the page is in the file.
function tableOf(name, caption, columns, rows) {
  const cell = (column, row) =>
    h("td", { class: [column.number ? "number" : "", column.class ? column.class(row) : ""].join(" ").trim() || null }, column.text(row));
  const body = rows.slice(0, MOST_ROWS).map((row) => h("tr", {}, columns.map((column) => cell(column, row))));
  const heads = columns.map((column) => h("th", { scope: "col", class: column.number ? "number" : null }, column.label));
  const table = h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, body));
  const more = rows.length > MOST_ROWS ? h("span", { class: "more" }, t("more-rows", { shown: MOST_ROWS, all: rows.length })) : null;
  return [
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table),
    h("div", { class: "under" }, more, downloadButton(name, caption, columns, rows)),
  ];
}

const figuresBehind = (id, ...content) => {
  const open = document.getElementById(id)?.querySelector("details.figures")?.open;
  return h("details", { class: "figures", open }, h("summary", {}, t("figures-behind")), content);
};

const column = {
  site: () => ({ label: t("site"), text: (row) => siteName(row.site) }),
  carrier: () => ({ label: t("carrier"), text: (row) => carrierName(row.carrier) }),
  month: () => ({ label: t("month"), text: (row) => row.month, class: () => "tight" }),
  text: (label, name) => ({ label: t(label), text: (row) => said(row[name]) || "–", plain: (row) => said(row[name]) }),
  exact: (label, name) => ({ label: t(label), number: true, text: (row) => asShown(exact(row[name])), plain: (row) => row[name] }),
  percent: (label, name, signed = true) => ({ label: t(label), number: true, text: (row) => asPercent(exact(row[name]), signed), plain: (row) => row[name] }),
  float: (label, name) => ({ label: t(label), number: true, text: (row) => asStatistic(row[name]), plain: (row) => row[name] }),
};

// ---- small pictures

// The last months as a line; a month without a figure is a gap.
function sparkline(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const [width, height] = [132, 34];
  const x = (place) => 3 + (place * (width - 6)) / Math.max(1, values.length - 1);
  const y = (value) => (high === low ? height / 2 : height - 4 - ((value - low) * (height - 8)) / (high - low));
  let path = "";
  values.forEach((value, place) => {
    if (value !== null) path += `${place && values[place - 1] !== null ? "L" : "M"}${x(place).toFixed(1)},${y(value).toFixed(1)}`;
  });
  const svg = drawn("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, drawn("path", { d: path }));
  const last = values[values.length - 1];
  if (last !== null && last !== undefined) svg.append(drawn("circle", { cx: x(values.length - 1), cy: y(last), r: 3 }));
  return svg;
}

// Where a figure lies beside the band that was expected.
function bandBar(row) {
  const [low, high] = [Math.min(row.low, row.actual), Math.max(row.high, row.actual)];
  const room = (high - low) * 0.08 || 1;
  const at = (value) => 200 * ((value - low + room) / (high - low + 2 * room));
  return drawn("svg", { class: "band", viewBox: "0 0 200 16", preserveAspectRatio: "none", "aria-hidden": "true" },
    drawn("rect", { x: 0, y: 7, width: 200, height: 2, class: "rail" }),
    drawn("rect", { x: at(row.low), y: 4, width: Math.max(1, at(row.high) - at(row.low)), height: 8, class: "span" }),
    drawn("rect", { x: at(row.actual) - 2, y: 0, width: 4, height: 16, class: "here" }));
}

function meterBar(percent, label, over) {
  const value = Math.max(0, Math.min(100, percent ?? 0));
  return h("div", { class: over ? "bar over" : "bar", role: "img", "aria-label": label }, h("span", { style: `width:${value}%` }));
}

// ---- charts

const charts = new Map(); // place -> {view, lang, spec}: drawn once, then given other rows

async function chart(id, spec, rows, label) {
  const place = document.getElementById(id);
  place.setAttribute("aria-label", label);
  place.hidden = rows.length === 0;
  if (!rows.length) return;
  const before = charts.get(id);
  if (before && before.lang === state.lang && before.spec === spec) {
    before.view.data("rows", rows);
    await before.view.resize().runAsync();
    return;
  }
  before?.view.finalize();
  const asked = specs[state.lang][spec];
  const filled = { ...asked, data: asked.data.map((one) => (one.name === "rows" ? { ...one, values: rows } : one)) };
  const canvas = h("div", { class: "canvas" }); // Vega gives its own role to the element that it draws in
  place.replaceChildren(canvas);
  // logLevel: errors alone; that a field has no figure yet, such as a target year to come, is no fault.
  // ast: expressions are walked, never compiled, so that the page needs no permission to make code.
  const { view } = await window.vegaEmbed(canvas, filled, { mode: "vega", ast: true, actions: false, renderer: "svg", logLevel: 1 });
  canvas.querySelector("form")?.remove(); // for inputs that no chart has
  charts.set(id, { view, lang: state.lang, spec });
}

const PALETTE = ["#0b5394", "#e08214", "#3c8d76", "#8e63a8", "#b5400a", "#5b6673", "#c9a400", "#2b9fc4", "#a0526d", "#6b7d2a"];
const colourOf = (list, id) => PALETTE[Math.max(0, list.findIndex((one) => one.id === id)) % PALETTE.length];
const legend = (entries) =>
  h("ul", { class: "legend" }, entries.map(([colour, text, kind]) => h("li", {}, h("span", { class: `key ${kind ?? ""}`, style: `--key:${colour}`, "aria-hidden": "true" }), text)));
