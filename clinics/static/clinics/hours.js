// Adds and removes rows of working hours. Without it each day still has its rows and can be saved.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove]");
  const day = button && button.closest("[data-day]");
  if (!day) return;
  const rows = day.querySelector("[data-rows]");
  const row = button.closest("[data-row]");
  if (row && rows.children.length > 1) {
    row.remove();
    return;
  }
  const target = row || rows.lastElementChild.cloneNode(true);
  target.querySelectorAll("input").forEach((input) => { input.value = ""; });
  if (!row) rows.append(target);
  target.querySelector("input").focus();
});
