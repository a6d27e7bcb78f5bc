/* The room. The server says where everybody is and what may happen next; only minutes tick here. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const { call, make } = window.Api;
  const by = (id) => document.getElementById(id);
  const LONG_WAIT = 20;
  let room = JSON.parse(by("room-data").textContent);
  let asked = 0;
  // The clinic's clock may run apart from the browser's.
  let ahead = new Date(room.now).getTime() - Date.now();
  const cards = new Map();
  const places = [...document.querySelectorAll(".place")].map((section) => section.dataset.place);

  /* ---- drawing ---- */
  function elapsed(visit) {
    if (visit.place === "done" || !visit.since) return visit.minutes;
    return Math.max(0, Math.floor((Date.now() + ahead - new Date(visit.since).getTime()) / 60000));
  }

  function span(minutes) {
    return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }

  function sinceText(visit) {
    const minutes = elapsed(visit);
    if (visit.place === "waiting") return `Espera hace ${span(minutes)} · llegó ${visit.since_text}`;
    if (visit.place === "in_chair") return `En el sillón hace ${span(minutes)} · desde ${visit.since_text}`;
    if (visit.place === "late") return `Demora ${span(minutes)}`;
    if (visit.place === "done") return `Listo ${visit.since_text}${minutes === null ? "" : ` · ${span(minutes)} en la clínica`}`;
    return "";
  }

  function card(visit) {
    const element = make("li", { class: "guest", "data-id": visit.id, "data-status": visit.status, tabindex: "-1" },
      make("div", { class: "guest-top" }, make("strong", {}, visit.patient), make("time", {}, visit.time)),
      make("div", { class: "guest-what" }, [visit.treatment, visit.professional, visit.chair].filter(Boolean).join(" · ")),
      make("span", { class: "guest-since" }, ""),
      make("div", { class: "row" }, ...visit.steps.map((step, index) => make("button", {
        type: "button", "data-step": step.to, "aria-label": `${step.label}: ${visit.patient}, ${visit.time}`,
        class: `button${index === 0 && step.to !== "undo" ? " primary" : ""}${step.to === "no-show" ? " danger" : ""}`,
        onclick: () => (step.reason ? ask(visit, step) : go(visit, step, "")),
      }, step.label))));
    if (visit.status === "pending_confirmation") element.querySelector(".guest-what").append(` · ${visit.status_text}`);
    if (!visit.steps.length) element.querySelector(".row").remove();
    return element;
  }

  function tick() {
    for (const visit of room.visits) {
      const known = cards.get(visit.id);
      if (!known) continue;
      const text = sinceText(visit);
      const label = known.element.querySelector(".guest-since");
      label.hidden = !text;
      if (label.textContent !== text) label.textContent = text;
      label.classList.toggle("long", visit.place === "waiting" && elapsed(visit) >= LONG_WAIT);
    }
  }

  /* Only what changed is drawn again: a button that is focused, or being pressed, must stay. */
  function draw({ first = false } = {}) {
    const seen = new Set(room.visits.map((visit) => visit.id));
    for (const [id, known] of cards) if (!seen.has(id)) { known.element.remove(); cards.delete(id); }
    for (const visit of room.visits) {
      const { minutes, ...stable } = visit;
      const text = JSON.stringify(stable);
      const known = cards.get(visit.id);
      if (known && known.text === text) continue;
      const element = card(visit);
      if (!first) element.classList.add("fresh");
      if (known) known.element.remove();
      cards.set(visit.id, { element, text });
    }
    for (const place of places) {
      const list = by(`list-${place}`);
      const wanted = room.visits.filter((visit) => visit.place === place);
      // Who has waited longest stands first.
      if (place === "waiting" || place === "in_chair") wanted.sort((a, b) => (a.since || "").localeCompare(b.since || ""));
      wanted.forEach((visit, index) => {
        const element = cards.get(visit.id).element;
        if (list.children[index] !== element) list.insertBefore(element, list.children[index] || null);
      });
      by(`count-${place}`).textContent = String(wanted.length);
    }
    by("room-day").textContent = room.title;
    tick();
  }

  /* ---- the data ---- */
  async function load() {
    const turn = ++asked;
    try {
      const answer = await call("/room/data/");
      if (turn !== asked) return;
      room = answer;
      ahead = new Date(room.now).getTime() - Date.now();
      draw();
    } catch (problem) { if (turn === asked) say(problem.message); }
  }

  function say(text) { by("room-error").hidden = !text; by("room-error").textContent = text; }

  async function go(visit, step, reason) {
    say("");
    for (const button of cards.get(visit.id).element.querySelectorAll("button")) button.disabled = true;
    let error = "";
    try {
      await call(`/api/v1/appointments/${visit.id}/${step.to}/`, { body: reason ? { version: visit.version, reason } : { version: visit.version } });
    } catch (problem) { error = problem.message; }
    await load();
    const known = cards.get(visit.id);
    if (known) {
      for (const button of known.element.querySelectorAll("button")) button.disabled = false;
      known.element.focus({ preventScroll: false });
      const now = room.visits.find((one) => one.id === visit.id);
      if (!error && now) by("said").textContent = `${now.patient}: ${now.status_text}`;
    }
    say(error);
  }

  /* ---- taking back asks why ---- */
  const dialog = by("ask");
  function ask(visit, step) {
    by("ask-who").textContent = `${visit.patient}, ${visit.time}`;
    by("ask-reason").value = "";
    by("ask-form").onsubmit = (event) => {
      event.preventDefault();
      const reason = by("ask-reason").value.trim();
      if (!reason) return;
      dialog.close();
      go(visit, step, reason);
    };
    dialog.showModal();
    by("ask-reason").focus();
  }
  by("ask-back").addEventListener("click", () => dialog.close());

  /* ---- what happens meanwhile ---- */
  let waiting = 0;
  function heard(event) {
    if (event.type !== "NEW_APPOINTMENT" && event.type !== "APPOINTMENT_UPDATED") return;
    const here = event.data.starts_at.slice(0, 10) === room.day || room.visits.some((one) => one.id === event.data.id);
    // A burst of events is one read.
    if (here && !waiting) waiting = setTimeout(() => { waiting = 0; load(); }, 60);
  }
  const WORDS = { on: "en vivo", off: "reconectando", many: "demasiadas ventanas abiertas" };
  window.Live.line = new window.Live({
    since: room.last, heard, resync: () => load(),
    state: (name) => { by("live").dataset.state = name === "many" ? "off" : name; by("live").lastElementChild.textContent = WORDS[name]; },
  });
  addEventListener("pageshow", (event) => { if (event.persisted) load(); });
  setInterval(() => { if (!document.hidden) tick(); }, 10000);
  // Who was expected becomes late by time alone, and days end.
  setInterval(() => { if (!document.hidden) load(); }, 60000);
  draw({ first: true });
});
