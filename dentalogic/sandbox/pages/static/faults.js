// Switch faults on and off.

import { element } from "./bubbles.js";

const find = (id) => document.getElementById(id);
const WORDS = { whatsapp: "WhatsApp", google: "Google Calendar", openai: "Recepcionista" };

function described(fault) {
  const what = [];
  if (fault.after) what.push("pierde la respuesta");
  else if (fault.drop) what.push("corta la conexión");
  if (fault.status) what.push(`error ${fault.status}`);
  if (fault.garbage) what.push("responde basura");
  if (fault.delay) what.push(`tarda ${fault.delay} s`);
  return `${WORDS[fault.vendor]}: ${what.join(", ")} · quedan ${fault.times - fault.hits}`;
}

async function refresh() {
  const { faults } = await (await fetch("/faults/")).json();
  const rows = faults.map((fault) => element("li", {}, described(fault),
    element("button", { type: "button", class: "quiet", onclick: () => forget(`?id=${fault.id}`) }, "Quitar")));
  find("waiting").replaceChildren(...(rows.length ? rows : [element("li", {}, "Ninguna.")]));
}

async function forget(query = "") {
  await fetch(`/faults/${query}`, { method: "DELETE" });
  await refresh();
}

find("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const kind = find("kind").value;
  const what = { drop: { drop: true }, lost: { drop: true, after: true }, garbage: { garbage: true }, delay: { delay: 10 } }[kind] ?? { status: Number(kind) };
  const body = { vendor: find("vendor").value, times: Number(find("times").value), ...what };
  await fetch("/faults/", { method: "POST", body: JSON.stringify(body) });
  await refresh();
});
find("clear").addEventListener("click", () => forget());
setInterval(refresh, 2000);
refresh();
