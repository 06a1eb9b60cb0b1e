// What the form's pages do beyond HTML: steps without a jump, a draft on the device, amounts as understood, a clerk's keys.
// Without it everything works: each page posts itself, with what was typed on the others.

// The two notations of creditrisk.portfolio.notation: 1,200.50 and 1.200,50.
const NOTATIONS = [
  /^([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d*)(?:\.(\d*))?$/,
  /^([+-]?)(\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+|\d*)(?:,(\d*))?$/,
];
const CENTS = { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingMode: "halfEven", useGrouping: "always" };

const ZEROS = [0x0660, 0x06f0, 0x0966, 0xff10]; // Arabic, Persian, Hindi, full-width

/** A text with such figures and their marks in Latin ones. */
function latinFigures(text) {
  return text.replace(/\p{Nd}/gu, (figure) => {
    const zero = ZEROS.find((each) => figure.codePointAt() >= each && figure.codePointAt() < each + 10);
    return zero ? figure.codePointAt() - zero : figure;
  }).replace(/[，٬]/g, ",").replace(/[．٫]/g, ".");
}

/** An amount without its currency, of which `marks` are symbol, code and name: the first two may stand before it. */
function withoutCurrency(text, marks) {
  const [before, behind] = [marks.slice(0, 2), marks].map((some) =>
    some.map((mark) => mark.replace(/[^A-Za-z0-9]/g, "\\$&")).join("|"));
  const found = new RegExp(`^(?:([+-]?) ?(?:${before}) ?(.*)|(.*?) ?(?:${behind}))$`, "i").exec(text);
  return found ? `${found[1] ?? ""}${found[2] || found[3] || ""}` : text;
}

/** How the server will understand an amount, or the question that it will ask; nothing for what it will not take. */
function understood(typed, { question, marks, limits, as }) {
  const bare = withoutCurrency(latinFigures(typed).trim().replace(/\s+/g, " "), JSON.parse(marks));
  const readings = NOTATIONS.map((notation) => notation.exec(bare)).filter(Boolean);
  if (!readings.length || !/\d/.test(bare)) return "";
  if (readings.some(([, , , fraction]) => fraction?.length === 3)) return question;
  const [, sign, whole, fraction] = readings[0];
  const amount = Number(`${sign}${whole.replace(/[,. ]/g, "")}.${fraction ?? ""}0`);
  const [least, most] = JSON.parse(limits);
  if (amount < least || amount > most) return "";
  return as.replace("{}", amount.toLocaleString(document.documentElement.lang, CENTS));
}

/** An amount is seen as it is understood while it is typed. */
function showUnderstood(output) {
  const field = document.getElementById(output.htmlFor.value);
  field.addEventListener("input", () => {
    output.textContent = understood(field.value, output.dataset);
  });
}

/** What is asked only when another field has some answer stands there only then, and is sent only then. */
function askOnlyWhen(form) {
  const asked = [...form.querySelectorAll("[data-when]")];
  const answer = (name) => {
    const controls = [...form.elements].filter((each) => each.name === name);
    const chosen = controls.filter((each) => !each.disabled && (each.type !== "radio" || each.checked));
    return controls.length ? chosen[0]?.value ?? "" : null; // null: it is not asked here
  };
  const look = () => {
    for (const field of asked) {
      const given = answer(field.dataset.when);
      const wanted = given === null || JSON.parse(field.dataset.is).includes(given);
      field.hidden = !wanted && !field.classList.contains("field-wrong");
      for (const control of field.querySelectorAll("input, select")) control.disabled = field.hidden;
    }
  };
  form.addEventListener("input", look);
  addEventListener("pageshow", look); // the browser may have filled in what was there before
  look();
}

/** "None of these" and any of these are not both ticked. */
function tickEither(group) {
  const boxes = [...group.querySelectorAll("input")];
  group.addEventListener("change", ({ target }) => {
    if (!target.checked) return;
    const alone = "none" in target.dataset;
    for (const box of boxes) if (box !== target && (alone || "none" in box.dataset)) box.checked = false;
  });
}

// The draft: what was typed of one application, on this device alone. An applicant's stays until it is sent, forgotten or old;
// a clerk's, whose next applicant is another person, ends with the tab.

const DRAFT = "application";
const OLD = 30 * 24 * 3600 * 1000; // milliseconds

/** A way to keep things that is there even where the browser allows none. */
function kept(storage) {
  try {
    const there = storage();
    there.setItem("trial", "");
    there.removeItem("trial");
    return there;
  } catch {
    return null;
  }
}

const device = kept(() => localStorage);
const tab = kept(() => sessionStorage);
const typedIn = (form) => [...new FormData(form)].filter(([, text]) => text !== "");
const isDesk = (form) => "desk" in form.dataset;

function keep(form) {
  const draft = JSON.stringify({ at: here(), typed: typedIn(form), saved: Date.now() });
  if (isDesk(form)) tab?.setItem(`${DRAFT}-desk`, draft);
  else {
    device?.setItem(DRAFT, draft);
    tab?.setItem(DRAFT, "going on");
  }
}

function draft(storage, name) {
  try {
    const found = JSON.parse(storage?.getItem(name));
    return found?.typed && Date.now() - found.saved < OLD ? found : null;
  } catch {
    return null;
  }
}

function forget(form) {
  if (isDesk(form)) tab?.removeItem(`${DRAFT}-desk`);
  else for (const storage of [device, tab]) storage?.removeItem(DRAFT);
}

/** Put back what was typed; of choices, what was chosen. */
function refill(form, typed) {
  const values = new Map(typed);
  for (const control of form.elements) {
    if (!control.name) continue;
    if (control.type === "radio" || control.type === "checkbox") {
      control.checked = values.has(control.name) && values.get(control.name) === control.value;
    } else if (values.has(control.name)) control.value = values.get(control.name);
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

// Steps: a page is asked for as a form would, and takes the place of the one that stands there.

const here = () => document.querySelector("main").dataset.here;
let asked = 0;

/** Ask for a page with what was typed, and show it; what went wrong on the way is said, and nothing is lost. */
async function go(address, typed, { push = true } = {}) {
  const turn = ++asked;
  try {
    const reply = await fetch(address, { method: "POST", body: new URLSearchParams(typed) });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const main = page.querySelector("main");
    if (!main || (!reply.ok && !main.querySelector("form"))) throw new Error("no page of ours");
    if (turn !== asked) return;
    if (main.dataset.address) {
      forget(document.querySelector("form"));
      location.assign(main.dataset.address);
      return;
    }
    const place = main.dataset.here;
    if (place) history[push && place !== history.state?.at ? "pushState" : "replaceState"]({ at: place }, "", place);
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    document.body.replaceWith(document.adoptNode(page.body));
    begin();
    const form = document.querySelector("form[data-step]");
    if (form) keep(form);
    lookAt(new URL(address, location).hash.slice(1));
  } catch {
    if (turn !== asked) return;
    const told = document.querySelector("[data-unreachable]");
    told.hidden = false;
    told.focus();
    free();
  }
}

/** Put in front of the person what a page is about: what is wrong, the answer to change, or its first question. */
function lookAt(id) {
  const alert = document.querySelector("[data-focus]");
  const wanted = alert ? null : document.getElementById(id);
  const first = document.querySelector(".questions :is(input, select)") ?? document.querySelector("[data-heading]");
  scrollTo(0, 0);
  wanted?.closest(".field").scrollIntoView({ block: "center" });
  (alert ?? wanted ?? first)?.focus({ preventScroll: true });
}

const buttons = () => document.querySelectorAll("form button[type=submit]");

function free() {
  for (const button of buttons()) {
    button.removeAttribute("aria-disabled");
    if (button.dataset.words) button.textContent = button.dataset.words;
  }
}

/** A page is sent once: a second click while the first is on its way is not a second page, or application. */
function sendByScript(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter; // Enter in a field presses the one before the switch of languages: it stands for the first
    const button = form.contains(pressed) || pressed?.hasAttribute("formaction") ? pressed : form.querySelector("button.primary[type=submit]");
    if (button.getAttribute("aria-disabled")) return;
    keep(form);
    for (const each of buttons()) each.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) {
      button.dataset.words = button.textContent;
      button.textContent = button.dataset.busy;
    }
    document.querySelector("[data-unreachable]").hidden = true;
    go(button.hasAttribute("formaction") ? button.formAction : form.action, new FormData(form));
  });
  for (const typed of ["input", "change"]) form.addEventListener(typed, () => keep(form));
}

