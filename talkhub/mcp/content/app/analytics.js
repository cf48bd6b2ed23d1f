
// Draws one answer of get_conversation_analytics. Its texts were partly written by strangers
// (a caller's own intents): they go into the page as text and never as markup.
const SVG = "http://www.w3.org/2000/svg";
const MOODS = ["positive", "neutral", "negative"];
const SHOWN_INTENTS = 8;
const PROTOCOL_VERSION = "2026-01-26";

let locale = "pt-BR";
let zone;
let words = WORDS.pt;
let state = "waiting";
let asked = {};
let answer = null;

// --- what the page is made of ---

function make(name, attributes = {}, ...children) {
  const isSvg = ["svg", "rect", "line", "text", "title", "g"].includes(name);
  const element = isSvg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const number = (value, options) => new Intl.NumberFormat(locale, options).format(value);
const share = (value) => number(value, { style: "percent", maximumFractionDigits: 0 });
const word = (key) => (Object.hasOwn(words, key) ? words[key] : key);

function duration(seconds) {
  const style = (value, unit) =>
    number(value, { style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: 0 });
  if (seconds < 60) return style(seconds, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return style(minutes, "minute");
  return `${style(Math.floor(minutes / 60), "hour")} ${style(minutes % 60, "minute")}`;
}

const TILES = {
  total_conversations: (value) => number(value),
  unique_users: (value) => number(value),
  avg_messages_per_conversation: (value) => number(value, { maximumFractionDigits: 1 }),
  completion_rate: share,
  average_duration: duration,
  average_response_time: duration,
};

function tiles(counted) {
  return Object.entries(TILES)
    .filter(([name]) => typeof counted[name] === "number")
    .map(([name, spell]) =>
      make("div", {}, make("dt", {}, word(name)), make("dd", {}, spell(counted[name]))));
}

function figure(name, ...content) {
  return make("figure", { id: name, "aria-labelledby": `${name}-name` },
    make("h2", { id: `${name}-name` }, word(name)), ...content);
}

// --- the charts: what a reader of screens hears stands beside them as text ---

function sentiment(moods) {
  const total = MOODS.reduce((sum, mood) => sum + (moods[mood] ?? 0), 0);
  if (!total) return [];
  const svg = make("svg", { width: "100%", height: 20, "aria-hidden": "true" });
  const legend = make("ul", { class: "legend" });
  let x = 0;
  for (const mood of MOODS) {
    const part = (moods[mood] ?? 0) / total;
    const box = { x: `${x * 100}%`, width: `${part * 100}%`, height: 20 };
    svg.append(make("rect", { ...box, class: mood }));
    // Hatched as well: nobody needs to tell the colours apart.
    if (mood === "negative") svg.append(make("rect", { ...box, fill: "url(#hatch)" }));
    x += part;
    const swatch = make("svg", { width: 10, height: 10, "aria-hidden": "true" },
      make("rect", { width: 10, height: 10, rx: 2, class: mood }));
    if (mood === "negative") swatch.append(make("rect", { width: 10, height: 10, fill: "url(#hatch)" }));
    legend.append(make("li", {}, swatch, `${word(mood)} `, make("b", {}, share(part))));
  }
  return [figure("sentiment", svg, legend)];
}

function intents(counts) {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1]).slice(0, SHOWN_INTENTS);
  if (!sorted.length) return [];
  const most = sorted[0][1];
  const rows = sorted.map(([intent, count]) =>
    make("li", {}, make("span", { class: "name", title: word(intent) }, word(intent)),
      make("svg", { width: "100%", height: 10, "aria-hidden": "true" },
        make("rect", { class: "track", width: "100%", height: 10, rx: 2 }),
        make("rect", { class: "bar", width: `${(count / most) * 100}%`, height: 10, rx: 2 })),
      make("b", {}, number(count))));
  return [figure("intents", make("ul", { class: "rows" }, ...rows))];
}

function hours(found) {
  if (!found.length) return [];
  const counts = Array.from({ length: 24 }, () => 0);
  for (const { hour, count } of found) counts[hour] = count;
  const most = Math.max(...counts);
  const svg = make("svg", { width: "100%", height: 118, "aria-hidden": "true" });
  counts.forEach((count, hour) => {
    const height = (count / most) * 92;
    const column = { x: `${(hour / 24) * 100 + 0.6}%`, width: `${100 / 24 - 1.2}%` };
    svg.append(make("g", {}, make("title", {}, `${hour} h: ${number(count)}`),
      make("rect", { ...column, class: "bar", y: 96 - height, height, rx: 1 })));
    if (hour % 6 === 0 || hour === 23) {
      const at = { x: `${((hour + 0.5) / 24) * 100}%`, y: 112, "text-anchor": "middle" };
      svg.append(make("text", { ...at, class: "tick" }, `${hour} h`));
    }
  });
  svg.append(make("line", { class: "base", x1: 0, x2: "100%", y1: 96.5, y2: 96.5 }));
  const head = make("tr", {}, make("th", {}, word("hour")), make("th", {}, word("count")));
  const rows = counts.flatMap((count, hour) =>
    count ? [make("tr", {}, make("td", {}, `${hour} h`), make("td", {}, number(count)))] : []);
  const drawn = figure("hours", svg, make("table", { class: "sr" }, head, ...rows));
  drawn.classList.add("wide");
  return [drawn];
}

