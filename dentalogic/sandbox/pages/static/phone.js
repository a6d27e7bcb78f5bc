// The patient's phone: who writes, the live stream, and what is sent.

import { bubbleOf, dayOf, element, setState } from "./bubbles.js";

const find = (id) => document.getElementById(id);
const log = find("log"), form = find("who"), text = find("text"), presence = find("presence");
const NAMES = ["Lucía Fernández", "Martín Acosta", "Sofía Giménez", "Tomás Benítez", "Valentina Sosa", "Joaquín Herrera", "Camila Ortiz", "Nicolás Paz"];
const IDEAS = ["Hola, quiero un turno para una limpieza", "¿Qué turnos hay el martes a la tarde?", "Se me rompió una muela y me duele mucho", "¿Atienden por OSDE?", "Quiero cancelar mi turno", "Quiero hablar con una persona"];
const shown = new Map();
let patient = load();
let stream = null;
let typingEnds = 0;
let lastDay = "";
let lastDirection = "";

function randomPatient() {
  const number = "+54911" + String(Math.floor(3e7 + Math.random() * 4e7));
  return { number, name: NAMES[Math.floor(Math.random() * NAMES.length)], line: form.line.value };
}

function load() {
  try {
    const kept = JSON.parse(localStorage.getItem("patient"));
    if (kept?.number && kept?.name) return kept;
  } catch { /* nothing usable was kept */ }
  return randomPatient();
}

function use(next) {
  patient = next;
  localStorage.setItem("patient", JSON.stringify(patient));
  form.name.value = patient.name;
  form.number.value = patient.number;
  if ([...form.line.options].some((option) => option.value === patient.line)) form.line.value = patient.line;
  patient.line = form.line.value;
  find("clinic").textContent = form.line.selectedOptions[0].textContent;
  document.querySelector(".side").classList.remove("open");
  find("open-who").setAttribute("aria-expanded", "false");
  listen();
}

function clear() {
  shown.clear();
  for (const old of log.querySelectorAll(".bubble, .day")) old.remove();
  stopTyping();
  lastDay = lastDirection = "";
}

function listen() {
  stream?.close();
  clear();
  presence.textContent = "conectando…";
  const query = new URLSearchParams({ user: patient.number, line: patient.line });
  // EventSource reconnects by itself; each connection begins with the whole history.
  stream = new EventSource(`/phone/stream?${query}`);
  stream.addEventListener("open", () => { presence.textContent = "en línea"; });
  stream.addEventListener("error", () => { presence.textContent = "sin conexión, reintentando…"; });
  const on = (name, act) => stream.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("history", ({ messages }) => { clear(); messages.forEach(show); recent(); ideas(); });
  on("message", ({ message }) => { if (message.direction === "out") stopTyping(); show(message); ideas(); });
  on("status", ({ id, status, failed }) => { const bubble = shown.get(id); if (bubble) setState(bubble, status, failed); });
  on("typing", ({ seconds }) => startTyping(seconds));
}

function show(message) {
  if (shown.has(message.id)) return;
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 160;
  const day = dayOf(message);
  if (day !== lastDay) { log.append(element("p", { class: "day" }, day)); lastDirection = ""; }
  const bubble = bubbleOf(message, choose);
  if (message.direction !== lastDirection) bubble.classList.add("first");
  lastDay = day;
  lastDirection = message.direction;
  shown.set(message.id, bubble);
  const dots = log.querySelector(".typing");
  if (dots) dots.before(bubble); else log.append(bubble);
  if (near || message.direction === "in") log.scrollTop = log.scrollHeight;
}

function startTyping(seconds) {
  stopTyping();
  presence.textContent = "escribiendo…";
  const dots = element("div", { class: "typing", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
  log.append(dots);
  log.scrollTop = log.scrollHeight;
  typingEnds = setTimeout(stopTyping, seconds * 1000);
}

function stopTyping() {
  clearTimeout(typingEnds);
  log.querySelector(".typing")?.remove();
  if (presence.textContent === "escribiendo…") presence.textContent = "en línea";
}

async function send(content) {
  const body = { from: patient.number, name: patient.name, to: patient.line, ...content };
  try {
    const answer = await fetch("/phone/messages", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error((await answer.json()).error);
    show((await answer.json()).message);
  } catch (problem) {
    presence.textContent = `no se pudo enviar: ${problem.message}`;
  }
}

function choose(kind, row, message) {
  const context = { id: message.id };
  if (kind === "button") return send({ button: { text: row.title, payload: row.id }, context });
  const reply = { id: row.id, title: row.title };
  return send({ interactive: { type: kind, [kind]: reply }, context });
}

function takeText() {
  const words = text.value.trim();
  text.value = "";
  grow();
  text.focus();
  return words;
}

function grow() {
  text.rows = Math.min(6, Math.max(1, text.value.split("\n").length + Math.floor(text.value.length / 60)));
}

async function attach(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const kind = file.type.startsWith("image/") ? "image" : file.type.startsWith("audio/") ? "audio" : "document";
  const caption = kind === "audio" ? undefined : takeText() || undefined;
  await send({ [kind]: { data: btoa(binary), mime_type: file.type, filename: file.name, caption } });
}

function ideas() {
  const place = find("ideas");
  place.hidden = [...shown.values()].some((bubble) => bubble.dataset.direction === "in");
  if (place.hidden || place.children.length) return;
  for (const idea of IDEAS) place.append(element("button", { type: "button", onclick: () => send({ text: idea }) }, idea));
}

async function recent() {
  const { chats } = await (await fetch("/phone/chats")).json();
  const others = chats.filter((chat) => chat.name && chat.user !== patient.number.replace(/\D/g, "")).slice(0, 8);
  find("recent").hidden = others.length === 0;
  find("chats").replaceChildren(...others.map((chat) =>
    element("li", {}, element("button", { type: "button", onclick: () => use({ number: "+" + chat.user, name: chat.name, line: chat.line }) },
      element("strong", {}, chat.name), element("span", {}, chat.last)))));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  use({ number: form.number.value.trim(), name: form.name.value.trim(), line: form.line.value });
});
find("random").addEventListener("click", () => use(randomPatient()));
find("open-who").addEventListener("click", () => {
  const open = document.querySelector(".side").classList.toggle("open");
  find("open-who").setAttribute("aria-expanded", String(open));
  if (open) form.name.focus();
});
find("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = takeText();
  if (words) send({ text: words });
});
find("voice").addEventListener("click", () => {
  const words = takeText();
  if (words) send({ audio: {}, transcript: words });
  else presence.textContent = "escriba lo que dirá la nota de voz";
});
find("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) attach(file);
  event.target.value = "";
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    find("compose").requestSubmit();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector(".side").classList.remove("open");
});

use(patient);
