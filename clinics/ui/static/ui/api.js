/* Calls of the REST interface with the session, its CSRF token and the clinic that was drawn. */
"use strict";
(() => {
  const WORDS = {
    "stale-version": "Otra persona cambió este turno recién. Ya ves la versión actual: revisala y volvé a intentar.",
    "transition-refused": "El turno ya no está en ese estado.",
    "slot-taken": "Ese horario ya no está libre.",
    "patient-busy": "El paciente ya tiene un turno a esa hora.",
    "clinic-switched": "Cambiaste de clínica en otra pestaña. Volvé a cargar la página.",
    "csrf-failed": "La página venció. Volvé a cargarla.",
  };

  class Problem extends Error {
    constructor(body, status) {
      const code = (body.type || "").split(":").pop();
      super(WORDS[code] || sentences(body) || body.title || "No se pudo. Probá de nuevo.");
      Object.assign(this, { code, status, body });
    }
  }

  function sentences(body) {
    return Object.values(body.errors || {}).flat(3).filter((one) => typeof one === "string").join(" ");
  }

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  async function call(path, { body, key, method = body === undefined ? "GET" : "POST" } = {}) {
    const headers = { Accept: "application/json", "X-Clinic": document.querySelector("main").dataset.clinic };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET") {
      headers["X-CSRFToken"] = cookie("csrftoken");
      if (key) headers["Idempotency-Key"] = key;
    }
    let response;
    try {
      response = await fetch(path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
      });
    } catch {
      throw new Problem({ title: "No hay conexión. Revisá internet y probá de nuevo." }, 0);
    }
    if (response.status === 401) { location.reload(); }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Problem(answer, response.status);
    return answer;
  }

  /* An element with text, never markup: names of people are not trusted to be harmless. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "class") element.className = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  }

  window.Api = { call, Problem, make };
})();
