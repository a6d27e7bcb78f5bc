/* The odontogram as SVG: FDI numbers, five faces, findings to be done (blue) and done (red). */
"use strict";
(() => {
  const ROWS = [
    [[18, 17, 16, 15, 14, 13, 12, 11], [21, 22, 23, 24, 25, 26, 27, 28]],
    [[55, 54, 53, 52, 51], [61, 62, 63, 64, 65]],
    [[85, 84, 83, 82, 81], [71, 72, 73, 74, 75]],
    [[48, 47, 46, 45, 44, 43, 42, 41], [31, 32, 33, 34, 35, 36, 37, 38]],
  ];
  const SVG = "http://www.w3.org/2000/svg";
  const SIZE = 34, GAP = 6, HEIGHT = 62, MIDDLE = 14, WIDTH = 16 * (SIZE + GAP) + MIDDLE;
  const SHAPES = {
    top: "0,0 34,0 25,9 9,9", right: "34,0 34,34 25,25 25,9",
    bottom: "34,34 0,34 9,25 25,25", left: "0,34 0,0 9,9 9,25", middle: "9,9 25,9 25,25 9,25",
  };

  /* Where each face is drawn: the outside of the mouth looks up above and down below. */
  function places(number) {
    const quadrant = Math.floor(number / 10);
    const upper = [1, 2, 5, 6].includes(quadrant), right = [1, 4, 5, 8].includes(quadrant);
    return {
      top: upper ? "V" : "L", bottom: upper ? "L" : "V",
      left: right ? "D" : "M", right: right ? "M" : "D", middle: "O",
    };
  }

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /* What is to be done shows, whatever else was done there. */
  function shown(marks) {
    if (!marks || !marks.length) return "";
    return marks.some((mark) => mark.status === "pending") ? "pending" : "done";
  }

  class Odontogram {
    constructor(place, mouth, words, { pick, choose }) {
      Object.assign(this, { place, words, pick, choose });
      this.mouth = structuredClone(mouth);
      this.current = 18;
      this.order = ROWS.map(([one, other]) => [...one, ...other]);
      this.draw();
    }

    tooth(number) {
      return this.mouth.teeth[number] || { tooth: [], faces: {} };
    }

    /* "16: Caries en oclusal (a realizar)" */
    describe(number) {
      const { tooth, faces } = this.tooth(number);
      const parts = tooth.map((mark) => `${this.words.onTeeth[mark.finding]} (${this.words.statuses[mark.status]})`);
      for (const [face, marks] of Object.entries(faces)) {
        for (const mark of marks) parts.push(`${this.words.onFaces[mark.finding]} en ${this.words.faces[face]} (${this.words.statuses[mark.status]})`);
      }
      return `Pieza ${number}: ${parts.join(", ") || "sin hallazgos"}`;
    }

    draw() {
      const focused = this.place.contains(document.activeElement);
      const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${ROWS.length * HEIGHT}`, class: "teeth" });
      ROWS.forEach(([left, right], row) => {
        const indent = (8 - left.length) * (SIZE + GAP);
        left.forEach((number, at) => root.append(this.one(number, indent + at * (SIZE + GAP), row * HEIGHT)));
        right.forEach((number, at) => root.append(this.one(number, 8 * (SIZE + GAP) + MIDDLE + at * (SIZE + GAP), row * HEIGHT)));
      });
      this.place.replaceChildren(root);
      if (focused) this.focus(this.current);
    }

    one(number, x, y) {
      const { tooth, faces } = this.tooth(number);
      const group = svg("g", {
        transform: `translate(${x + GAP / 2} ${y + 20})`, class: "tooth", role: "button",
        tabindex: number === this.current ? "0" : "-1", "data-tooth": number, "aria-label": this.describe(number),
      });
      group.append(svg("text", { x: SIZE / 2, y: -6, class: "number" }, String(number)));
      for (const [where, face] of Object.entries(places(number))) {
        const polygon = svg("polygon", { points: SHAPES[where], class: `face ${shown(faces[face])}`, "data-face": face });
        polygon.append(svg("title", {}, `${number} ${this.words.faces[face]}`));
        group.append(polygon);
      }
      const state = shown(tooth);
      if (tooth.some((mark) => ["absent", "extraction"].includes(mark.finding))) {
        group.append(svg("path", { d: "M2 2 32 32M32 2 2 32", class: `cross ${state}` }));
      } else if (state) {
        group.append(svg("circle", { cx: 17, cy: 17, r: 19, class: `ring ${state}` }));
      }
      group.addEventListener("click", (event) => {
        this.go(number);
        const face = event.target.dataset.face;
        if (face && this.pick) this.pick(number, face);
      });
      group.addEventListener("keydown", (event) => this.key(event, number));
      return group;
    }

    key(event, number) {
      const row = this.order.findIndex((teeth) => teeth.includes(number));
      const at = this.order[row].indexOf(number);
      const to = {
        ArrowRight: () => this.order[row][at + 1], ArrowLeft: () => this.order[row][at - 1],
        ArrowDown: () => this.beside(row + 1, row, at), ArrowUp: () => this.beside(row - 1, row, at),
      }[event.key];
      if (to) {
        event.preventDefault();
        const next = to();
        if (next) this.go(next);
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        this.go(number);
        if (this.choose) this.choose(number, true);
      }
    }

    beside(to, from, at) {
      const teeth = this.order[to];
      if (!teeth) return undefined;
      const shift = (teeth.length - this.order[from].length) / 2;
      return teeth[Math.min(Math.max(at + shift, 0), teeth.length - 1)];
    }

    go(number) {
      this.current = number;
      for (const one of this.place.querySelectorAll("[data-tooth]")) one.setAttribute("tabindex", Number(one.dataset.tooth) === number ? "0" : "-1");
      this.focus(number);
      if (this.choose) this.choose(number, false);
    }

    focus(number) {
      const found = this.place.querySelector(`[data-tooth="${number}"]`);
      if (found) found.focus();
    }

    /* Set a mark, or take it off where it is already so. `face` is null for the whole tooth. */
    toggle(number, face, finding, status) {
      const tooth = structuredClone(this.tooth(number));
      const marks = face ? tooth.faces[face] || [] : tooth.tooth;
      const same = marks.some((mark) => mark.finding === finding && mark.status === status);
      const others = marks.filter((mark) => mark.finding !== finding);
      const next = same ? others : [...others, { finding, status }];
      if (face) tooth.faces[face] = next; else tooth.tooth = next;
      if (face && !next.length) delete tooth.faces[face];
      this.mouth.teeth[number] = tooth;
      if (!tooth.tooth.length && !Object.keys(tooth.faces).length) delete this.mouth.teeth[number];
      this.draw();
      return !same;
    }
  }

  window.Odontogram = Odontogram;
})();
