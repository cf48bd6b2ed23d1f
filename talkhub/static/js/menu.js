// Closes an open menu when something else is chosen, or with Escape. Shows where one is in a long menu.

const here = document.querySelector(".side .nav [aria-current]");
if (here) {
  const side = here.closest(".side"); // scrollIntoView would move the page as well
  side.scrollTop = here.offsetTop + here.offsetHeight + 8 - side.clientHeight;
}

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
