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

// The two notations of creditrisk.application.notation: 1,200.50 and 1.200,50.
const NOTATIONS = [
  /^\+?(\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d*)(?:\.(\d*))?$/,
  /^\+?(\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+|\d*)(?:,(\d*))?$/,
];
const CENTS = { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingMode: "halfEven" };

/** How the server will understand an amount, or the question that it will ask; nothing for what is no amount. */
function understood(typed, question) {
  const bare = typed.trim().replace(/\s+/g, " ").replace(/^(?:R\$|BRL) ?| ?(?:R\$|BRL|reais)$/i, "");
  const readings = NOTATIONS.map((notation) => notation.exec(bare)).filter(Boolean);
  if (!readings.length || !/\d/.test(bare)) return "";
  if (readings.some(([, , fraction]) => fraction?.length === 3)) return question;
  const [, whole, fraction] = readings[0];
  const amount = Number(`${whole.replace(/[,. ]/g, "")}.${fraction ?? ""}0`);
  return `Understood as R$ ${amount.toLocaleString("en-US", CENTS)}`;
}

/** An amount is seen as it is understood while it is typed. */
function showUnderstood(output) {
  const field = document.getElementById(output.htmlFor.value);
  field.addEventListener("input", () => {
    output.textContent = understood(field.value, output.dataset.question);
  });
}

const page = document.querySelector("main");
document.querySelector("[data-focus]")?.focus();
document.querySelectorAll("form[data-once]").forEach(sendOnce);
document.querySelectorAll("output[data-question]").forEach(showUnderstood);
// A reload of the answer is a look at it, not the form sent again.
if (page.dataset.address) history.replaceState(null, "", page.dataset.address);
if (page.dataset.answer) awaitAnswer(page);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
