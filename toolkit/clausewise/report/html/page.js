"use strict";

// All content is in the page; this script shows and hides it. Text is inserted as text, and the markup of findings that
// are opened later was escaped when the page was rendered.

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Text, with parts in backticks as code.
function prose(text) {
  return shown(text).split(/`([^`]+)`/).map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// ---- theme: that of the system, or the one chosen here

const theme = one("#theme");

function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.textContent = `Theme: ${name}`;
}

function stored(value) {
  try {
    if (value === undefined) return localStorage.getItem("clausewise-theme");
    localStorage.setItem("clausewise-theme", value);
  } catch { /* a page from disk may have no storage */ }
  return null;
}

theme.hidden = false;
setTheme(["light", "dark"].includes(stored()) ? stored() : "auto");
theme.addEventListener("click", () => {
  const names = ["auto", "light", "dark"];
  const name = names[(names.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % names.length];
  setTheme(name);
  stored(name);
});

// ---- parts of a long page: they wait in the script element after their place until they are needed

const soon = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) build(target);
}, { rootMargin: "2000px" });

const waiting = (kind) => all(`${kind}[data-height]`);

function build(place) {
  if (place.dataset.height === undefined) return;
  const parked = place.nextElementSibling;
  soon.unobserve(place);
  place.innerHTML = parked.textContent;
  place.style.height = "";
  delete place.dataset.height;
  parked.remove();
}

for (const place of all("[data-height]")) {
  place.style.height = `${place.dataset.height}px`;
  soon.observe(place);
}

// The element with that id, built if it is not built yet.
function named(id) {
  const line = /^L(\d+)-(\d+)$/.exec(id);
  if (line !== null) {
    const blocks = waiting(`.file[data-file="${line[1]}"] .block`);
    const block = blocks.findLast((candidate) => Number(candidate.dataset.from) <= Number(line[2]));
    if (block !== undefined) build(block);
  } else if (id.startsWith("finding-") && document.getElementById(id) === null) {
    const chunk = waiting(".chunk").find((candidate) => candidate.nextElementSibling.textContent.includes(`id="${id}"`));
    if (chunk !== undefined) build(chunk);
  }
  return document.getElementById(id);
}

// ---- findings: their details are built when they are opened

function fill(finding) {
  const parked = document.getElementById(finding.id.replace("finding-", "detail-"));
  if (parked === null) return;
  one(":scope > .detail", finding).innerHTML = parked.textContent;
  parked.remove();
}

// In a long message the marked part may be out of view.
function showMarks(finding) {
  for (const box of all("pre", finding)) {
    const mark = one("mark", box);
    if (mark !== null && box.scrollHeight > box.clientHeight) {
      box.scrollTop = mark.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
    }
  }
}

function open(finding) {
  fill(finding);
  finding.open = true;
}

document.addEventListener("toggle", (event) => {
  if (!event.target.matches(".finding") || !event.target.open) return;
  fill(event.target);
  showMarks(event.target);
}, true);

// ---- search and filters

const tools = one("#tools");
const total = Number(tools?.dataset.total ?? 0);
const texts = new Map();

function findings() {
  waiting(".chunk").forEach(build);
  return all(".finding");
}

function textOf(finding) {
  if (!texts.has(finding)) {
    const rule = one("h3", finding.closest(".group")).textContent;
    texts.set(finding, `${one("summary", finding).textContent} ${finding.id} ${rule}`.toLowerCase());
  }
  return texts.get(finding);
}

function chosen(name) {
  const boxes = all(`input[name=${name}]`, tools);
  return boxes.length === 0 ? null : new Set(boxes.filter((box) => box.checked).map((box) => box.value));
}

function filter() {
  const words = one("#query").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [severities, states] = [chosen("severity"), chosen("state")];
  const rule = one("select[name=rule]", tools)?.value ?? "";
  let count = 0;
  for (const finding of findings()) {
    const { severity, state, rule: its } = finding.dataset;
    const shown = (severities === null || severities.has(severity)) && (states === null || states.has(state))
      && (rule === "" || rule === its) && words.every((word) => textOf(finding).includes(word));
    finding.hidden = !shown;
    count += shown;
  }
  for (const group of all(".group")) group.hidden = one(".finding:not([hidden])", group) === null;
  one("#count").textContent = count === total ? `${count} shown` : `${count} of ${total} shown`;
  one("#none").hidden = count > 0;
}

function showAll() {
  tools.reset();
  filter();
}

if (tools !== null) {
  let timer;
  tools.hidden = false;
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.addEventListener("input", () => {
    clearTimeout(timer);
    if (total > 500) timer = setTimeout(filter, 150);
    else filter();
  });
  one("#count").textContent = `${total} shown`;
  one("#expand").addEventListener("click", (event) => {
    const shown = findings().filter((finding) => !finding.hidden).slice(0, 200);
    const close = shown.every((finding) => finding.open);
    for (const finding of shown) close ? (finding.open = false) : open(finding);
    event.target.textContent = close ? "Open all" : "Close all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      one("#query").focus();
    }
  });
}

// ---- lines of the contract: the evidence of each

const VERDICTS = ["violated", "untested", "upheld", "unbreakable"];
const SIGNS = ["✗", "○", "✓", "□"];
const SHOWN = 60;
let evidence = null;

function rows(id) {
  evidence ??= JSON.parse(one("#evidence").textContent);
  const text = (index) => evidence.strings[index];
  const list = element("ul");
  for (const [finding, message] of evidence.findings[id] ?? []) {
    list.append(element("li", { class: "to" }, "→ ", element("a", { href: `#finding-${text(finding)}` }, ...prose(text(message)))));
  }
  const clauses = evidence.lines[id] ?? [];
  for (const [verdict, operation, where, sentence, reason, tried] of clauses.slice(0, SHOWN)) {
    const item = element(
      "li", { class: VERDICTS[verdict] },
      element("span", { class: `sign ${VERDICTS[verdict]}` }, SIGNS[verdict]), " ",
      element("b", {}, VERDICTS[verdict]), " ", ...prose(text(sentence)), " ",
      element("code", { class: "where" }, `${shown(text(operation))} ${shown(text(where))}`),
    );
    const facts = [tried ? `${tried} exchange${tried === 1 ? "" : "s"}` : "", shown(text(reason))].filter(Boolean).join("; ");
    if (facts !== "") item.append(" ", element("small", {}, facts));
    list.append(item);
  }
  if (clauses.length > SHOWN) list.append(element("li", {}, `and ${clauses.length - SHOWN} more`));
  return list;
}

