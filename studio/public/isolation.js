/**
 * Threads share memory only on an isolated page, that is one sent with two headers. Where the host does not send them
 * this file, as the page's service worker, adds them to every answer; the page is loaded once more for it. Where that
 * fails too the page runs on one thread and says so.
 */
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

if (typeof document === "undefined") {
  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (new URL(request.url).origin !== self.location.origin) return;
    event.respondWith(
      fetch(request).then((answer) => {
        if (answer.status === 0) return answer;
        const headers = new Headers(answer.headers);
        for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
        const { status, statusText } = answer;
        return new Response(answer.body, { status, statusText, headers });
      }),
    );
  });
} else if (!window.crossOriginIsolated && window.isSecureContext && "serviceWorker" in navigator) {
  const TRIED = "tomograd-isolation-tried";
  const scope = document.currentScript.src;
  navigator.serviceWorker
    .register(scope)
    .then(() => navigator.serviceWorker.ready)
    .then(() => {
      if (sessionStorage.getItem(TRIED)) return;
      sessionStorage.setItem(TRIED, "yes");
      location.reload();
    })
    .catch(() => undefined);
}
