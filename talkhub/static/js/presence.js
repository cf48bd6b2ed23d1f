// Tells the server that somebody is at this page: who types a long answer, or reads along on a page
// that keeps itself true, asks for no page for an hour and is not away. An open page alone tells
// nothing.

const PAUSE = 120_000; // shorter than the shortest silence that ends a session

const { presence } = document.querySelector("[data-presence]").dataset;
let toldAt = performance.now(); // the page itself was asked for by somebody

for (const act of ["keydown", "pointerdown", "wheel", "touchmove"]) {
  document.addEventListener(act, tell, { capture: true, passive: true });
}

function tell() {
  if (performance.now() - toldAt < PAUSE) return;
  toldAt = performance.now();
  fetch(presence, { method: "POST", redirect: "manual", keepalive: true }).catch(() => {});
}
