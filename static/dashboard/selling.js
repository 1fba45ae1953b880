// Selling back: offers that expire, and selecting many rows. Every page works without this script.
"use strict";

(() => {
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // --- offer: counts down; announced 15 seconds before it expires and when it expires -------------------
  const ANNOUNCED = 15;

  function hold(form) {
    if ("held" in form.dataset) return;
    form.dataset.held = "";
    const ends = performance.now() + Number(form.dataset.offer) * 1000;
    const shown = find("[data-offer-left]", form);
    const spoken = find("[data-offer-say]", form);
    const button = find(".primary", form);
    const again = find("[data-renew]", form);

    const timer = setInterval(() => {
      if (!form.isConnected) return clearInterval(timer);
      const left = Math.ceil((ends - performance.now()) / 1000);
      if (left > 0) {
        shown.textContent = left === 1 ? shown.dataset.one : shown.dataset.other.replace("{}", left);
        if (left <= ANNOUNCED && !spoken.textContent) spoken.textContent = spoken.dataset.soon.replace("{}", left);
        return;
      }
      clearInterval(timer);
      const had = document.activeElement === button;
      button.disabled = true;
      form.dataset.lapsed = "";
      shown.textContent = shown.dataset.lapsed;
      spoken.textContent = spoken.dataset.lapsed;
      if (had) again.focus();
    }, 1000);
  }

  // --- selecting: a box for each row, Shift for a range, one box for the whole page ------------------------
  let last = null;
  const boxes = () => all('input[name="item"][type="checkbox"]:not(:disabled)');

  function count() {
    const bar = find("[data-selection]");
    if (!bar) return;
    const chosen = boxes().filter((box) => box.checked).length;
    const total = boxes().length;
    find("[data-count]", bar).textContent = chosen ? bar.dataset.selected.replace("{}", chosen) : bar.dataset.none;
    find("[data-needs-selection]", bar).disabled = !chosen;
    const whole = find("[data-select-page]");
    if (whole) {
      whole.checked = total > 0 && chosen === total;
      whole.indeterminate = chosen > 0 && chosen < total;
    }
  }

  function range(box) {
    const rows = boxes();
    const [from, to] = [rows.indexOf(last), rows.indexOf(box)].sort((a, b) => a - b);
    if (from < 0) return;
    for (const one of rows.slice(from, to + 1)) one.checked = box.checked;
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.('input[name="item"][type="checkbox"]')) return;
    if (event.shiftKey && last && last !== box) range(box);
    last = box;
    count();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-page]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches('[data-select-page], input[name="item"]')) count();
  });

  // --- x selects the focused row, j and k move; the list of shortcuts has a switch for them ---------------
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!find("[data-shortcuts]")?.checked || find("dialog[open]")) return;
    const target = event.target;
    const onBox = target.matches?.('input[name="item"]');
    if (!onBox && target.closest("input, select, textarea, [contenteditable]")) return;
    const rows = boxes();
    if (!rows.length || !["x", "j", "k"].includes(event.key)) return;
    const here = rows.findIndex((box) => box === target || box.closest("li, tr")?.contains(target));
    if (event.key === "x") {
      if (here >= 0) rows[here].click();
    } else {
      const step = event.key === "j" ? 1 : -1;
      rows[Math.min(Math.max(here + step, 0), rows.length - 1)].focus();
    }
    event.preventDefault();
  });

  function begin(from) {
    for (const form of all("form[data-offer]", from.parentNode ?? from)) hold(form);
    count();
  }
  document.addEventListener("htmx:load", (event) => begin(event.target));
  window.addEventListener("pageshow", () => begin(document)); // the browser may restore checked boxes of an earlier visit
})();
