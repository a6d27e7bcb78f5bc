/* The till. The server draws the day; here forms are sent, and the day is drawn again. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const { call, make } = window.Api;
  const by = (id) => document.getElementById(id);
  const page = document.querySelector("main").dataset;
  const methods = JSON.parse(by("methods").textContent);
  const SAID = "cash-said";

  /* What the last form did, told once the day is drawn again. */
  const told = sessionStorage.getItem(SAID);
  sessionStorage.removeItem(SAID);
  if (told) { by("said").textContent = told; by("said").hidden = false; }

  /* "1.234,56" and "1234.56" are the same; text, so that no cent is lost on the way. */
  function amount(text) {
    const plain = text.replace(/[\s$]/g, "");
    return plain.includes(",") ? plain.replaceAll(".", "").replace(",", ".") : plain;
  }

  function cents(text) {
    const found = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text);
    return found ? Number(`${found[1]}${found[2]}${(found[3] || "").padEnd(2, "0")}`) : null;
  }

  function fail(element, problem) {
    element.textContent = problem.message;
    element.hidden = false;
  }

  /* One key per form and content: pressed twice, done once. */
  let sent = { body: "", key: "" };
  async function send(path, body, said, error) {
    const text = JSON.stringify([path, body]);
    if (sent.body !== text) sent = { body: text, key: crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}` };
    error.hidden = true;
    try {
      await call(path, { body, key: sent.key });
    } catch (problem) {
      fail(error, problem);
      return problem;
    }
    sessionStorage.setItem(SAID, said);
    location.reload();
    return null;
  }

  async function submit(event, work) {
    event.preventDefault();
    const button = event.target.querySelector("button:not([type])");
    button.disabled = true;
    await work();
    button.disabled = false;
  }

  /* ---- one more movement ---- */
  function fit() {
    const ways = methods[by("kind").value];
    for (const option of by("method").options) { option.disabled = option.hidden = !ways.includes(option.value); }
    if (!ways.includes(by("method").value)) by("method").value = ways[0];
    by("insurer-field").hidden = by("method").value !== "insurer";
  }
  by("kind").addEventListener("change", fit);
  by("method").addEventListener("change", fit);
  fit();

  let searching = 0;
  by("patient-search").addEventListener("input", () => {
    clearTimeout(searching);
    searching = setTimeout(async () => {
      const words = by("patient-search").value.trim();
      by("patient-field").hidden = !words;
      if (!words) { by("patient").replaceChildren(); return; }
      try {
        const found = await call(`/api/v1/patients/?limit=8&q=${encodeURIComponent(words)}`);
        if (words !== by("patient-search").value.trim()) return;
        by("patient").replaceChildren(
          ...found.results.map((one) => make("option", { value: one.id }, `${one.first_name} ${one.last_name}${one.dni ? ` · ${one.dni}` : ""}`)),
          make("option", { value: "" }, found.results.length ? "Ninguno de estos" : "Nadie con ese nombre"));
      } catch (problem) { fail(by("cash-error"), problem); }
    }, 250);
  });

  by("add").addEventListener("submit", (event) => submit(event, () => {
    const body = {
      kind: by("kind").value, method: by("method").value, amount: amount(by("amount").value),
      occurred_on: page.day, description: by("description").value.trim(),
    };
    if (by("method").value === "insurer" && by("insurer").value) body.insurer = by("insurer").value;
    if (by("patient").value) body.patient = by("patient").value;
    if (by("late-reason")) body.late_reason = by("late-reason").value;
    return send("/api/v1/transactions/", body, "Movimiento agregado.", by("cash-error"));
  }));

  /* ---- taking one back ---- */
  let reversing = "";
  for (const button of document.querySelectorAll("[data-reverse]")) {
    button.addEventListener("click", () => {
      reversing = button.dataset.reverse;
      by("ask-error").hidden = true;
      by("ask").showModal();
    });
  }
  by("ask-back").addEventListener("click", () => by("ask").close());
  by("ask-form").addEventListener("submit", (event) => submit(event, async () => {
    const body = { reason: by("ask-reason").value };
    if (by("ask-late").value) body.late_reason = by("ask-late").value;
    const problem = await send(`/api/v1/transactions/${reversing}/reverse/`, body, "Movimiento anulado.", by("ask-error"));
    if (problem && problem.code === "day-closed") by("ask-late-field").hidden = false;
  }));

  /* ---- closing and reopening ---- */
  if (by("close")) {
    const opening = () => (by("opening") && by("opening").value ? amount(by("opening").value) : null);
    const show = () => {
      const counted = cents(amount(by("counted").value));
      const expected = cents(page.expected) + (opening() === null ? 0 : (cents(opening()) || 0));
      const apart = counted === null ? null : counted - expected;
      by("difference").textContent = apart === null ? "" : apart === 0 ? "Coincide." : `${apart > 0 ? "Sobran" : "Faltan"} ${(Math.abs(apart) / 100).toLocaleString("es-AR", { minimumFractionDigits: 2 })}.`;
    };
    by("counted").addEventListener("input", show);
    if (by("opening")) by("opening").addEventListener("input", show);
    by("close").addEventListener("submit", (event) => submit(event, () => {
      const body = { version: Number(page.version), counted_cash: amount(by("counted").value) };
      if (opening() !== null) body.opening = opening();
      return send(`/api/v1/cash-flow/${page.day}/close/`, body, "Caja cerrada.", by("cash-error"));
    }));
  }
  if (by("reopen")) {
    by("reopen").addEventListener("submit", (event) => submit(event, () => send(
      `/api/v1/cash-flow/${page.day}/reopen/`, { version: Number(page.version), reason: by("reopen-reason").value },
      "Caja reabierta.", by("cash-error"))));
  }
});