// Like `report.text.visible` for the rest of the page.
function shown(text) {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.codePointAt(0);
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

function reveal(line, toggle) {
  const there = line.nextElementSibling?.matches(".evidence") ? line.nextElementSibling : null;
  if (there !== null) {
    if (toggle) {
      there.remove();
      one("a.n", line).setAttribute("aria-expanded", "false");
    }
    return;
  }
  if (one("a.n", line) === null) return;
  line.after(element("div", { class: "evidence" }, rows(line.id)));
  one("a.n", line).setAttribute("aria-expanded", "true");
}

document.addEventListener("click", (event) => {
  const line = event.target.closest(".source .l");
  if (line !== null && one("a.n", line) !== null && String(getSelection()) === "") {
    event.preventDefault();
    if (!line.nextElementSibling?.matches(".evidence")) history.replaceState(null, "", `#${line.id}`);
    reveal(line, true);
    return;
  }
  const next = event.target.closest("button.next");
  if (next !== null) step(next);
});

function step(button) {
  const wanted = button.dataset.next === "violated" ? ".l.violated" : ".l.untested, .l.partly";
  const file = button.closest(".file");
  all(".block", file).forEach(build);
  const lines = all(wanted, file);
  const from = Number(button.dataset.at ?? -1);
  const at = (from + 1) % lines.length;
  button.dataset.at = at;
  location.hash = lines[at].id;
}

// ---- links to a finding or to a line

let acted = 0;
for (const kind of ["pointerdown", "keydown", "wheel"]) {
  addEventListener(kind, () => acted++, { capture: true, passive: true });
}

function follow() {
  const target = location.hash.length > 1 ? named(location.hash.slice(1)) : null;
  all(".meant-now").forEach((marked) => marked.classList.remove("meant-now"));
  if (target === null) return;
  if (target.matches(".finding")) {
    if (target.hidden) showAll();
    open(target);
  } else if (target.matches(".l")) {
    reveal(target, false);
  } else if (target.matches(".reason")) {
    target.open = true;
  } else {
    return;
  }
  target.classList.add("meant-now");
  // Elements out of view have no height until they are drawn, and a browser scrolls to the fragment itself after loading:
  // scroll again when both are done, unless the reader has already gone on: a click must meet what it was aimed at.
  const begun = acted;
  const there = () => {
    if (acted !== begun) return;
    target.scrollIntoView({ block: target.matches(".l") ? "center" : "start" });
    one("summary, a.n", target)?.focus({ preventScroll: true });
  };
  there();
  requestAnimationFrame(() => requestAnimationFrame(there));
}

addEventListener("hashchange", follow);
addEventListener("load", follow);

// ---- copying

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { class: "sr" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (button === null) return;
  const done = await copy(button.dataset.copy);
  button.textContent = done ? "Copied" : "Select and copy it";
  one("#message").textContent = done ? "Copied" : "Copying failed";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

// ---- printing: findings that are shown are printed with their details

const PRINTED = 200;
let opened = [];

addEventListener("beforeprint", () => {
  opened = findings().filter((finding) => !finding.hidden && !finding.open).slice(0, PRINTED);
  opened.forEach(open);
});
addEventListener("afterprint", () => {
  for (const finding of opened) finding.open = false;
});
