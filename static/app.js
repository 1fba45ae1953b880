// Dialogs, countdowns, local times, toasts and shortcuts. Every page works without this script.
"use strict";

(() => {
  const root = document.documentElement;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => from.querySelectorAll(selector);
  root.dataset.script = "";

  // --- time: the server writes UTC; a sandbox's clock may be ahead of this one --------------------------
  const serverTime = find('meta[name="now"]');
  const ahead = serverTime ? Date.parse(serverTime.content) - Date.now() : 0;
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  function localize(from) {
    for (const time of all("time[data-moment]:not([data-local])", from)) {
      time.textContent = local.format(new Date(time.dateTime));
      time.dataset.local = "";
      if (!time.closest("a, button, tr")) time.tabIndex = 0; // in a row, focus on the row's link shows the UTC time (app.css)
    }
  }

  // These sentences come from the page, in the viewer's language (templates/dashboard/words.html).
  const words = find("#words")?.dataset ?? {};
  const fill = (sentence, ...values) => sentence.replace(/\{\}/g, () => values.shift());

  function remaining(seconds) {
    if (seconds < 0) return words.closed;
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60);
    if (days >= 1) return fill(words.days, days, hours % 24);
    if (hours >= 1) return fill(words.hours, hours, minutes % 60);
    return fill(words.minutes, minutes, Math.floor(seconds % 60));
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const time of all("time[data-countdown]")) {
      const seconds = (Date.parse(time.dateTime) - now) / 1000;
      const text = remaining(seconds);
      if (time.textContent !== text) time.textContent = text;
      time.classList.toggle("soon", seconds >= 0 && seconds < 3600);
    }
  }

  // --- dialogs -------------------------------------------------------------------------------------------
  const dialog = find("#dialog");
  const body = find("#dialog-body");
  let dialogBusy = false;

  function close() {
    if (dialog?.open) dialog.close();
  }

  if (dialog) {
    // During a sellback the dialog stays open, because the response is shown in it.
    dialog.addEventListener("cancel", (event) => { if (dialogBusy) event.preventDefault(); });
    dialog.addEventListener("close", () => { body.replaceChildren(); });
  }
  for (const one of all("dialog")) {
    one.addEventListener("click", (event) => { if (event.target === one && !dialogBusy) one.close(); });
  }

  document.addEventListener("click", (event) => {
    const time = event.target.closest("td time[data-local]"); // it covers its row's link (app.css), so it follows that link
    if (time && !time.closest("a, button")) find(".cover", time.closest("tr"))?.click();
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-closes], [data-opens], [data-dismiss], [data-again]");
    if (!target) return;
    if ("again" in target.dataset) {
      event.preventDefault();
      location.reload();
    } else if (target.dataset.opens === "palette") {
      openPalette();
    } else if ("dismiss" in target.dataset) {
      target.closest(".toast").remove();
      find("main").focus({ preventScroll: true });
    } else if ("opens" in target.dataset) {
      find("#account")?.hidePopover();
      find("#palette")?.close();
      document.getElementById(target.dataset.opens).showModal();
    } else if (dialog?.open) {
      event.preventDefault();
      if (!dialogBusy) close();
    }
  });

  // htmx changes the address without reloading the page, so a saved view takes the current address.
  document.addEventListener("submit", (event) => {
    const query = find("[data-query]", event.target);
    if (query) query.value = location.search.slice(1);
  });

  // Polls are marked: they do not extend a login, and their failures show no message.
  const polls = (part) => part.getAttribute("hx-trigger")?.startsWith("every") ?? false;
  document.addEventListener("htmx:configRequest", (event) => {
    if (polls(event.target)) event.detail.headers["X-Poll"] = "1";
  });

  // A part does not poll while the page is hidden or while the focus is inside the part.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.target;
    if ("poll" in part.dataset && (document.hidden || part.contains(document.activeElement))) event.preventDefault();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (body?.contains(event.target) && event.detail.requestConfig.verb === "post") dialogBusy = true;
  });
  document.addEventListener("htmx:afterRequest", () => { dialogBusy = false; });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== body) return;
    if (body.childElementCount === 0) return;
    if (!dialog.open) dialog.showModal();
    (find("[autofocus]", body) ?? find(".primary", body))?.focus();
  });
  document.addEventListener("htmx:load", (event) => {
    localize(event.target);
    tick();
    for (const toast of event.target.matches?.(".toast") ? [event.target] : all(".toast", event.target)) expire(toast);
  });

  // --- after a sellback: the dialog closes, and the focus moves to the sold card's payout ---------------
  document.addEventListener("sold", (event) => {
    close();
    find(`#item-${event.detail.item} [data-after-sale]`)?.focus();
  });

  // --- toasts ----------------------------------------------------------------------------------------------
  const toasts = find("#toasts");

  function expire(toast) {
    setTimeout(() => {
      if (toast.matches(":hover, :focus-within")) expire(toast);
      else toast.remove();
    }, 10000);
  }

  // Errors stay until dismissed: one may be the only message about a sellback. A repeated error is announced again.
  function say(sentence) {
    if (!toasts) return;
    for (const line of all("p", toasts)) if (line.textContent === sentence) line.parentElement.remove();
    const toast = find("#toast").content.cloneNode(true);
    find("p", toast).textContent = sentence;
    toasts.append(toast);
  }

  // A part that failed to load is replaced by an error with the request id.
  function broken(target, answer) {
    const state = find("#broken").content.cloneNode(true);
    const id = answer?.getResponseHeader("X-Request-Id");
    const line = find("[data-request-id]", state);
    if (id) line.textContent = id; else line.parentElement.remove();
    target.replaceChildren(state);
  }

  function lost(event) {
    const { target, xhr, requestConfig } = event.detail;
    if (polls(event.target)) return;
    if (requestConfig?.verb === "post") {
      close();
      say(words.unsure);
    } else if (target?.id === "results" && find("#broken")) {
      broken(target, xhr);
    } else {
      say(words.silent);
    }
  }
  // A failed poll keeps the old content and polls again. The server itself sends 429 only to the dialog. Elsewhere
  // a proxy limits the rate, so the part counts as failed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    const limited = xhr.status === 429 && target !== body;
    if (limited) event.detail.isError = true;
    if (limited || (xhr.status >= 400 && polls(requestConfig.elt))) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:responseError", lost);
  document.addEventListener("htmx:sendError", lost);

  // --- shortcuts; the list of shortcuts has a switch for them ---------------------------------------------
  const shortcuts = find("#shortcuts");
  const choice = find("[data-shortcuts]");
  const stored = (() => { try { return localStorage; } catch { return null; } })();
  if (choice) {
    choice.checked = stored?.getItem("shortcuts") !== "off";
    choice.addEventListener("change", () => stored?.setItem("shortcuts", choice.checked ? "on" : "off"));
  }

  // --- search results and command menu: arrow keys move, Enter opens the first ---------------------------
  const palette = find("#palette");
  const search = find("#search");

  function walk(event) {
    const finder = event.target.closest(".palette") ?? event.target.closest(".finder");
    if (!finder || event.isComposing) return;
    const field = find('input[type="search"]', finder);
    const links = [...all(":is(.hits, .commands) li:not([hidden]) > :is(a, button)", finder)];
    const at = links.indexOf(event.target);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = event.key === "ArrowDown" ? at + 1 : at - 1;
      (links[next] ?? (next < 0 ? field : links[at]))?.focus();
    } else if (event.key === "Enter" && event.target === field && finder === palette && links.length) {
      event.preventDefault();
      links[0].click();
    } else if (event.key === "Escape" && finder !== palette) {
      find(".found", finder)?.replaceChildren();
      field.blur();
    }
  }
  document.addEventListener("keydown", walk);

  function openPalette() {
    if (!palette || find("dialog[open]")) return;
    const list = find(".commands", palette);
    for (const extra of all("[data-extra]", list)) extra.remove();
    for (const action of all("main [data-command]")) { // commands of the current page come first
      const line = document.createElement("li");
      const button = document.createElement("button");
      line.dataset.extra = "";
      button.type = "button";
      button.textContent = action.dataset.command || action.textContent.trim();
      button.addEventListener("click", () => { palette.close(); action.click(); });
      line.append(button);
      list.prepend(line);
    }
    find("input", palette).value = "";
    find("#palette-found").replaceChildren();
    narrow("");
    palette.showModal();
  }

  function narrow(text) {
    const words = text.toLowerCase().split(/\s+/);
    for (const line of all(".commands li", palette)) {
      const label = line.textContent.toLowerCase();
      line.hidden = !words.every((word) => label.includes(word));
    }
  }
  find("input", palette ?? document)?.addEventListener("input", (event) => { if (palette) narrow(event.target.value); });

  // --- keys: g and a letter go to a section -------------------------------------------------------------------
  let going = 0;

  function shortcut(event) {
    const went = Date.now() - going < 1500 && find(`[data-go="${CSS.escape(event.key)}"]`);
    going = event.key === "g" ? Date.now() : 0;
    if (went) return () => location.assign(went.href);
    if (event.key === "/" && search) return () => { search.focus(); search.select(); };
    if (event.key === "?" && shortcuts) return () => shortcuts.showModal();
    return null;
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && palette) {
      event.preventDefault();
      if (palette.open) palette.close(); else openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !choice?.checked) return;
    if (event.target.closest("input, select, textarea, [contenteditable]") || find("dialog[open]")) return;
    const act = shortcut(event);
    if (act) {
      event.preventDefault();
      act();
    }
  });

  localize(document);
  tick();
  setInterval(tick, 1000);
})();
