// A page of ours where a browser would show its own: what is opened or sent while nothing can be reached gives this one.
// It keeps that page, in the language of `?language=`, and what the page looks like; nothing of anybody.

const KEPT = "lost-connection";
const PAGE = "offline";

async function keep() {
  const page = await fetch(`${PAGE}${location.search}`);
  if (!page.ok) throw new Error("not the page");
  const looks = [...(await page.clone().text()).matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, address]) => address);
  const kept = await caches.open(KEPT);
  for (const old of await kept.keys()) await kept.delete(old);
  await kept.addAll(looks);
  await kept.put(PAGE, page);
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keep());
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const wanted = request.mode === "navigate" ? PAGE : ["style", "image"].includes(request.destination) ? request : null;
  if (wanted) event.respondWith(fetch(request).catch(async () => (await caches.match(wanted)) ?? Response.error()));
});
