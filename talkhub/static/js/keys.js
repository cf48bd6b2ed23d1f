// The keyboard: Ctrl+K searches, and single keys (/, ?, j, k, m, g and a letter) where they are on.
// Nothing here is the only way to anything.

const palette = document.getElementById("palette");
const keys = document.getElementById("keys");
const singles = document.body.dataset.keys === "on";
const GO_WITHIN = 1500; // milliseconds between g and its letter
let goUntil = 0;
let foundFor = null; // what the results that are shown were found by

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return openPalette();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !singles || isWriting(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (performance.now() < goUntil) {
    goUntil = 0;
    return go(event.key);
  }
  const act = { "/": search, "?": () => keys.showModal(), j: () => step(1), k: () => step(-1), g: awaitLetter, m: mark }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

for (const opener of document.querySelectorAll('[data-opens="palette"]')) {
  opener.addEventListener("click", (event) => {
    event.preventDefault(); // without scripts it leads to the page of the search
    openPalette();
  });
}

palette.addEventListener("keydown", (event) => {
  const links = [...palette.querySelectorAll("#found :is(a, button)")];
  const here = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown") (links[here + 1] ?? links[0])?.focus();
  else if (event.key === "ArrowUp") (links[here - 1] ?? palette.querySelector("input")).focus();
  else if (event.key === "Enter" && here < 0 && links.length && isFresh()) links[0].click();
  else return;
  event.preventDefault();
});

palette.addEventListener("htmx:afterRequest", ({ detail }) => {
  foundFor = new URL(detail.xhr.responseURL).searchParams.get("q") ?? "";
});

// Whoever types and presses Enter at once gets to the page of the search, not to an older result.
function isFresh() {
  return palette.querySelector("input").value === foundFor;
}

function openPalette() {
  if (palette.open) return;
  palette.showModal();
  const input = palette.querySelector("input");
  input.select();
  htmx.trigger(input, "refresh");
}

function isWriting(element) {
  return element.closest("input, select, textarea, [contenteditable]") !== null;
}

function search() {
  const field = document.querySelector('main input[type="search"]');
  if (field?.checkVisibility()) field.focus(); // on a phone it may be folded away
  else openPalette();
}

function mark() {
  const menu = document.querySelector('main details[data-key="m"]');
  if (!menu) return;
  menu.open = true;
  menu.querySelector("input, a").focus();
}

function awaitLetter() {
  goUntil = performance.now() + GO_WITHIN;
}

function go(letter) {
  document.querySelector(`.side a[data-key="${CSS.escape(letter)}"]`)?.click();
}

function step(by) {
  const links = [...document.querySelectorAll("main table.rows tbody tr td:first-child a, main .list > li > a")];
  const here = links.indexOf(document.activeElement);
  links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by]?.focus();
}
