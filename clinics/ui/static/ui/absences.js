/* Absences and closures, who can't be kept because of them, and telling those. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const { call, make } = window.Api;
  const by = (id) => document.getElementById(id);
  const sheet = by("absences");
  const form = by("absences-form");
  const CLINIC = "clinic";
  let asked = 0;
  let untold = [];

  const key = () => (crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now());
  const day = (text) => text.slice(0, 10).split("-").reverse().slice(0, 2).join("/");
  const when = (text) => `${day(text)} ${text.slice(11, 16)}`;
  const isClinic = () => by("absences-who").value === CLINIC;
  const home = () => (isClinic() ? "/api/v1/closures/" : `/api/v1/professionals/${by("absences-who").value}/absences/`);
  function say(error, good = "") {
    by("absences-error").hidden = !error;
    by("absences-error").textContent = error;
    by("absences-said").hidden = !good;
    by("absences-said").textContent = good;
  }

  function open() {
    const shown = window.Agenda.day();
    by("absences-who").replaceChildren(
      ...shown.professionals.map((one) => make("option", { value: one.id }, one.name)),
      make("option", { value: CLINIC }, "Toda la clínica"));
    if (form) {
      for (const side of ["from", "to"]) by(`absences-${side}-day`).value = shown.day;
      by("absences-from-time").value = "09:00";
      by("absences-to-time").value = "18:00";
      by("absences-reason").value = "";
    }
    say("");
    sheet.showModal();
    by("absences-title").focus();
    read();
  }

  async function read() {
    for (const field of document.querySelectorAll(".absences-hour")) {
      field.hidden = isClinic();
      field.querySelector("input").required = !isClinic();
    }
    if (form) by("absences-reason").required = isClinic();
    const turn = ++asked;
    try {
      const shown = window.Agenda.day();
      const since = isClinic() ? shown.today : encodeURIComponent(`${shown.now}${shown.offset}`);
      const [known, moves] = await Promise.all([
        call(`${home()}?limit=50&since=${since}`), call("/api/v1/move-requests/?limit=200"),
      ]);
      if (turn === asked) draw(known.results, moves.results, Boolean(moves.next));
    } catch (problem) { if (turn === asked) say(problem.message); }
  }

  function draw(known, moves, more) {
    by("absences-known").replaceChildren(...known.map((one) => make("li", {},
      make("div", {},
        make("strong", {}, one.starts_on ? (one.starts_on === one.ends_on ? day(one.starts_on) : `${day(one.starts_on)} a ${day(one.ends_on)}`) : `${when(one.starts_at)} a ${when(one.ends_at)}`),
        make("span", {}, one.opens ? `Se atiende: ${one.name}` : one.name || one.reason || "")),
      form ? make("button", { type: "button", class: "button", onclick: () => remove(one) }, "Quitar") : null)));
    untold = moves.filter((one) => !one.told_at);
    by("moves-count").textContent = `(${moves.length}${more ? " o más" : ""})`;
    by("moves-list").replaceChildren(...(moves.length ? moves.map(move) : [make("li", {}, "Ninguno.")]));
    by("moves-tell").hidden = !untold.length;
    by("moves-tell").textContent = `Avisar por WhatsApp (${untold.length})`;
  }

  function move(one) {
    const visit = one.appointment;
    return make("li", { "data-id": one.id },
      make("div", {},
        make("strong", {}, visit.patient.name),
        make("span", {}, `${when(visit.starts_at)} · ${visit.professional.name}`),
        make("span", {}, one.told_at ? `Avisado ${when(one.told_at)}` : "Sin avisar")),
      one.told_at ? null : make("button", { type: "button", class: "button", "aria-label": `Ya le avisé a ${visit.patient.name}`, onclick: () => act(`/api/v1/move-requests/${one.id}/told/`, {}) }, "Ya le avisé"));
  }

  async function act(path, options, good = "") {
    say("");
    try {
      const answer = await call(path, { method: "POST", ...options });
      say("", typeof good === "function" ? good(answer) : good);
      await Promise.all([read(), window.Agenda.load()]);
    } catch (problem) { say(problem.message); }
    by("absences-title").focus();
  }

  const remove = (one) => act(`${home()}${one.id}/`, { method: "DELETE" }, "Quitada: los turnos se mantienen.");

  by("moves-tell").addEventListener("click", () => act("/api/v1/move-requests/tell/", { body: { ids: untold.map((one) => one.id) } },
    (answer) => [
      answer.queued.length ? `Avisos que salen: ${answer.queued.length}.` : "",
      answer.without_channel.length ? `Sin WhatsApp: ${answer.without_channel.length}. Hay que llamar por teléfono.` : "",
    ].join(" ").trim()));

  if (form) form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const from = by("absences-from-day").value;
    const to = by("absences-to-day").value;
    let body = { starts_on: from, ends_on: to, name: by("absences-reason").value.trim() };
    if (!isClinic()) {
      // Each day has its own offset where clocks change.
      const moment = async (on, time) => `${on}T${time}:00${(await call(`/agenda/data/?day=${on}`)).offset}`;
      try {
        body = {
          starts_at: await moment(from, by("absences-from-time").value),
          ends_at: await moment(to, by("absences-to-time").value),
          reason: by("absences-reason").value.trim(),
        };
      } catch (problem) { say(problem.message); return; }
    }
    act(home(), { body, key: key() }, (made) => (made.affected_count ? `Anotada. Hay que mover ${made.affected_count}.` : "Anotada. No hay turnos que mover."));
  });

  by("absences-who").addEventListener("change", () => { say(""); read(); });
  by("away").addEventListener("click", open);
  by("away").disabled = false;
});
