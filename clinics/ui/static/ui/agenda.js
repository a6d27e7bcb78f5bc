/* The agenda of a day. The data that it draws is the server's; nothing is computed about states here. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const { call, make } = window.Api;
  const by = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(by(id).textContent);
  const main = by("content");
  const books = main.dataset.books === "1";
  const labels = new Map(read("status-data"));
  const narrow = matchMedia("(max-width: 820px)");
  const BOT = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1a1 1 0 0 1 1 1v1h2.5A2.5 2.5 0 0 1 14 5.5v5a2.5 2.5 0 0 1-2.5 2.5H7l-3 2.3V13A2 2 0 0 1 2 11V5.500A2.500 2.500 0 0 1 4.500 3H7V2a1 1 0 0 1 1-1ZM5.700 6.700a1.100 1.100 0 1 0 0 2.200 1.100 1.100 0 0 0 0-2.200Zm4.600 0a1.100 1.100 0 1 0 0 2.200 1.100 1.100 0 0 0 0-2.200Z"/></svg>';
  let day = read("day-data");
  let who = "";
  let cancelled = false;
  let shown = null;
  let asked = 0;
  const fresh = new Set();
  // The clinic's clock, which may be in another zone than the browser.
  let ahead = 0;

  const minutes = (text) => Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
  const clock = (text) => text.slice(11, 16);
  const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
  const nowText = () => local(new Date(Date.now() + ahead));
  const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

  /* ---- drawing ---- */
  const calendar = EventCalendar.create(by("calendar"), {
    view: "resourceTimeGridDay",
    date: day.day,
    locale: "es",
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    height: "100%",
    slotDuration: "00:15:00",
    slotLabelInterval: "01:00:00",
    slotHeight: 22,
    columnWidth: "minmax(190px, 1fr)",
    slotLabelFormat: (at) => at.toTimeString().slice(0, 5),
    slotEventOverlap: false,
    editable: false,
    selectable: false,
    buttonText: { today: "Hoy" },
    resources: [],
    events: [],
    resourceLabelContent: ({ resource }) => ({ domNodes: [columnHead(resource.extendedProps)] }),
    eventContent: ({ event }) => ({ domNodes: contentOf(event.extendedProps) }),
    eventClassNames: ({ event }) => event.extendedProps.className || [],
    eventDidMount: ({ el, event }) => {
      const visit = event.extendedProps.visit;
      if (!visit) return;
      el.dataset.id = visit.id;
      el.setAttribute("aria-label", `${clock(visit.starts_at)}, ${visit.patient}, ${visit.treatment}, ${visit.status_text}`);
    },
    eventClick: ({ event }) => { if (event.extendedProps.visit) open(event.extendedProps.visit.id); },
    dateClick: ({ date, resource }) => {
      if (books && resource) window.Booking.open({ day: day.day, time: local(date).slice(11, 16), professional: resource.id });
    },
  });

  function columnHead(column) {
    if (!column.hours) return make("div", {}); // The widget draws one empty column before there are any.
    const hours = day.closed ? day.closed : column.hours.map(([from, to]) => `${from} a ${to}`).join(" · ") || "No atiende";
    return make("div", { class: "column-head" },
      make("span", { class: "avatar", "aria-hidden": "true" }, column.initials),
      make("div", {}, make("strong", { title: column.name }, column.name),
        make("span", { title: hours }, column.specialty ? `${column.specialty} · ${hours}` : hours)));
  }

  function contentOf(props) {
    if (props.hold) return [make("div", { class: "hold-mark", title: "Reservado por unos minutos" }, "en espera")];
    if (!props.visit) return [];
    const visit = props.visit;
    const short = minutes(visit.ends_at) - minutes(visit.starts_at) < 40;
    const box = make("div", { class: `visit${short ? " short" : ""}${fresh.has(visit.id) ? " fresh" : ""}`, "data-status": visit.status });
    const top = make("div", { class: "visit-top" }, make("time", {}, `${clock(visit.starts_at)}–${clock(visit.ends_at)}`));
    if (visit.source === "agent") {
      const by = make("span", { class: "visit-by", title: "Dado por el asistente" });
      by.innerHTML = BOT;
      by.append(make("span", { class: "only-read" }, "Asistente"));
      top.append(by);
    }
    if (visit.overbooked) top.append(make("span", { title: "Sobreturno" }, "· sobreturno"));
    top.append(make("span", { class: "visit-state" }, visit.status_text));
    const name = make("span", { class: "visit-who" }, visit.patient);
    const what = make("span", { class: "visit-what" }, visit.chair ? `${visit.treatment} · ${visit.chair}` : visit.treatment);
    if (short) box.append(top, make("div", { class: "visit-line" }, name, what));
    else box.append(top, name, what);
    return [box];
  }

  /* Only what changed is drawn again: an element that is focused, or being clicked, must stay. */
  const options = new Map();
  const placed = new Map();
  let scrolled = "";
  function option(name, value) {
    const text = JSON.stringify(value);
    if (options.get(name) === text) return;
    options.set(name, text);
    calendar.setOption(name, value);
  }

  function place(events) {
    const wanted = new Map(events.map((event) => [event.id, event]));
    for (const id of [...placed.keys()]) {
      if (!wanted.has(id)) { calendar.removeEventById(id); placed.delete(id); }
    }
    for (const [id, event] of wanted) {
      const text = JSON.stringify(event);
      if (placed.get(id) === text) continue;
      if (placed.has(id)) calendar.updateEvent(event);
      else calendar.addEvent(event);
      placed.set(id, text);
    }
  }

  function draw() {
    const columns = day.professionals.filter((one) => !who || one.id === who);
    const visits = day.appointments.filter((one) => cancelled || one.status !== "cancelled");
    const [from, to] = span(columns, visits.filter((one) => !who || one.professional === who));
    option("date", day.day);
    option("slotMinTime", `${String(from).padStart(2, "0")}:00:00`);
    option("slotMaxTime", `${String(to).padStart(2, "0")}:00:00`);
    // A little before now, so that what comes next is in sight; once, or it would scroll people back.
    const hour = day.day === day.today ? Number(nowText().slice(11, 13)) - 1 : from;
    if (scrolled !== `${day.day} ${who}`) option("scrollTime", `${String(Math.max(from, hour)).padStart(2, "0")}:00:00`);
    scrolled = `${day.day} ${who}`;
    option("resources", columns.map((one) => ({ id: one.id, title: one.name, extendedProps: one })));
    place([
      ...columns.flatMap((one) => closedParts(one, from, to)),
      ...day.holds.map((hold) => ({ id: hold.id, resourceIds: [hold.professional], start: hold.starts_at, end: hold.ends_at, extendedProps: { hold: true, className: ["hold"] } })),
      ...visits.map((visit) => ({ id: visit.id, resourceIds: [visit.professional], start: visit.starts_at, end: visit.ends_at, extendedProps: { visit, fresh: fresh.has(visit.id) } })),
      ...nowLine(columns),
    ]);
    by("empty").hidden = day.professionals.length > 0;
    if (!day.professionals.length) by("empty").replaceChildren(make("strong", {}, "Todavía no hay agendas para mostrar"), make("span", {}, "Cuando haya profesionales activos, sus turnos aparecen acá."));
    by("day-title").textContent = day.title;
    by("pick").value = day.day;
    by("today").disabled = day.day === day.today;
    by("closed").hidden = !day.closed;
    by("closed").textContent = day.closed ? `La clínica está cerrada: ${day.closed}` : "";
    summarise();
    chips();
  }

  /* The hours worth showing: those worked by anybody, and whatever lies outside of them. */
  function span(columns, visits) {
    const starts = [...columns.flatMap((one) => one.hours.map(([at]) => Number(at.slice(0, 2)))), ...visits.map((one) => Math.floor(minutes(one.starts_at) / 60))];
    const ends = [...columns.flatMap((one) => one.hours.map(([, at]) => Math.ceil(Number(at.slice(0, 2)) + Number(at.slice(3)) / 60))), ...visits.map((one) => (one.ends_at.slice(0, 10) > day.day ? 24 : Math.ceil(minutes(one.ends_at) / 60)))];
    if (!starts.length) return [8, 20];
    return [Math.max(0, Math.min(...starts)), Math.min(24, Math.max(...ends))];
  }

  function closedParts(column, from, to) {
    const at = (text) => `${day.day}T${text}:00`;
    const part = (start, end, name) => ({ id: `${name} ${column.id} ${start}`, resourceIds: [column.id], start, end, display: "background", extendedProps: { className: [name] } });
    const parts = [];
    let reached = `${String(from).padStart(2, "0")}:00`;
    for (const [start, end] of day.closed ? [] : column.hours) {
      if (start > reached) parts.push(part(at(reached), at(start), "closed"));
      if (end > reached) reached = end;
    }
    const last = to === 24 ? "24:00" : `${String(to).padStart(2, "0")}:00`;
    if (last > reached) parts.push(part(at(reached), last === "24:00" ? `${day.day}T23:59:59` : at(last), "closed"));
    return [...parts, ...column.away.map(([start, end]) => part(start, end, "away"))];
  }

  function nowLine(columns) {
    const now = nowText();
    if (now.slice(0, 10) !== day.day) return [];
    const end = local(new Date(new Date(now).getTime() + 120000));
    return columns.map((one) => ({ id: `now ${one.id}`, resourceIds: [one.id], start: now, end, display: "background", extendedProps: { className: ["now"] } }));
  }

  function summarise() {
    const mine = day.appointments.filter((one) => !who || one.professional === who);
    const counts = new Map();
    for (const one of mine) counts.set(one.status, (counts.get(one.status) || 0) + 1);
    const living = mine.length - (counts.get("cancelled") || 0);
    const parts = [living ? plural(living, "turno", "turnos") : "Sin turnos"];
    const byAgent = mine.filter((one) => one.source === "agent" && one.status !== "cancelled").length;
    if (byAgent) parts.push(`${byAgent} por el asistente`);
    by("summary").textContent = parts.join(" · ");
    by("legend").replaceChildren(...[...labels].filter(([status]) => counts.get(status)).map(([status, label]) => {
      const inside = [make("span", { class: "dot", "data-status": status }), make("span", {}, `${label} `, make("b", {}, String(counts.get(status))))];
      if (status !== "cancelled") return make("li", {}, ...inside);
      return make("li", {}, make("button", { type: "button", "aria-pressed": String(cancelled), title: cancelled ? "Ocultar los cancelados" : "Mostrar los cancelados", onclick: () => { cancelled = !cancelled; draw(); } }, ...inside));
    }));
  }

  function chips() {
    const box = by("who");
    box.hidden = day.professionals.length < 2;
    const count = (id) => day.appointments.filter((one) => one.status !== "cancelled" && (!id || one.professional === id)).length;
    const chip = (id, text) => make("button", { type: "button", class: "chip", "aria-pressed": String(who === id), onclick: () => { who = id; draw(); } }, text, make("b", {}, String(count(id))));
    box.replaceChildren(chip("", "Todos"), ...day.professionals.map((one) => chip(one.id, one.short)));
  }

  /* ---- the data ---- */
  async function load(wanted = day.day) {
    const turn = ++asked;
    try {
      const answer = await call(`/agenda/data/?day=${encodeURIComponent(wanted)}`);
      if (turn !== asked) return;
      take(answer);
    } catch (problem) {
      if (turn === asked) toast(problem.message, "", "warn");
    }
  }

  function take(answer) {
    day = answer;
    ahead = new Date(day.now).getTime() - Date.now();
    const address = day.day === day.today ? "/" : `/?day=${day.day}`;
    if (location.pathname + location.search !== address) history.replaceState(null, "", address);
    if (who && !day.professionals.some((one) => one.id === who)) who = "";
    draw();
    if (shown && by("details").open) show();
  }

  function move(days) {
    const to = new Date(`${by("pick").value || day.day}T12:00:00`);
    to.setDate(to.getDate() + days);
    by("pick").value = local(to).slice(0, 10);
    load(by("pick").value);
  }

  by("before").addEventListener("click", () => move(-1));
  by("after").addEventListener("click", () => move(1));
  by("today").addEventListener("click", () => load(nowText().slice(0, 10)));
  by("pick").addEventListener("change", () => { if (by("pick").value) load(by("pick").value); });
  if (books) by("add").addEventListener("click", () => window.Booking.open({ day: by("pick").value || day.day, professional: who }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea, .ec-body")) return;
    if (event.key === "ArrowLeft") move(-1);
    else if (event.key === "ArrowRight") move(1);
    else if (event.key.toLowerCase() === "h") by("today").click();
    else if (event.key.toLowerCase() === "n" && books) by("add").click();
  });

  /* ---- one appointment ---- */
  const details = by("details");
  function open(id) {
    shown = id;
    show();
    if (!details.open) { details.showModal(); by("details-patient").focus(); }
  }

  function show({ error = "" } = {}) {
    const visit = day.appointments.find((one) => one.id === shown);
    if (!visit) { details.close(); return; }
    by("details-status").dataset.status = visit.status;
    by("details-status").textContent = visit.status_text;
    by("details-patient").textContent = visit.patient;
    by("details-treatment").textContent = visit.treatment;
    const facts = [
      ["Cuándo", `${clock(visit.starts_at)} a ${clock(visit.ends_at)}, ${day.title}`],
      ["Con", visit.professional_name], ["Sillón", visit.chair],
      ["Lo dio", visit.source === "agent" ? "El asistente, por WhatsApp" : visit.source_text],
      ["Sobreturno", visit.overbook_reason], ...visit.marks, ["Motivo", visit.cancel_reason],
    ].filter(([, text]) => text);
    by("details-facts").replaceChildren(...facts.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]));
    by("reason-form").hidden = true;
    by("details-error").hidden = !error;
    by("details-error").textContent = error;
    by("steps").hidden = false;
    by("steps").replaceChildren(...(visit.steps.length ? visit.steps.map((step, index) => make("button", {
      type: "button", "data-step": step.to,
      class: `button${index === 0 && step.to !== "undo" && step.to !== "cancel" ? " primary" : ""}${["cancel", "no-show"].includes(step.to) ? " danger" : ""}`,
      onclick: () => (step.reason ? ask(visit, step) : go(visit, step, "")),
    }, step.label)) : [make("p", { class: "none" }, "No hay nada más para hacer con este turno.")]));
  }

  function ask(visit, step) {
    by("steps").hidden = true;
    by("reason-form").hidden = false;
    by("reason").value = "";
    by("reason").required = step.reason === "required";
    by("reason-label").textContent = step.reason === "required" ? "¿Por qué?" : "Motivo (opcional)";
    by("reason-go").textContent = step.label;
    by("reason-form").onsubmit = (event) => { event.preventDefault(); go(visit, step, by("reason").value.trim()); };
    by("reason").focus();
  }
  by("reason-back").addEventListener("click", () => show());

  async function go(visit, step, reason) {
    const buttons = details.querySelectorAll(".steps button, #reason-go");
    buttons.forEach((button) => { button.disabled = true; });
    let error = "";
    try {
      await call(`/api/v1/appointments/${visit.id}/${step.to}/`, { body: reason ? { version: visit.version, reason } : { version: visit.version } });
    } catch (problem) { error = problem.message; }
    await load();
    buttons.forEach((button) => { button.disabled = false; });
    show({ error });
    if (!error) by("details-patient").focus();
  }
  for (const sheet of document.querySelectorAll(".sheet")) {
    sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
  }
  details.addEventListener("close", () => { shown = null; });

  /* ---- what happens meanwhile ---- */
  function toast(title, text, tone = "", action = null) {
    const box = make("button", { type: "button", class: `toast ${tone}`, onclick: () => { box.remove(); if (action) action(); } },
      make("i", { "aria-hidden": "true" }), make("div", {}, make("strong", {}, title), make("span", {}, text)));
    by("toasts").append(box);
    while (by("toasts").children.length > 4) by("toasts").firstChild.remove();
    setTimeout(() => box.remove(), 9000);
  }

  let waiting = 0;
  function heard(event) {
    if (event.type !== "NEW_APPOINTMENT" && event.type !== "APPOINTMENT_UPDATED") return;
    const data = event.data;
    const on = data.starts_at.slice(0, 10);
    if (event.type === "NEW_APPOINTMENT") {
      fresh.add(data.id);
      setTimeout(() => fresh.delete(data.id), 7000);
      const name = data.patient ? data.patient.name : "";
      const when = on === day.today ? "hoy" : on.split("-").reverse().slice(0, 2).join("/");
      toast(`Nuevo turno: ${name}`, `${when} ${clock(data.starts_at)} · ${data.treatment.name} · ${data.professional.name}`, "", () => (on === day.day ? open(data.id) : load(on)));
    }
    // An appointment may also leave the day that is shown. A burst of events is one read.
    const here = on === day.day || day.appointments.some((one) => one.id === data.id);
    if (here && !waiting) waiting = setTimeout(() => { waiting = 0; load(); }, 60);
  }

  const WORDS = { on: "en vivo", off: "reconectando", many: "demasiadas ventanas abiertas" };
  window.Live.line = new window.Live({
    since: day.last, heard,
    resync: () => load(),
    state: (name) => { by("live").dataset.state = name === "many" ? "off" : name; by("live").lastElementChild.textContent = WORDS[name]; },
  });

  addEventListener("pageshow", (event) => { if (event.persisted) load(); });
  setInterval(() => { if (!document.hidden) draw(); }, 60000);
  // Who was moved to another professional's column is told to that one alone.
  setInterval(() => { if (!document.hidden) load(); }, 300000);
  ahead = new Date(day.now).getTime() - Date.now();
  if (narrow.matches && day.professionals.length > 1) {
    const first = day.appointments.find((one) => one.status !== "cancelled");
    who = first ? first.professional : day.professionals[0].id;
  }
  // Drawn disabled, so that no click is lost on a page that is not ready.
  for (const id of ["before", "after", "add"]) if (by(id)) by(id).disabled = false;
  window.Agenda = { load, toast, day: () => day, mark: (id) => { fresh.add(id); setTimeout(() => fresh.delete(id), 7000); } };
  draw();
});
