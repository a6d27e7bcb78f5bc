/* A patient's chart: drawing the mouth, and signing what is new. */
"use strict";
(() => {
  const { call, Problem, make } = window.Api;
  const drawn = JSON.parse(document.getElementById("drawn").textContent);
  const base = `/api/v1/patients/${drawn.patient}/records/`;
  const error = document.getElementById("error");
  const byId = (id) => document.getElementById(id);

  function complain(problem) {
    error.textContent = problem.message;
    error.hidden = false;
    error.scrollIntoView({ block: "nearest" });
  }

  /* One key a form and content: a second press, or a repeat after a lost answer, signs once. */
  const keys = new Map();
  function keyOf(what) {
    if (!keys.has(what)) keys.set(what, crypto.randomUUID());
    return keys.get(what);
  }

  async function sign(form, work) {
    const button = form.querySelector("button:not([type=button])");
    button.disabled = true;
    error.hidden = true;
    try {
      await work();
      location.reload();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      button.disabled = false;
      complain(problem);
    }
  }

  function post(body) {
    return call(base, { body, key: keyOf(JSON.stringify(body)) });
  }

  async function upload(record, file, text) {
    const body = new FormData();
    body.append("file", file);
    body.append("text", text);
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    let response;
    try {
      response = await fetch(`${base}${record}/attachments/`, {
        method: "POST", body, credentials: "same-origin",
        headers: {
          Accept: "application/json", "X-Clinic": document.querySelector("main").dataset.clinic,
          "X-CSRFToken": token ? token.slice("csrftoken=".length) : "",
          "Idempotency-Key": keyOf(`${record}:${file.name}:${file.size}:${file.lastModified}:${text}`),
        },
      });
    } catch {
      throw new Problem({ title: "No hay conexión. Revisá internet y probá de nuevo." }, 0);
    }
    if (!response.ok) throw new Problem(await response.json().catch(() => ({})), response.status);
  }

  /* --- the mouth --- */
  const panel = byId("tooth");
  const finding = byId("finding");

  function chosen() {
    const [where, code] = finding.value.split(":");
    return { where, code, status: document.querySelector("input[name=status]:checked").value };
  }

  function mark(number, face) {
    const { where, code, status } = chosen();
    mouth.toggle(number, where === "face" ? face : null, code, status);
    byId("said").textContent = mouth.describe(number);
    byId("mouth-save").disabled = false;
    show(number, false);
  }

  function show(number, enter) {
    if (!panel) return;
    const whole = chosen().where === "tooth";
    const inside = panel.contains(document.activeElement) ? document.activeElement.dataset.face : null;
    panel.hidden = false;
    byId("tooth-title").textContent = mouth.describe(number);
    const faces = whole ? [["", "toda la pieza"]] : Object.entries(drawn.words.faces);
    byId("tooth-faces").replaceChildren(...faces.map(([face, word]) => make(
      "button", { type: "button", class: "button", "data-face": face, onclick: () => mark(number, face) }, word,
    )));
    const first = byId("tooth-faces").querySelector(inside === null ? "button" : `[data-face="${inside}"]`);
    if (enter || inside !== null) first.focus();
  }

  const mouth = new window.Odontogram(byId("mouth"), drawn.mouth, drawn.words, drawn.writes ? { pick: mark, choose: show } : {});
  if (!drawn.writes) return;

  finding.addEventListener("change", () => { if (!panel.hidden) show(mouth.current, false); });
  byId("mouth-reset").addEventListener("click", () => {
    mouth.mouth = structuredClone(drawn.mouth);
    mouth.draw();
    panel.hidden = true;
    byId("mouth-save").disabled = true;
  });
  byId("mouth-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sign(event.target, () => post({ kind: "odontogram", content: mouth.mouth, text: byId("mouth-text").value }));
  });

  /* --- the anamnesis: a line an item; lines left as they were keep what else is known of them --- */
  const history = byId("history-form");
  const lists = [...history.querySelectorAll("[data-list]")];
  const items = (list) => (drawn.history[list.dataset.list] || []).filter(
    (item) => list.dataset.list !== "medication" || Boolean(item.anticoagulant) === Boolean(list.dataset.thins),
  );
  for (const list of lists) {
    list.querySelector("textarea").value = items(list).map((item) => item[list.dataset.name]).join("\n");
    const none = list.querySelector("input");
    if (none) none.checked = (drawn.history[list.dataset.list] || null) !== null && !drawn.history[list.dataset.list].length;
  }
  for (const one of history.querySelectorAll("[data-one]")) one.value = (drawn.history[one.dataset.one] || {}).status || "";

  function lines(list) {
    const known = new Map(items(list).map((item) => [item[list.dataset.name], item]));
    const fresh = (line) => ({ [list.dataset.name]: line, ...(list.dataset.thins ? { anticoagulant: true } : {}) });
    return list.querySelector("textarea").value.split("\n").map((line) => line.trim()).filter(Boolean)
      .map((line) => known.get(line) || fresh(line));
  }

  history.addEventListener("submit", (event) => {
    event.preventDefault();
    const content = { version: 1 };
    for (const list of lists) {
      const found = lines(list), none = list.querySelector("input");
      const before = content[list.dataset.list];
      if (found.length) content[list.dataset.list] = [...(before || []), ...found];
      else if (!before && none && none.checked) content[list.dataset.list] = [];
    }
    for (const one of history.querySelectorAll("[data-one]")) {
      const before = drawn.history[one.dataset.one];
      if (one.value) content[one.dataset.one] = before && before.status === one.value ? before : { status: one.value };
    }
    sign(history, () => post({ kind: "anamnesis", content }));
  });

  /* --- entries --- */
  byId("entry-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sign(event.target, () => post({ kind: "evolution", text: byId("entry-text").value }));
  });
  for (const form of document.querySelectorAll(".addendum-form")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = form.querySelector("textarea").value, [file] = form.querySelector("input[type=file]").files;
      const body = { text };
      sign(form, () => (file
        ? upload(form.dataset.record, file, text)
        : call(`${base}${form.dataset.record}/addenda/`, { body, key: keyOf(`${form.dataset.record}:${text}`) })));
    });
  }
})();
