// Small conveniences; every page works without them. No inline script anywhere: things are found by data attributes.
"use strict";

(() => {
  const root = document.querySelector(".logo[href]")?.getAttribute("href")?.replace(/\/$/, "") ?? "";
  const $ = (selector, from = document) => from.querySelector(selector);

  // theme: a cookie, so that the server paints the right one at once
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const toggleTheme = () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    document.cookie = `tally_theme=${next}; path=${root || "/"}; max-age=31536000; samesite=lax`;
    document.dispatchEvent(new CustomEvent("tally:theme"));
  };

  // dialogs
  const open = (id) => {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  };

  // navigation on narrow screens
  const menu = $("[data-menu]");
  const nav = document.getElementById("nav");
  const showMenu = (shown) => {
    nav?.classList.toggle("open", shown);
    menu?.setAttribute("aria-expanded", String(shown));
    if (!shown && location.hash === "#nav") history.replaceState(null, "", location.pathname + location.search);
  };

  const copy = async (button) => {
    const told = $(".told", button);
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      told.textContent = "Copied";
    } catch {
      told.textContent = "Not allowed";
    }
    setTimeout(() => { told.textContent = ""; }, 1600);
  };

  document.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null;
    if (!at) return;
    const opener = at.closest("[data-opens]");
    if (opener) return open(opener.dataset.opens);
    if (at.closest("[data-closes]")) return at.closest("dialog")?.close();
    if (at.closest("[data-theme-toggle]")) return toggleTheme();
    if (at.closest("[data-print]")) return window.print();
    const copied = at.closest("[data-copy]");
    if (copied) return void copy(copied);
    if (at.closest("[data-menu]")) {
      event.preventDefault();
      return showMenu(!nav.classList.contains("open"));
    }
    if (at instanceof HTMLDialogElement) at.close();
    document.querySelectorAll("details[data-pop][open]").forEach((pop) => { if (!pop.contains(at)) pop.open = false; });
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
  });

  // keyboard
  const GO = { o: "/", p: "/payments", l: "/ledger", r: "/reconciliation", b: "/breaks", c: "/close", w: "/webhooks", k: "/keys" };
  let waiting = 0;
  const rows = () => [...document.querySelectorAll("[data-row] .cover, a[data-row]")].filter((row) => row.offsetParent !== null);
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details[data-pop][open]").forEach((pop) => { pop.open = false; $("summary", pop).focus(); });
      if (nav?.classList.contains("open")) { showMenu(false); menu.focus(); }
      return;
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (waiting && Date.now() - waiting < 1200 && GO[event.key]) {
      waiting = 0;
      event.preventDefault();
      location.assign(root + GO[event.key]);
      return;
    }
    waiting = event.key === "g" ? Date.now() : 0;
    if (event.key === "/") {
      const field = [document.getElementById("q"), $("[data-find]")].find((one) => one && one.offsetParent !== null);
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    } else if (event.key === "?") {
      event.preventDefault();
      open("shortcuts");
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });

  // relative times move on while the page stays open; the exact time is in the title
  const words = (seconds) => {
    const span = Math.abs(seconds);
    if (span < 45) return seconds >= 0 ? "just now" : "in a moment";
    const [unit, size] = span >= 86400 ? ["d", 86400] : span >= 3600 ? ["h", 3600] : span >= 60 ? ["min", 60] : ["s", 1];
    const minutes = unit === "h" ? Math.floor(span / 60) % 60 : 0;
    const text = `${Math.floor(span / size)}\u00a0${unit}${minutes ? ` ${minutes}\u00a0min` : ""}`;
    return seconds > 0 ? `${text} ago` : `in ${text}`;
  };
  const served = Number(document.documentElement.dataset.now) || Date.now() / 1000;
  const loaded = performance.now();
  setInterval(() => {
    const now = served + (performance.now() - loaded) / 1000;
    document.querySelectorAll("time[data-relative]").forEach((time) => {
      const text = words(Math.floor(now - Date.parse(time.dateTime) / 1000));
      if (time.textContent !== text) time.textContent = text;
    });
  }, 30000);

  // a message about what was done goes away by itself, and a reload does not repeat it
  const toast = $("[data-toast]");
  if (toast) {
    const url = new URL(location.href);
    url.searchParams.delete("done");
    history.replaceState(null, "", url);
    setTimeout(() => toast.remove(), 6000);
  }
})();
