// One side of a call between two browsers: they find each other over our API, and sound goes from
// the one to the other. The caller's browser offers once somebody answered; before that neither
// learns where the other is, nor which servers to find a way by.

const WAIT = 10; // seconds for which the server may hold an answer back
const UNHELD = 700; // between two questions where it does not
const SETTLED = 4_000; // the server takes a side for lost that is silent for 20 s
const PATIENCE = 30_000; // until browsers that do not find each other give up
const MOST_RESTARTS = 3;

// `tell` hears of: answered(), connected(), sound(stream), level(0 to 1), ended(outcome).
export function takePart(way, side, microphone, tell) {
  const connection = new RTCPeerConnection();
  const early = []; // what the other side can be reached at, before we know who it is
  let token = way.token;
  let configuration = {}; // what the server said last: the relay's passwords hold for a time
  let after = 0;
  let isConnected = false;
  let isActive = false;
  let isOver = false;
  let restarts = 0;
  let sending = Promise.resolve(); // what is told arrives in its order
  let held = new AbortController();
  let wake = () => {};

  const post = (path, body, options = {}) =>
    fetch(`/api/v1/calls/${way.call_id}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      ...options,
    });
  const rest = (pause) => new Promise((resolve) => {
    wake = resolve;
    setTimeout(resolve, pause);
  });

  function signal(kind, value) {
    sending = sending.then(() => post("/signal", { kind, body: JSON.stringify(value) })).catch(() => {});
  }

  function askNow() {
    held.abort();
    wake();
  }

  async function offer() {
    connection.setConfiguration(configuration);
    await describe("offer");
  }

  async function describe(kind) {
    await connection.setLocalDescription();
    signal(kind, connection.localDescription);
  }

  async function hear(kind, value) {
    if (kind === "offer") connection.setConfiguration(configuration);
    if (kind === "candidate") {
      if (connection.remoteDescription) await connection.addIceCandidate(value);
      else early.push(value);
      return;
    }
    await connection.setRemoteDescription(value);
    for (const candidate of early.splice(0)) await connection.addIceCandidate(candidate);
    if (kind === "offer") await describe("answer");
  }

  async function take(news) {
    token = news.token;
    configuration = news.rtc ?? configuration;
    for (const { id, kind, body } of news.signals) {
      after = id; // first: what cannot be understood is not asked for again
      await hear(kind, JSON.parse(body));
    }
    if (news.state === "ended") return finish(news.outcome);
    if (news.state !== "active" || isActive) return;
    isActive = true;
    setTimeout(() => isConnected || hangUp(), PATIENCE);
    if (side === "caller") {
      tell.answered();
      await offer();
    }
  }

  async function ask() {
    const began = performance.now();
    held = new AbortController();
    const body = { after, wait: isConnected ? 0 : WAIT, is_connected: isConnected };
    const response = await post("", body, { signal: held.signal });
    if (response.status === 401 || response.status === 404) return finish("failed");
    if (!response.ok) return SETTLED;
    const news = await response.json();
    await take(news);
    if (isConnected) return SETTLED;
    return news.signals.length || performance.now() - began > UNHELD ? 0 : UNHELD;
  }

  async function attend() {
    while (!isOver) {
      const wasConnected = isConnected;
      const pause = await ask().catch(() => (wasConnected === isConnected ? UNHELD : 0));
      if (!isOver) await rest(pause);
    }
  }

  async function measure() {
    if (isOver) return;
    for (const each of (await connection.getStats()).values()) {
      if (each.type === "inbound-rtp" && each.kind === "audio") tell.level(each.audioLevel ?? 0);
    }
    setTimeout(measure, 250);
  }

  function finish(outcome) {
    if (isOver) return;
    isOver = true;
    removeEventListener("pagehide", leave);
    connection.close();
    for (const track of microphone.getTracks()) track.stop();
    tell.ended(outcome);
  }

  const leave = () => post("/end", {}, { keepalive: true }).catch(() => {});

  function hangUp() {
    if (isOver) return;
    leave();
    finish(isConnected ? "answered" : isActive ? "failed" : "missed");
  }

  connection.onicecandidate = ({ candidate }) => candidate && signal("candidate", candidate);
  connection.ontrack = ({ streams }) => tell.sound(streams[0]);
  connection.onconnectionstatechange = async () => {
    if (connection.connectionState === "connected" && !isConnected) {
      isConnected = true;
      tell.connected();
      askNow();
    } else if (connection.connectionState === "failed" && side === "caller") {
      if (++restarts > MOST_RESTARTS) return hangUp();
      connection.restartIce();
      await offer();
    }
  };
  // Closes as soon as the other side does, which its silence would tell later.
  connection.createDataChannel("presence", { negotiated: true, id: 0 }).onclose = askNow;
  for (const track of microphone.getTracks()) connection.addTrack(track, microphone);
  addEventListener("pagehide", leave);
  attend();
  measure();
  return {
    hangUp,
    mute(isMuted) {
      for (const track of microphone.getTracks()) track.enabled = !isMuted;
    },
  };
}

export const listen = () => navigator.mediaDevices.getUserMedia({ audio: true });

// What both sides show while a call goes on: its state, how loud the other is, mute and hang up.
export function showCall(root) {
  const part = (name) => root.querySelector(`[data-call="${name}"]`);
  const says = (name) => (part("state").textContent = part("state").dataset[name] ?? "");
  let call = null;
  part("mute").addEventListener("click", () => {
    const isMuted = part("mute").getAttribute("aria-pressed") !== "true";
    part("mute").setAttribute("aria-pressed", String(isMuted));
    call.mute(isMuted);
  });
  part("end").addEventListener("click", () => call.hangUp());
  return {
    says,
    begin(way, side, microphone, ended) {
      root.dataset.state = "ringing";
      part("panel").hidden = false;
      part("mute").setAttribute("aria-pressed", "false");
      call = takePart(way, side, microphone, {
        answered: () => says("connecting"),
        connected() {
          root.dataset.state = "talking";
          says("talking");
        },
        sound: (stream) => (part("sound").srcObject = stream),
        level: (value) => (part("level").value = value),
        ended(outcome) {
          root.dataset.state = "ended";
          part("panel").hidden = true;
          part("sound").srcObject = null;
          says(outcome);
          ended(outcome);
        },
      });
    },
  };
}
