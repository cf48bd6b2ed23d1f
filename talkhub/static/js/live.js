// Keeps a page true while it is looked at. The server hints that something changed; htmx then
// fetches the page's main part, and regions.js swaps what differs. Where no hints come (no seat,
// no Redis) the page asks every few seconds. Without scripts a reload does the same.

const PATIENCE = 3; // failures in a row before the page says that it may be old
const BUSY_FACTOR = 4; // a slow server is asked less often
const CALM = 30_000; // with hints, only ages ("há 8 s") grow old

for (const root of document.querySelectorAll('[data-module="live"]')) keepTrue(root);

function keepTrue(root) {
  const pause = root.querySelector('[data-live="pause"]');
  const every = Number(root.dataset.every);
  let source = null;
  let etag = "";
  let failures = 0;
  let timer = 0;
  let began = 0;
  let restsUntil = 0;

  const isPaused = () => pause.getAttribute("aria-pressed") === "true";
  const isHinted = () => source?.readyState === EventSource.OPEN;
  const refresh = () => htmx.trigger(root, "refresh");

  function schedule(delay) {
    clearTimeout(timer);
    if (!isPaused() && !document.hidden) timer = setTimeout(refresh, delay);
  }

  function show() {
    for (const each of root.querySelectorAll("[data-live-state]")) {
      each.hidden = each.dataset.liveState !== (isHinted() ? "hinted" : "asking");
    }
    root.querySelector('[data-live="stale"]').hidden = failures < PATIENCE;
  }

  // Events of what lies inside bubble up to here, too.
  const on = (name, act) => root.addEventListener(name, (event) => event.target === root && act(event));

  on("htmx:beforeRequest", (event) => {
    const left = restsUntil - performance.now();
    if (isPaused() || document.hidden) return event.preventDefault();
    if (left > 0) {
      event.preventDefault();
      return schedule(left);
    }
    began = performance.now();
  });
  on("htmx:configRequest", ({ detail }) => {
    if (etag) detail.headers["If-None-Match"] = etag;
  });
  on("htmx:afterRequest", ({ detail: { xhr } }) => {
    const isWell = xhr.status === 200 || xhr.status === 304;
    if (xhr.status === 200) etag = xhr.getResponseHeader("ETag") ?? "";
    failures = isWell ? 0 : failures + 1;
    const rest = (performance.now() - began) * BUSY_FACTOR;
    restsUntil = performance.now() + rest;
    show();
    schedule(Math.max(isHinted() ? CALM : every, rest, failures * every));
  });
  on("htmx:sseOpen", ({ detail }) => {
    source = detail.source;
    show();
    schedule(CALM);
  });
  on("htmx:sseError", () => {
    show();
    schedule(every);
  });

  pause.hidden = false;
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!isPaused()));
    schedule(0);
  });
  // A page in the background gives up its seat; the extension opens a stream when a node is processed.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else htmx.trigger(root, "htmx:afterProcessNode");
    show();
    schedule(0);
  });
  show();
  schedule(every);
}
