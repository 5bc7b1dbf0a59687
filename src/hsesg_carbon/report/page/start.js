// Controls, and what happens when they move.

const $ = (id) => document.getElementById(id);

// Words that stand in the page itself.
function showWords() {
  document.documentElement.lang = state.lang === "zh" ? "zh-Hans" : "en";
  for (const place of document.querySelectorAll("[data-t]")) place.textContent = t(place.dataset.t);
  for (const place of document.querySelectorAll("[data-t-label]")) place.setAttribute("aria-label", t(place.dataset.tLabel));
  const name = said(monitor.organisation.name) || monitor.organisation.id;
  $("organisation").textContent = name;
  document.title = `${name} · ${t("title")} · ${state.month}`;
  for (const button of document.querySelectorAll("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === state.lang));
}

function showControls() {
  for (const id of ["month", "from", "to"]) {
    const months = id === "month" ? [...monitor.months].reverse() : monitor.months;
    $(id).replaceChildren(...months.map((month) => h("option", { value: month, selected: month === state[id] }, month)));
  }
  const at = placeOf(state.month);
  $("earlier").disabled = at <= 0;
  $("later").disabled = at >= monitor.months.length - 1;
  $("measure").replaceChildren(...shownMeasures().map((one) => h("option", { value: one.id, selected: one.id === currentMeasure().id }, `${measureName(one)} (${one.unit})`)));
  for (const box of document.querySelectorAll("#site-list input, #carrier-list input")) box.checked = state[box.name].has(box.value);
  $("site-count").textContent = isAll("sites") ? t("all-sites") : state.sites.size === 1 ? siteName([...state.sites][0]) : t("sites-of", { some: state.sites.size, all: monitor.sites.length });
}

function box(name, one) {
  const toggle = (event) => { state[name][event.target.checked ? "add" : "delete"](one.id); redraw(); };
  return h("label", { class: "choice" }, h("input", { type: "checkbox", name, value: one.id, onchange: toggle }), h("span", {}, nameOf(one)));
}

function buildChoices() {
  fill("site-list", monitor.sites.map((site) => box("sites", site)));
  fill("carrier-list", monitor.carriers.map((carrier) => box("carriers", carrier)));
  searchSites();
}

// Only what is looked for: three hundred sites do not fit on a list.
function searchSites() {
  const wanted = $("site-search").value.trim().toLowerCase();
  monitor.sites.forEach((site, place) => {
    const names = [site.id, ...Object.values(site.name ?? {})].join("\n").toLowerCase();
    $("site-list").children[place].hidden = !names.includes(wanted);
  });
}

function chooseSites(all) {
  for (const label of $("site-list").children) if (!label.hidden) state.sites[all ? "add" : "delete"](label.querySelector("input").value);
  redraw();
}

function redraw() {
  writeHash();
  showWords();
  showControls();
  for (const show of SECTIONS) show();
  for (const link of document.querySelectorAll(".jumps a")) link.parentElement.hidden = document.querySelector(link.getAttribute("href")).hidden;
}

function changeLanguage(lang) {
  state.lang = lang;
  buildChoices();
  redraw();
}

function choose(id, value) {
  state[id] = value;
  if (monitor.at.get(state.from) > monitor.at.get(state.to)) state[id === "from" ? "to" : "from"] = value;
  redraw();
}

// The address holds the filters, so a jump within the page moves the view and the focus by itself.
function jump(event) {
  const target = document.querySelector(event.currentTarget.getAttribute("href"));
  event.preventDefault();
  target.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
}

function start() {
  readHash();
  for (const id of ["month", "from", "to", "measure", "indicator"]) $(id).addEventListener("change", (event) => choose(id, event.target.value));
  $("earlier").addEventListener("click", () => choose("month", monitor.months[placeOf(state.month) - 1]));
  $("later").addEventListener("click", () => choose("month", monitor.months[placeOf(state.month) + 1]));
  $("site-search").addEventListener("input", searchSites);
  $("sites-all").addEventListener("click", () => chooseSites(true));
  $("sites-none").addEventListener("click", () => chooseSites(false));
  $("reset").addEventListener("click", () => { const { lang } = state; Object.assign(state, freshState(), { lang }); $("site-search").value = ""; buildChoices(); redraw(); });
  $("print").addEventListener("click", () => window.print());
  for (const button of document.querySelectorAll("[data-lang]")) button.addEventListener("click", () => changeLanguage(button.dataset.lang));
  for (const link of document.querySelectorAll("a[data-jump]")) link.addEventListener("click", jump);
  const picker = $("site-picker");
  picker.addEventListener("keydown", (event) => { if (event.key === "Escape") { picker.open = false; picker.querySelector("summary").focus(); } });
  document.addEventListener("click", (event) => { if (picker.open && !picker.contains(event.target)) picker.open = false; });
  window.addEventListener("hashchange", () => { Object.assign(state, freshState(), { lang: state.lang }); readHash(); buildChoices(); redraw(); });
  buildChoices();
  redraw();
  document.documentElement.dataset.ready = "yes";
}

function broken(problem) {
  $("broken").hidden = false;
  $("broken").append(`${problem?.message ?? problem}`);
}

window.addEventListener("error", (event) => broken(event.error ?? event.message));
window.addEventListener("unhandledrejection", (event) => broken(event.reason));
start();
