/* A new appointment: who, with whom, what, when. The server decides; a taken time comes with others. */
"use strict";
window.Booking = { open: () => {} };
document.addEventListener("DOMContentLoaded", () => {
  const { call, make } = window.Api;
  const by = (id) => document.getElementById(id);
  const sheet = by("booking");
  if (!sheet) return;
  let patient = null;
  let catalog = null;
  let key = "";
  let options = [];
  let marked = -1;
  let timer = 0;
  let asked = 0;

  async function read() {
    if (catalog) return;
    const [treatments, professionals] = await Promise.all([
      call("/api/v1/treatments/?active=true&limit=100"), call("/api/v1/professionals/?active=true&limit=100"),
    ]);
    catalog = { treatments: treatments.results, professionals: professionals.results };
  }

  window.Booking.open = async ({ day, time = "", professional = "" }) => {
    patient = null;
    key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now();
    say("");
    offer([]);
    by("patient-search").value = "";
    by("booking-day").value = day;
    by("booking-time").value = time;
    const columns = window.Agenda.day().professionals;
    by("booking-professional").replaceChildren(...columns.map((one) => make("option", { value: one.id }, one.name)));
    if (professional) by("booking-professional").value = professional;
    sheet.showModal();
    by("patient-search").focus();
    try { await read(); } catch (problem) { say(problem.message); return; }
    treatments();
    by("booking-go").disabled = false;
  };

  function treatments() {
    const chosen = by("booking-treatment").value;
    const one = catalog.professionals.find((row) => row.id === by("booking-professional").value);
    const offered = new Set((one && one.treatments ? one.treatments : []).map((item) => (typeof item === "string" ? item : item.id)));
    by("booking-treatment").replaceChildren(...catalog.treatments.filter((row) => offered.has(row.id)).map((row) => make("option", { value: row.id }, `${row.name} · ${row.minutes} min`)));
    if ([...by("booking-treatment").options].some((option) => option.value === chosen)) by("booking-treatment").value = chosen;
  }
  by("booking-professional").addEventListener("change", () => { if (catalog) treatments(); });

  /* ---- patient search ---- */
  const search = by("patient-search");
  const list = by("patient-list");
  function close() { list.hidden = true; search.setAttribute("aria-expanded", "false"); search.removeAttribute("aria-activedescendant"); marked = -1; }
  function choose(one) { patient = one; search.value = one.name; close(); by("booking-professional").focus(); }
  function mark(index) {
    marked = (index + options.length) % options.length;
    [...list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === marked)));
    search.setAttribute("aria-activedescendant", `patient-${marked}`);
    list.children[marked].scrollIntoView({ block: "nearest" });
  }
  search.addEventListener("input", () => {
    patient = null;
    clearTimeout(timer);
    if (search.value.trim().length < 2) { close(); return; }
    timer = setTimeout(async () => {
      const turn = ++asked;
      let found = [];
      try { found = (await call(`/api/v1/patients/?limit=8&q=${encodeURIComponent(search.value.trim())}`)).results; } catch (problem) { say(problem.message); }
      if (turn !== asked) return;
      options = found;
      list.replaceChildren(...(found.length ? found.map((one, at) => make("li", { role: "option", id: `patient-${at}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); choose(one); } },
        one.name || "Sin nombre", make("span", {}, [one.dni ? `DNI ${one.dni}` : "", one.insurance].filter(Boolean).join(" · ") || "Datos incompletos"))) : [make("li", { role: "presentation" }, "Nadie con esos datos")]));
      list.hidden = false;
      search.setAttribute("aria-expanded", "true");
      if (found.length) mark(0);
    }, 180);
  });
  search.addEventListener("keydown", (event) => {
    if (list.hidden || !options.length) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark(marked + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(marked - 1); }
    else if (event.key === "Enter" && marked >= 0) { event.preventDefault(); choose(options[marked]); }
    else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); }
  });
  search.addEventListener("blur", close);

  /* ---- asking for it ---- */
  function say(text) { by("booking-error").hidden = !text; by("booking-error").textContent = text; }
  function offer(found, heldUntil) {
    const box = by("alternatives");
    box.hidden = !found.length && !heldUntil;
    box.replaceChildren(
      ...(found.length ? [make("p", {}, "Lo más cercano que está libre:")] : []),
      ...found.map((one) => make("button", { type: "button", class: "button", onclick: () => {
        by("booking-professional").value = one.professional_id;
        by("booking-day").value = one.starts_at.slice(0, 10);
        by("booking-time").value = one.starts_at.slice(11, 16);
        send(false);
      } }, `${one.starts_at.slice(8, 10)}/${one.starts_at.slice(5, 7)} ${one.starts_at.slice(11, 16)} · ${one.professional}`)),
      ...(heldUntil ? [make("button", { type: "button", class: "button danger", onclick: () => send(true) }, "Dar el turno igual: está reservado por unos minutos")] : []),
    );
  }

  async function send(override) {
    if (!patient) { say("Elegí un paciente de la lista."); search.focus(); return; }
    say("");
    const go = by("booking-go");
    go.disabled = true;
    try {
      const wanted = by("booking-day").value;
      const shown = window.Agenda.day();
      const offset = (shown.day === wanted ? shown : await call(`/agenda/data/?day=${wanted}`)).offset;
      const made = await call("/api/v1/appointments/", { key, body: {
        patient: patient.id, professional: by("booking-professional").value, treatment: by("booking-treatment").value,
        starts_at: `${wanted}T${by("booking-time").value}:00${offset}`, ...(override ? { override_hold: true } : {}),
      } });
      window.Agenda.mark(made.id);
      sheet.close();
      await window.Agenda.load(wanted);
    } catch (problem) {
      // A refusal leaves the key unused; another time is another request.
      key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now();
      say(problem.message);
      offer((problem.body && problem.body.alternatives) || [], problem.body && problem.body.held_until);
    } finally { go.disabled = false; }
  }
  by("booking-form").addEventListener("submit", (event) => { event.preventDefault(); send(false); });
});
