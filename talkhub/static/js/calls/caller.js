// The page from which people call: it asks for the microphone, lets the call ring, shows it.

import { listen, showCall } from "./peer.js";

const root = document.querySelector("[data-calls]");
const form = root.querySelector("form");
const shown = showCall(root);
const ticket = new URLSearchParams(location.hash.slice(1)).get("ticket");

form.hidden = false;
if (ticket) form.elements.name.closest("label").hidden = true;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  shown.says("asking");
  try {
    const microphone = await listen();
    const way = await begin().catch((problem) => {
      for (const track of microphone.getTracks()) track.stop();
      throw problem;
    });
    form.hidden = true;
    shown.says("ringing");
    shown.begin(way, "caller", microphone, () => {
      form.hidden = false;
      button.disabled = false;
      button.focus();
    });
  } catch (problem) {
    button.disabled = false;
    shown.says(problem.name === "NotAllowedError" || problem.name === "NotFoundError" ? "deaf" : "refused");
  }
});

async function begin() {
  const { name, recording } = form.elements;
  const body = {};
  if (ticket) body.ticket = ticket;
  else if (name.value.trim()) body.name = name.value.trim();
  if (recording) {
    body.recording = { agrees: recording.value === "yes", version: Number(form.dataset.wording) };
  }
  const response = await fetch(root.dataset.calls, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`refused: ${response.status}`);
  return response.json();
}
