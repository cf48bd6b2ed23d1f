// Closes an open menu when something else is chosen, or with Escape.

for (const menu of document.querySelectorAll('[data-module="menu"]')) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
