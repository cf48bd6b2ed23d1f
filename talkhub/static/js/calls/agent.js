// The dashboard's page of calls: it rings while somebody calls, answers, and shows the call.

import { listen, showCall } from "./peer.js";

const RING = 2_000;
const root = document.querySelector('[data-module="calls"]');
const list = root.querySelector('[data-region="ringing"]');
const shown = showCall(root);
const title = document.title;
let tones = null; // browsers let a page sound once somebody acted on it

list.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-answer]");
  if (!button || root.dataset.state === "ringing" || root.dataset.state === "talking") return;
  button.disabled = true;
  shown.says("asking");
  let microphone;
  try {
    microphone = await listen();
  } catch {
    button.disabled = false;
    return shown.says("deaf");
  }
  const response = await fetch(button.dataset.answer, { method: "POST" }).catch(() => null);
  if (!response?.ok) {
    for (const track of microphone.getTracks()) track.stop();
    return shown.says("missed"); // somebody else was faster, or the caller hung up
  }
  shown.says("connecting");
  shown.begin(await response.json(), "agent", microphone, () => htmx.trigger("#main", "refresh"));
});

document.addEventListener("pointerdown", () => (tones ??= new AudioContext()), { once: true });
setInterval(() => {
  const isRinging = list.querySelector("[data-ringing]") && root.dataset.state !== "talking";
  document.title = isRinging ? `☎ ${title}` : title;
  if (isRinging && tones) ring();
}, RING);

function ring() {
  const tone = new OscillatorNode(tones, { frequency: 440 });
  const volume = new GainNode(tones, { gain: 0.1 });
  tone.connect(volume).connect(tones.destination);
  tone.start();
  tone.stop(tones.currentTime + 0.6);
}