// A day is spelled as it was asked for: elsewhere than in the workspace's zone, the moment at
// which it begins there belongs to another day.
function spellPeriod({ start, end } = {}) {
  const spell = (moment, given, shift = 0) => {
    const isDay = /^\d{4}-\d\d-\d\d$/.test(given);
    const options = { dateStyle: "medium", timeZone: isDay ? "UTC" : zone };
    const time = isDay ? Date.parse(given) : Date.parse(moment) + shift;
    return new Intl.DateTimeFormat(locale, options).format(time);
  };
  const first = start && spell(start, asked.start);
  // The end is the first moment after the period: what is before it is the last one in it.
  const last = end && spell(end, asked.end, -1);
  if (first && last) return first === last ? first : `${first} – ${last}`;
  if (first) return `${word("from")} ${first}`;
  return last ? `${word("until")} ${last}` : word("always");
}

function draw() {
  document.documentElement.lang = locale;
  document.querySelector("h1").textContent = word("title");
  const counted = state === "drawn" ? answer : null;
  const isEmpty = counted?.total_conversations === 0;
  const drawn = counted && !isEmpty;
  document.querySelector("#state").textContent = drawn ? "" : word(isEmpty ? "none" : state);
  document.querySelector("#period").textContent = counted ? spellPeriod(counted.period) : "";
  const places = [document.querySelector("#tiles"), document.querySelector("#figures")];
  places.forEach((place) => { place.hidden = !drawn; });
  if (!drawn) return;
  places[0].replaceChildren(...tiles(counted));
  places[1].replaceChildren(
    ...sentiment(counted.sentiment_analysis ?? {}),
    ...intents(counted.intent_distribution ?? {}),
    ...hours(counted.peak_hours ?? []),
  );
}

// --- the host: JSON-RPC by postMessage, with nobody but the window that shows us ---

const send = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

// A host may name a language or zone that this browser does not know: then nothing changes.
function isKnown(wantedLocale, wantedZone) {
  try {
    return Boolean(new Intl.DateTimeFormat(wantedLocale, { timeZone: wantedZone }));
  } catch {
    return false;
  }
}

function fit(context = {}) {
  if (context.theme) document.documentElement.dataset.theme = context.theme;
  if (context.timeZone && isKnown(locale, context.timeZone)) zone = context.timeZone;
  if (context.locale && isKnown(context.locale)) {
    locale = context.locale;
    words = WORDS[locale.slice(0, 2).toLowerCase()] ?? WORDS.en;
  }
  draw();
}

function show(result) {
  answer = result.structuredContent ?? null;
  state = result.isError || !answer ? "failed" : "drawn";
  draw();
}

const HEARD = {
  "ui/notifications/tool-input": ({ arguments: given = {} }) => {
    asked = { ...given, ...given.date_range };
    draw();
  },
  "ui/notifications/tool-result": show,
  "ui/notifications/tool-cancelled": () => { state = "cancelled"; draw(); },
  "ui/notifications/host-context-changed": fit,
};

window.addEventListener("message", ({ source, data }) => {
  if (source !== window.parent || data?.jsonrpc !== "2.0") return;
  if (data.id === "initialize" && data.result) {
    fit(data.result.hostContext);
    send({ method: "ui/notifications/initialized", params: {} });
  } else if (Object.hasOwn(HEARD, data.method)) {
    HEARD[data.method](data.params ?? {});
  } else if (data.method && data.id !== undefined) {
    const isOurs = ["ping", "ui/resource-teardown"].includes(data.method);
    const error = { code: -32601, message: "Method not found" };
    send({ id: data.id, ...(isOurs ? { result: {} } : { error }) });
  }
});

new ResizeObserver(() => {
  const { width, height } = document.documentElement.getBoundingClientRect();
  const params = { width: Math.ceil(width), height: Math.ceil(height) };
  send({ method: "ui/notifications/size-changed", params });
}).observe(document.documentElement);

fit({ locale: navigator.language });
send({
  id: "initialize",
  method: "ui/initialize",
  params: {
    appInfo: { name: "talkhub-analytics", title: "TalkHub", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    protocolVersion: PROTOCOL_VERSION,
  },
});
