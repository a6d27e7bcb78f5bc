// Build the bubbles of a chat. Everything a message says becomes text nodes, never markup.

const CLOCK = new Intl.DateTimeFormat("es-AR", { hour: "2-digit", minute: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat("es-AR", { weekday: "long", day: "numeric", month: "long" });
const SVG = "http://www.w3.org/2000/svg";
const STATES = {
  pending: "enviando", sent: "enviado", delivered: "entregado",
  read: "leído", played: "escuchado", failed: "no entregado",
};

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function dayOf(message) {
  const at = new Date(message.at);
  return at.toDateString() === new Date().toDateString() ? "Hoy" : DAY.format(at);
}

export function ticks(state) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 20 12");
  drawing.setAttribute("class", `ticks ${state === "played" ? "read" : state}`);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", STATES[state] ?? state);
  const path = document.createElementNS(SVG, "path");
  const shapes = {
    pending: "M10 2.5v4l2.5 1.5M10 11a5 5 0 1 0 0-10 5 5 0 0 0 0 10Z",
    sent: "m5 6.5 3.5 3.5L16 2",
    failed: "M10 1.5v5.5M10 10v.4",
  };
  path.setAttribute("d", shapes[state] ?? "m1 6.5 3.5 3.5L12 2M7.6 9.2l.9.8L16 2");
  drawing.append(path);
  return drawing;
}

// WhatsApp's own marks: *strong*, _emphasis_, ~deleted~, and addresses.
function formatted(text) {
  const holder = element("span", { class: "words" });
  const marks = /\*([^*\n]+)\*|_([^_\n]+)_|~([^~\n]+)~|(https?:\/\/[^\s]+)/g;
  let last = 0;
  for (const match of text.matchAll(marks)) {
    holder.append(text.slice(last, match.index));
    const [all, strong, emphasis, deleted, address] = match;
    if (strong) holder.append(element("strong", {}, strong));
    else if (emphasis) holder.append(element("em", {}, emphasis));
    else if (deleted) holder.append(element("s", {}, deleted));
    else holder.append(element("a", { href: address, rel: "noreferrer", target: "_blank" }, address));
    last = match.index + all.length;
  }
  holder.append(text.slice(last));
  return holder;
}

function address(content) {
  return content.id ? `/phone/media/${content.id}` : content.link;
}

function fileOf(message) {
  const content = message.payload?.[message.type];
  if (!content || typeof content !== "object") return null;
  if (message.type === "image" || message.type === "sticker") {
    return element("img", { src: address(content), alt: content.caption ?? "Imagen" });
  }
  if (message.type === "audio") {
    return element("audio", { src: address(content), controls: true, preload: "none" });
  }
  if (message.type === "document") {
    const name = content.filename ?? "Documento";
    return element("a", { class: "document", href: address(content), target: "_blank" }, "📄 ", name);
  }
  return null;
}

function choicesOf(message, choose) {
  const interactive = message.payload?.interactive;
  const action = interactive?.action ?? {};
  const rows = (action.buttons ?? []).map((button) => ["button_reply", button.reply]);
  for (const section of action.sections ?? []) {
    for (const row of section.rows ?? []) rows.push(["list_reply", row]);
  }
  for (const component of message.payload?.template?.components ?? []) {
    if (component.type === "button" && component.sub_type === "quick_reply") {
      const payload = component.parameters?.[0]?.payload ?? "";
      rows.push(["button", { id: payload, title: component.parameters?.[0]?.text ?? payload }]);
    }
  }
  if (message.direction !== "out" || rows.length === 0) return null;
  const buttons = rows.filter(([, row]) => row?.title).map(([kind, row]) =>
    element("button", { type: "button", onclick: () => choose(kind, row, message) }, row.title));
  return element("div", { class: "choices", role: "group", "aria-label": "Respuestas" }, ...buttons);
}

function labelOf(message) {
  if (message.type === "template") return `Plantilla · ${message.payload?.template?.name ?? ""}`;
  const header = message.payload?.interactive?.header?.text;
  return header ?? null;
}

export function setState(bubble, state, failed = 0) {
  if (bubble.dataset.direction === "in") bubble.querySelector(".ticks")?.replaceWith(ticks(state));
  if (state !== "failed") return;
  bubble.classList.add("broken");
  const reason = bubble.dataset.direction === "in"
    ? "La clínica no lo recibió" + (failed ? ` (respondió ${failed})` : " (no responde)")
    : `No se pudo entregar${failed ? ` (código ${failed})` : ""}`;
  bubble.querySelector(".meta").before(element("span", { class: "problem" }, reason));
}

export function bubbleOf(message, choose) {
  const mine = message.direction === "in";
  const label = labelOf(message);
  const file = fileOf(message);
  const bubble = element(
    "div",
    { class: `bubble ${message.direction}${file ? " files" : ""}`, "data-id": message.id, "data-direction": message.direction },
    element("span", { class: "visually-hidden" }, mine ? "Usted: " : "Clínica: "),
    label ? element("span", { class: "label" }, label) : null,
    file,
  );
  if (message.type === "audio" && message.text) {
    bubble.append(element("span", { class: "caption-of-voice" }, `Nota de voz simulada: «${message.text}»`));
  } else if (message.text && message.type !== "document") {
    bubble.append(formatted(message.text));
  } else if (!file) {
    bubble.append(formatted("Mensaje no compatible"));
  }
  bubble.append(
    element("div", { class: "meta" },
      element("time", { datetime: message.at }, CLOCK.format(new Date(message.at))),
      mine ? ticks(message.status) : null),
  );
  const choices = choicesOf(message, choose);
  if (choices) bubble.append(choices);
  if (message.status === "failed") setState(bubble, "failed", message.failed);
  return bubble;
}