/** What is kept here is said, and can be forgotten. */
function letForget(form) {
  for (const note of document.querySelectorAll("[data-draft]")) note.hidden = !device;
  for (const button of document.querySelectorAll("[data-forget]")) {
    button.addEventListener("click", () => {
      forget(form);
      location.assign(document.querySelector(".brand").href);
    });
  }
}

/** Offer what was typed here before; in the tab where it was typed, go on at once. Returns whether there is anything. */
function offerDraft() {
  const found = draft(device, DRAFT);
  const offer = document.querySelector("[data-offer]");
  if (!found || !offer) return false;
  const at = history.state?.at ?? (location.pathname.endsWith(here()) ? here() : found.at); // as the page was opened
  const resume = () => {
    offer.hidden = true;
    offer.parentElement.classList.remove("offering");
    go(at, found.typed, { push: false });
  };
  offer.querySelector("[data-resume]").addEventListener("click", resume);
  if (tab?.getItem(DRAFT)) {
    resume();
    return true;
  }
  offer.hidden = false;
  offer.parentElement.classList.add("offering");
  return true;
}

// A clerk's keys: the first letters of an answer choose it and lead on, as does Enter; Ctrl+Enter sends.

const folded = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").trim().toLowerCase();
let letters = "";

/** The controls that a key leads through: of a row of buttons, the chosen one or the first. */
function stops(form) {
  return [...form.elements].filter((each) => {
    if (each.disabled || !form.contains(each) || each.type === "hidden" || !["INPUT", "SELECT", "BUTTON"].includes(each.tagName) || !each.checkVisibility()) return false;
    if (each.type !== "radio") return true;
    const row = [...form.elements[each.name]];
    return each === (row.find((one) => one.checked) ?? row[0]);
  });
}

