// What the pages do beyond HTML. Without it everything works: the form posts, the waiting page refreshes itself.

const PAUSE = 2000; // milliseconds between two questions that could not be held open, and after a failed one

/** A form goes out once: a second click while the first is on its way is not a second application. */
function sendOnce(form) {
  const button = form.querySelector("button[type=submit]");
  const words = button.textContent;
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      return;
    }
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
  });
  addEventListener("pageshow", () => { // also when the browser goes back to this page
    button.removeAttribute("aria-disabled");
    button.textContent = words;
  });
}

/** Ask for the answer, each time for as long as the server holds the question open; then show the page with it. */
async function awaitAnswer(page) {
  const { answer, address, wait } = page.dataset;
  const status = page.querySelector("[data-status]");
  for (;;) {
    const asked = Date.now();
    try {
      const reply = await fetch(answer, { headers: { Prefer: `wait=${wait}` }, cache: "no-store" });
      const body = await reply.json();
      if (reply.ok && body.status !== "pending") {
        location.replace(address);
        return;
      }
      status.textContent = reply.ok
        ? "Still waiting for the decision…"
        : "The answer cannot be looked up just now; trying again…";
    } catch {
      status.textContent = "No connection; trying again…";
    }
    if (Date.now() - asked < PAUSE) await new Promise((resume) => setTimeout(resume, PAUSE));
  }
}

// The two notations of creditrisk.portfolio.notation: 1,200.50 and 1.200,50.
const NOTATIONS = [
  /^([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d*)(?:\.(\d*))?$/,
  /^([+-]?)(\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+|\d*)(?:,(\d*))?$/,
];
const CENTS = { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingMode: "halfEven" };

/** An amount without its currency, of which `marks` are symbol, code and name: the first two may stand before it. */
function withoutCurrency(text, marks) {
  const [before, behind] = [marks.slice(0, 2), marks].map((some) =>
    some.map((mark) => mark.replace(/[^A-Za-z0-9]/g, "\\$&")).join("|"));
  const found = new RegExp(`^(?:([+-]?) ?(?:${before}) ?(.*)|(.*?) ?(?:${behind}))$`, "i").exec(text);
  return found ? `${found[1] ?? ""}${found[2] || found[3] || ""}` : text;
}

/** How the server will understand an amount, or the question that it will ask; nothing for what it will not take. */
function understood(typed, { question, marks, limits }) {
  const bare = withoutCurrency(typed.trim().replace(/\s+/g, " "), JSON.parse(marks));
  const readings = NOTATIONS.map((notation) => notation.exec(bare)).filter(Boolean);
  if (!readings.length || !/\d/.test(bare)) return "";
  if (readings.some(([, , , fraction]) => fraction?.length === 3)) return question;
  const [, sign, whole, fraction] = readings[0];
  const amount = Number(`${sign}${whole.replace(/[,. ]/g, "")}.${fraction ?? ""}0`);
  const [least, most] = JSON.parse(limits);
  if (amount < least || amount > most) return "";
  return `Understood as ${JSON.parse(marks)[0]} ${amount.toLocaleString("en-US", CENTS)}`;
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

const page = document.querySelector("main");
document.querySelector("[data-focus]")?.focus();
document.querySelectorAll("form[data-once]").forEach(sendOnce);
document.querySelectorAll("output[data-question]").forEach(showUnderstood);
document.querySelectorAll("form[data-once]").forEach(askOnlyWhen);
// A reload of the answer is a look at it, not the form sent again.
if (page.dataset.address) history.replaceState(null, "", page.dataset.address);
if (page.dataset.answer) awaitAnswer(page);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
