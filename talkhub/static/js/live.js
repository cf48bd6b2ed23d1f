// Keeps a page true while it is looked at: fetches its main part again and swaps the regions
// that differ. Without scripts a reload does the same.

const PATIENCE = 3; // failures in a row before the page says that it may be old
const BUSY_FACTOR = 4; // a slow server is asked less often

for (const root of document.querySelectorAll('[data-module="live"]')) keepTrue(root);

function keepTrue(root) {
  const every = Number(root.dataset.every);
  const pause = root.querySelector('[data-live="pause"]');
  const stale = root.querySelector('[data-live="stale"]');
  let etag = "";
  let failures = 0;
  let timer = 0;

  const isPaused = () => pause.getAttribute("aria-pressed") === "true";

  function schedule(delay) {
    clearTimeout(timer);
    if (!isPaused() && !document.hidden) timer = setTimeout(refresh, delay);
  }

  async function refresh() {
    const started = performance.now();
    try {
      const answer = await fetch(location.href, {
        headers: { "X-Fragment": "main", ...(etag && { "If-None-Match": etag }) },
        cache: "no-store",
        redirect: "manual",
      });
      if (answer.type === "opaqueredirect") return location.reload(); // signed out meanwhile
      if (answer.status !== 304 && !answer.ok) throw new Error(answer.status);
      if (answer.ok) {
        swap(root, new DOMParser().parseFromString(await answer.text(), "text/html"));
        etag = answer.headers.get("ETag") ?? "";
      }
      failures = 0;
    } catch {
      failures += 1;
    }
    stale.hidden = failures < PATIENCE;
    const took = performance.now() - started;
    schedule(Math.max(every, took * BUSY_FACTOR, failures * every));
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!isPaused()));
    schedule(0);
  });
  document.addEventListener("visibilitychange", () => schedule(0));
  schedule(every);
}

function swap(root, fresh) {
  if (regionsOf(root) !== regionsOf(fresh)) return location.reload();
  for (const region of root.querySelectorAll("[data-region]")) {
    const next = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
    if (isSelected(region)) continue;
    keepOpen(region, next);
    if (region.innerHTML === next.innerHTML && region.className === next.className) continue;
    const focused = region.contains(document.activeElement) ? placeOf(document.activeElement) : "";
    region.className = next.className;
    region.replaceChildren(...next.childNodes);
    if (focused) region.querySelector(focused)?.focus();
  }
}

function regionsOf(part) {
  return Array.from(part.querySelectorAll("[data-region]"), (found) => found.dataset.region).join();
}

// Somebody who marks text to copy it must not lose it.
function isSelected(region) {
  const selection = getSelection();
  return !selection.isCollapsed && region.contains(selection.anchorNode);
}

function keepOpen(region, next) {
  const opened = region.querySelectorAll("details");
  next.querySelectorAll("details").forEach((details, index) => {
    details.open = opened[index]?.open ?? false;
  });
}

function placeOf(element) {
  const href = element.getAttribute("href");
  return href ? `[href="${CSS.escape(href)}"]` : element.tagName;
}
