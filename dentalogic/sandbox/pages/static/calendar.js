// The fake Google calendars, week by week. Talks Calendar v3 like any other client.

import { element } from "./bubbles.js";

const find = (id) => document.getElementById(id);
const COLORS = ["#0b7a6d", "#7a4fd0", "#c25b12", "#1f6fd1", "#b5306f", "#5d7d13", "#8a6d00", "#3c6f80"];
const ZONE = "America/Argentina/Buenos_Aires", OFFSET = "-03:00";
const HOUR = 52, QUARTER = 15;
const hidden = new Set();
let calendars = [];
let monday = mondayOf(today());
let edited = null;

function today() {
  return new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(new Date());
}

// Days are texts ("2026-11-23"), so that no zone of the browser can move them.
function plus(day, count) {
  const at = new Date(day + "T12:00:00Z");
  at.setUTCDate(at.getUTCDate() + count);
  return at.toISOString().slice(0, 10);
}

function mondayOf(day) {
  return plus(day, -((new Date(day + "T12:00:00Z").getUTCDay() + 6) % 7));
}

function worded(day, form) {
  return new Intl.DateTimeFormat("es-AR", { timeZone: "UTC", ...form }).format(new Date(day + "T12:00:00Z"));
}

function wall(edge) {
  if (edge.date) return edge.date + "T00:00";
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, dateStyle: "short", timeStyle: "short" });
  return parts.format(new Date(edge.dateTime)).replace(" ", "T");
}

function minutesOf(text) {
  return Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
}

function edgeOf(text, whole) {
  return whole ? { date: text.slice(0, 10) } : { dateTime: `${text.slice(0, 16)}:00${OFFSET}`, timeZone: ZONE };
}