function leadOn(form, from) {
  const all = stops(form);
  const at = from.type === "radio" ? all.findIndex((each) => each.name === from.name) : all.indexOf(from);
  all[at + 1]?.focus();
}

/** What can be chosen in a control: what it is called, and how to choose it. */
function choices(form, control) {
  if (control.tagName === "SELECT") {
    return [...control.options].filter((each) => each.value).map((each) => ({
      names: [each.label, each.value], choose: () => { control.value = each.value; } }));
  }
  return [...form.elements[control.name]].filter((each) => each.value).map((each) => ({
    names: [each.parentElement.textContent, each.value], choose: () => { each.checked = true; each.focus(); } }));
}

/** Choose by the letters typed so far; returns whether they leave one answer alone. */
function choose(form, control, key) {
  const fitting = (text) => choices(form, control).filter(({ names }) => names.some((name) => folded(name).startsWith(text)));
  letters += folded(key);
  if (!fitting(letters).length) letters = folded(key);
  const found = fitting(letters);
  const exact = found.find(({ names }) => names.some((name) => folded(name) === letters));
  (exact ?? found[0])?.choose();
  if (found.length) control.dispatchEvent(new Event("input", { bubbles: true }));
  return found.length === 1;
}

/** A place of which the first letters leave one suggestion alone is that one. */
function complete(control) {
  const start = folded(control.value);
  const found = [...control.list.options].filter(({ value }) => folded(value).startsWith(start));
  if (start.length > 1 && found.length === 1) control.value = found[0].value;
}

function byKeyboard(form) {
  document.querySelector("[data-keys]").hidden = false;
  form.addEventListener("focusin", () => { letters = ""; });
  form.addEventListener("keydown", (event) => {
    const control = event.target;
    const isChoice = control.tagName === "SELECT" || control.type === "radio";
    if (event.altKey || event.metaKey || control.type === "submit") return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (event.ctrlKey) form.requestSubmit();
      else {
        if (control.list) complete(control);
        leadOn(form, control);
      }
    } else if (isChoice && !event.ctrlKey && event.key.length === 1 && event.key !== " ") {
      event.preventDefault();
      if (choose(form, control, event.key)) leadOn(form, control);
    }
  });
}

/** What a page needs that stands there now. */
function begin() {
  document.querySelectorAll("output[data-question]").forEach(showUnderstood);
  document.querySelectorAll("[data-ticks]").forEach(tickEither);
  for (const form of document.querySelectorAll("form[data-step], form[data-desk]")) {
    askOnlyWhen(form);
    sendByScript(form);
    if (isDesk(form)) byKeyboard(form);
    else letForget(form);
  }
}

begin();
const desk = document.querySelector("form[data-desk]");
const left = desk && !("filled" in desk.dataset) && draft(tab, `${DRAFT}-desk`);
if (left && !document.querySelector("[data-focus]")) refill(desk, left.typed);
(document.querySelector("[data-focus]") ?? (desk && stops(desk)[0]))?.focus();
if (here()) {
  const waits = offerDraft();
  history.replaceState({ at: history.state?.at ?? here() }, "");
  if (!waits && !document.querySelector("[data-focus]")) lookAt("");
}
addEventListener("popstate", ({ state }) => {
  const form = document.querySelector("form[data-step]");
  if (form && state?.at) go(state.at, typedIn(form), { push: false });
});
addEventListener("pageshow", free); // also when the browser goes back to this page
