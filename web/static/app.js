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

const page = document.querySelector("main");
document.querySelector("[data-focus]")?.focus();
document.querySelectorAll("form[data-once]").forEach(sendOnce);
// A reload of the answer is a look at it, not the form sent again.
if (page.dataset.address) history.replaceState(null, "", page.dataset.address);
if (page.dataset.answer) awaitAnswer(page);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
