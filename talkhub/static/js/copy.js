// Shows the copy buttons, which need scripts, and says when a text is on the clipboard.

const SHOWN_FOR = 2000;

for (const root of document.querySelectorAll('[data-module="copy"]')) {
  const button = root.querySelector("button");
  const word = button.querySelector("span");
  const usual = word.textContent;
  button.hidden = !navigator.clipboard; // only there on https and on this machine
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(root.querySelector("pre").textContent);
    word.textContent = button.dataset.done;
    setTimeout(() => (word.textContent = usual), SHOWN_FOR);
  });
}
