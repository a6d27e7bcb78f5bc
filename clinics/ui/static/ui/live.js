/* The line to the clinic's events: stays connected, asks for what it missed, never counts twice. */
"use strict";
window.Live = class Live {
  /* heard(event), resync(number) and state(name) are called as things happen. */
  constructor({ since, heard, resync, state }) {
    Object.assign(this, { since, heard, resync, state, tries: 0, timer: 0, socket: null });
    addEventListener("online", () => this.soon(0));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.soon(0); });
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/events/?since=${this.since}`);
    this.socket = socket;
    socket.onopen = () => { this.stable = setTimeout(() => { this.tries = 0; }, 3000); this.state("on"); };
    socket.onmessage = (message) => this.receive(JSON.parse(message.data));
    socket.onclose = (event) => { clearTimeout(this.stable); if (socket === this.socket) this.ended(event.code); };
  }

  receive(event) {
    if (event.type === "resync") {
      this.since = event.id;
      this.resync(event.id);
      return;
    }
    if (event.id <= this.since) return;
    this.since = event.id;
    this.heard(event);
  }

  ended(code) {
    this.socket = null;
    if (code === 4401 || code === 4403) {
      // The page says why: the log-in knows.
      location.reload();
      return;
    }
    this.state(code === 4429 ? "many" : "off");
    const longest = code === 4429 ? 60000 : 15000;
    const pause = Math.min(longest, 500 * 2 ** this.tries);
    this.tries += 1;
    // What the socket can't bring meanwhile is read instead, now and then.
    if (this.tries > 2) this.resync(null);
    this.soon(pause * (0.75 + Math.random() / 2));
  }

  soon(milliseconds) {
    if (this.socket) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), milliseconds);
  }
};
