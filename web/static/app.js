// What the pages do beyond HTML. Without it everything works: the form posts, the waiting page refreshes itself.

const PAUSE = 2000; // milliseconds between two questions that could not be held open, and after a failed one

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
      status.textContent = reply.ok ? status.dataset.longer : status.dataset.unsure;
    } catch {
      status.textContent = status.dataset.offline;
    }
    if (Date.now() - asked < PAUSE) await new Promise((resume) => setTimeout(resume, PAUSE));
  }
}

const page = document.querySelector("main");
// A reload of the answer is a look at it, not the form sent again.
if (page.dataset.address) history.replaceState(null, "", page.dataset.address);
if (page.dataset.answer) awaitAnswer(page);
document.querySelector("[data-focus]")?.focus(); // what is wrong is put in front of the person
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Where nothing can be reached, a page of ours says so (worker.js). A browser without such workers shows its own.
navigator.serviceWorker?.register(
  new URL(`worker.js?language=${document.documentElement.lang}`, document.querySelector(".brand").href),
).catch(() => {});