function timeText(minutes) {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

async function google(method, path, body) {
  const answer = await fetch("/google/page" + path, {
    method,
    headers: { Authorization: "Bearer ya29.sandbox-page", "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  return answer.status === 204 ? null : answer.json();
}

function eventsPath(calendar, event = "") {
  return `/calendars/${encodeURIComponent(calendar)}/events${event && "/" + encodeURIComponent(event)}`;
}

async function refresh() {
  calendars = (await google("GET", "/users/me/calendarList")).items;
  calendars.forEach((one, index) => { one.color = COLORS[index % COLORS.length]; });
  const query = new URLSearchParams({
    singleEvents: "true", orderBy: "startTime", maxResults: "2500", showDeleted: String(find("cancelled").checked),
    timeMin: `${monday}T00:00:00${OFFSET}`, timeMax: `${plus(monday, 7)}T00:00:00${OFFSET}`,
  });
  const lists = await Promise.all(calendars.filter((one) => !hidden.has(one.id)).map(async (one) =>
    (await google("GET", `${eventsPath(one.id)}?${query}`)).items.map((event) => ({ ...event, calendar: one }))));
  draw(lists.flat());
}

function draw(events) {
  find("calendars").replaceChildren(...calendars.map((one) => {
    const box = element("input", { type: "checkbox", checked: !hidden.has(one.id) });
    box.style.setProperty("--c", one.color);
    box.addEventListener("change", () => { if (box.checked) hidden.delete(one.id); else hidden.add(one.id); refresh(); });
    return element("li", {}, element("label", { class: "check", title: one.id }, box, one.summary));
  }));
  const days = Array.from({ length: 7 }, (_, index) => plus(monday, index));
  find("title").textContent = `${worded(monday, monday.slice(0, 7) === days[6].slice(0, 7) ? { day: "numeric" } : { day: "numeric", month: "long" })} – ${worded(days[6], { day: "numeric", month: "long", year: "numeric" })}`;
  find("heads").replaceChildren(element("div"), ...days.map((day) =>
    element("div", { class: day === today() ? "now" : "" }, worded(day, { weekday: "short" }), element("strong", {}, String(Number(day.slice(8)))))));
  const whole = events.filter((event) => event.start?.date);
  find("all-day").replaceChildren(element("div", {}, "todo el día"), ...days.map((day) =>
    element("div", {}, ...whole.filter((event) => event.start.date <= day && day < event.end.date).map(card))));
  const clock = element("div", { class: "clock" }, ...Array.from({ length: 24 }, (_, hour) => element("span", {}, timeText(hour * 60))));
  find("hours").replaceChildren(clock, ...days.map((day) => column(day, events.filter((event) => event.start?.dateTime))));
}

function column(day, events) {
  const place = element("div", { class: "column", "data-day": day });
  place.style.height = `${24 * HOUR}px`;
  const next = plus(day, 1) + "T00:00";
  const mine = events.map((event) => ({ event, from: wall(event.start), to: wall(event.end) }))
    .filter(({ from, to }) => from < next && to > day + "T00:00")
    .map(({ event, from, to }) => ({ event, from: from < day ? 0 : minutesOf(from), to: to >= next ? 1440 : minutesOf(to) }));
  for (const one of lanes(mine)) {
    const made = card(one.event, `${timeText(one.from)} – ${timeText(one.to)}`);
    if (one.to - one.from <= 30) made.classList.add("short-time");
    made.style.top = `${(one.from / 60) * HOUR}px`;
    made.style.height = `${Math.max(17, ((one.to - one.from) / 60) * HOUR - 2)}px`;
    made.style.left = `calc(${(100 / one.count) * one.lane}% + 1px)`;
    made.style.width = `calc(${100 / one.count}% - 4px)`;
    place.append(made);
  }
  if (day === today()) {
    const line = element("div", { class: "nowline" });
    const now = wall({ dateTime: new Date().toISOString() });
    line.style.top = `${(minutesOf(now) / 60) * HOUR}px`;
    place.append(line);
  }
  place.addEventListener("click", (event) => { if (event.target === place) open(null, day, quarter(event, place)); });
  place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => drop(event, day, place));
  return place;
}

// Side by side where they overlap: each group of touching events shares the width.
function lanes(items) {
  items.sort((a, b) => a.from - b.from || b.to - a.to);
  let group = [], until = -1;
  for (const item of items) {
    if (item.from >= until) group = [];
    const taken = new Set(group.filter((other) => other.to > item.from).map((other) => other.lane));
    item.lane = 0;
    while (taken.has(item.lane)) item.lane += 1;
    item.group = group;
    group.push(item);
    until = Math.max(until, item.to);
  }
  for (const item of items) item.count = Math.max(...item.group.map((other) => other.lane)) + 1;
  return items;
}

function card(event, hours) {
  const kinds = ["event", event.transparency === "transparent" ? "free" : "", event.status === "cancelled" ? "cancelled" : ""];
  const gone = event.status === "cancelled";
  const text = event.summary || "(sin título)";
  const made = element("button", {
    type: "button", class: kinds.join(" ").trim(), draggable: gone ? "false" : "true", title: `${text} · ${event.calendar.summary}`,
    onclick: () => { if (!gone) open(event); },
  }, element("strong", {}, (event.recurringEventId ? "↻ " : "") + text), typeof hours === "string" ? element("small", {}, hours) : null);
  made.style.setProperty("--c", event.calendar.color);
  made.addEventListener("dragstart", (drag) => {
    const grip = drag.clientY - made.getBoundingClientRect().top;
    drag.dataTransfer.setData("application/json", JSON.stringify({ calendar: event.calendar.id, id: event.id, start: event.start, end: event.end, grip }));
  });
  return made;
}

function quarter(event, place, grip = 0) {
  const y = event.clientY - place.getBoundingClientRect().top - grip;
  return Math.min(1425, Math.max(0, Math.round((y / HOUR) * 60 / QUARTER) * QUARTER));
}

async function drop(event, day, place) {
  event.preventDefault();
  place.classList.remove("over");
  const moved = JSON.parse(event.dataTransfer.getData("application/json"));
  const start = `${day}T${timeText(quarter(event, place, moved.grip))}`;
  const length = moved.start.date ? 3600e3 : new Date(moved.end.dateTime) - new Date(moved.start.dateTime);
  const end = wall({ dateTime: new Date(new Date(`${start}:00${OFFSET}`).getTime() + length).toISOString() });
  await google("PATCH", eventsPath(moved.calendar, moved.id), { start: edgeOf(start, false), end: edgeOf(end, false) });
  await refresh();
}

function open(event, day = today(), minutes = 600) {
  edited = event;
  find("dialog-title").textContent = event ? "Editar evento" : "Evento nuevo";
  find("calendar").replaceChildren(...calendars.map((one) => element("option", { value: one.id }, one.summary)));
  const usual = calendars.find((one) => !one.primary && !hidden.has(one.id)) ?? calendars[0];
  find("calendar").value = event ? event.calendar.id : usual.id;
  find("calendar").disabled = find("repeat").disabled = Boolean(event);
  find("summary").value = event?.summary ?? "";
  find("free").checked = event?.transparency === "transparent";
  find("repeat").value = "";
  kind(Boolean(event?.start?.date));
  const whole = find("whole").checked;
  const from = event ? wall(event.start) : `${day}T${timeText(minutes)}`;
  const to = event ? (whole ? plus(event.end.date, -1) + "T00:00" : wall(event.end)) : `${day}T${timeText(Math.min(minutes + 30, 1439))}`;
  find("start").value = whole ? from.slice(0, 10) : from;
  find("end").value = whole ? to.slice(0, 10) : to;
  find("delete").hidden = !event;
  find("problem").hidden = true;
  find("dialog").showModal();
}

function kind(whole) {
  find("whole").checked = whole;
  for (const box of [find("start"), find("end")]) {
    const old = box.value;
    box.type = whole ? "date" : "datetime-local";
    if (old) box.value = whole ? old.slice(0, 10) : old.slice(0, 10) + "T10:00";
  }
}

async function attempt(work) {
  try {
    await work();
    find("dialog").close();
    await refresh();
  } catch (problem) {
    find("problem").textContent = problem.message;
    find("problem").hidden = false;
  }
}

function save() {
  const whole = find("whole").checked;
  const end = whole ? plus(find("end").value, 1) : find("end").value;
  const body = {
    summary: find("summary").value, transparency: find("free").checked ? "transparent" : "opaque",
    start: edgeOf(find("start").value, whole), end: edgeOf(end, whole),
  };
  if (find("repeat").value) body.recurrence = [find("repeat").value];
  const path = eventsPath(find("calendar").value, edited?.id);
  return attempt(() => google(edited ? "PATCH" : "POST", path, body));
}

find("event").addEventListener("submit", (event) => { event.preventDefault(); save(); });
find("whole").addEventListener("change", (event) => kind(event.target.checked));
find("close").addEventListener("click", () => find("dialog").close());
find("delete").addEventListener("click", () => attempt(() => google("DELETE", eventsPath(edited.calendar.id, edited.id))));
find("add").addEventListener("click", () => open(null));
find("cancelled").addEventListener("change", refresh);
const go = (day) => { monday = mondayOf(day); refresh(); };
find("today").addEventListener("click", () => go(today()));
find("before").addEventListener("click", () => go(plus(monday, -7)));
find("after").addEventListener("click", () => go(plus(monday, 7)));
find("new-calendar").addEventListener("submit", async (event) => {
  event.preventDefault();
  await google("POST", "/calendars", { summary: find("calendar-name").value, timeZone: ZONE });
  event.target.reset();
  await refresh();
});
await refresh();
document.querySelector(".scroll").scrollTop = 7.5 * HOUR;
setInterval(() => { if (!find("dialog").open && document.visibilityState === "visible") refresh(); }, 5000);
