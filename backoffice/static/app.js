"use strict";
// What the pages do beyond links, forms and htmx. Every page works without it, except the pickers of the campaign form.

// One place to say "this form asks first".
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.submit();
});

// What is there to be copied is chosen as a whole.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-select-all]")) event.target.select();
});

// "/" goes to the search field of the page, as in many programs.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  const search = document.querySelector("[data-search]");
  if (event.key === "/" && !typing && search) { event.preventDefault(); search.focus(); }
});

// A page that is filtered as one types: what does not match is hidden, and headings with nothing left under them.
function filterItems(input) {
  const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const items = [...document.querySelectorAll(`[data-filter-item="${input.dataset.filter}"]`)];
  items.forEach((item) => {
    const text = item.textContent.toLocaleLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  });
  document.querySelectorAll("[data-filter-group]").forEach((group) => {
    group.hidden = !group.querySelector("[data-filter-item]:not([hidden])");
  });
  document.querySelector("[data-filter-none]").hidden = items.some((item) => !item.hidden);
}
document.addEventListener("input", (event) => { if (event.target.matches("[data-filter]")) filterItems(event.target); });

// Enter takes the first that is left; arrow keys go through them.
document.addEventListener("keydown", (event) => {
  const item = event.target.closest("[data-filter-item]");
  const input = document.querySelector("[data-filter]");
  if (!input || (event.target !== input && !item)) return;
  filterItems(input);  // what was typed before this script was there counts too
  const shown = [...document.querySelectorAll("[data-filter-item]:not([hidden]) a")];
  if (event.key === "Enter" && event.target === input && input.value.trim() && shown.length) shown[0].click();
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!way) return;
  event.preventDefault();
  const next = shown.indexOf(event.target) + way;
  (next < 0 ? input : shown[Math.min(next, shown.length - 1)])?.focus();
});

// Parts of a form that belong to one choice only.
function showParts(root) {
  root.querySelectorAll("[data-when]").forEach((part) => {
    const chosen = document.querySelector(`input[name="${part.dataset.when}"]:checked`);
    part.hidden = !chosen || !part.dataset.is.split(" ").includes(chosen.value);
  });
}
document.addEventListener("change", (event) => { if (event.target.matches("[data-shows]")) showParts(document); });

let redrawWaits = false, picked = false;

// Pickers: type a few letters, choose with mouse or arrow keys, take off again.
function openList(input, open) {
  const list = input.parentElement.querySelector(".dropdown-menu");
  list.classList.toggle("show", open && list.childElementCount > 0);
  input.setAttribute("aria-expanded", String(list.classList.contains("show")));
}
function pick(button) {
  const picker = button.closest("[data-picker]");
  const input = picker.querySelector("[data-pick-input]");
  const chips = picker.querySelector("[data-chips]");
  const { pick: value, field, label } = button.dataset;
  const known = [...chips.querySelectorAll("input")].some((each) => each.name === field && each.value === value);
  if (!known) {
    const chip = document.createElement("span");
    chip.className = "chip";
    const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: field, value });
    const off = Object.assign(document.createElement("button"), { type: "button", className: "chip-x", textContent: "×" });
    off.dataset.unpick = "";
    off.setAttribute("aria-label", `× ${label}`);
    chip.append(hidden, label, off);
    chips.append(chip);
  }
  input.value = "";
  redrawWaits = false;
  picked = true;  // the choice draws the panel anew
  openList(input, false);
  input.focus();
  chips.dispatchEvent(new Event("change", { bubbles: true }));
}
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-pick]");
  if (choice) { pick(choice); return; }
  const off = event.target.closest("[data-unpick]");
  if (off) {
    const chips = off.closest("[data-chips]");
    off.closest(".chip").remove();
    chips.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  document.querySelectorAll("[data-pick-input]").forEach((input) => { if (!input.parentElement.contains(event.target)) openList(input, false); });
});
document.addEventListener("keydown", (event) => {
  const list = event.target.closest(".dropdown")?.querySelector(".dropdown-menu");
  const input = event.target.closest(".dropdown")?.querySelector("[data-pick-input]");
  if (!list || !input) return;
  const choices = [...list.querySelectorAll("[data-pick]")];
  const at = choices.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && choices.length) { event.preventDefault(); choices[Math.min(at + 1, choices.length - 1)].focus(); }
  if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (at ? choices[at - 1] : input).focus(); }
  if (event.key === "Escape") openList(input, false);
  if (event.key === "Enter" && event.target === input) { event.preventDefault(); if (choices.length) pick(choices[0]); }
});
// Words typed into a picker are not yet a change of the campaign: leaving the field must not redraw the preview.
document.addEventListener("change", (event) => { if (event.target.matches("[data-pick-input]")) event.stopPropagation(); }, true);
document.addEventListener("htmx:afterSwap", (event) => {
  const input = event.target.parentElement?.querySelector?.("[data-pick-input]");
  if (event.target.matches(".dropdown-menu") && input) openList(input, true);
});

// A redraw of the panel must not sweep away what somebody types, or is about to, into a picker in it: it waits until they are done.
document.addEventListener("htmx:beforeSwap", (event) => {
  const typing = document.activeElement?.closest?.(".dropdown")?.querySelector("[data-pick-input]");
  if (!typing || !event.detail.target.contains(typing) || typing.parentElement.contains(event.detail.target)) return;
  if (picked && !typing.value) { picked = false; return; }
  event.detail.shouldSwap = false;
  redrawWaits = true;
});
function redrawIfItWaits(picker) {
  if (!redrawWaits) return;
  redrawWaits = false;
  htmx.trigger(picker.closest("form"), "preview");
}
document.addEventListener("focusout", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (picker && !picker.contains(event.relatedTarget)) redrawIfItWaits(picker);
});

// The sample of the preview: a moment that was chosen by hand stays, else the page proposes one.
["input", "change"].forEach((kind) => document.addEventListener(kind, (event) => {
  const panel = event.target.closest("#preview");
  if (!panel) return;
  if (event.target.matches("[data-choose-moment]")) panel.querySelector("[data-moment-chosen]").value = "1";
  if (event.target.matches("[name=sample_quantity]")) panel.querySelector("[data-sample-touched]").value = "1";
}, true));
document.addEventListener("toggle", (event) => {
  if (event.target.matches("[data-remember-open]")) event.target.querySelector("[name=sample_open]").value = event.target.open ? "1" : "";
}, true);

// Whoever was on another page to set up what a campaign needs finds the panel as it is now.
document.addEventListener("visibilitychange", () => {
  const form = document.querySelector("form#campaign");
  if (form && !document.hidden) htmx.trigger(form, "preview");
});

// Nobody loses half a campaign by a wrong click.
let changed = false;
document.addEventListener("change", (event) => { if (event.target.closest("[data-leave]")) changed = true; });
document.addEventListener("submit", () => { changed = false; });
window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

// Charts: plain bars; the same figures stand in a table below.
function drawCharts() {
  if (typeof Chart === "undefined") return;
  const colours = ["#206bc4", "#c8d9ee", "#d63939"];
  document.querySelectorAll("canvas[data-chart]").forEach((canvas) => {
    const data = JSON.parse(canvas.dataset.chart);
    const money = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: data.currency });
    new Chart(canvas, {
      type: "bar",
      data: { labels: data.labels, datasets: data.bars.map((bar, n) => ({ label: bar.label, data: bar.values, backgroundColor: colours[n], stack: bar.stack ?? (n < 2 && data.bars.length > 2 ? "revenue" : `own${n}`) })) },
      options: {
        maintainAspectRatio: false, animation: false,
        scales: { y: { stacked: true, ticks: { callback: (value) => money.format(value) } }, x: { stacked: true, ticks: { maxRotation: 0, autoSkipPadding: 12 } } },
        plugins: { tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${money.format(item.parsed.y)}` } } },
      },
    });
  });
}

// Most shops are where their owner's computer is.
function proposeOwnZone() {
  const field = document.querySelector("[data-own-zone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (field && field.value === field.defaultValue && zone?.includes("/") && !zone.startsWith("Etc/")) field.value = zone;
}

document.addEventListener("DOMContentLoaded", () => {
  proposeOwnZone();
  showParts(document);
  drawCharts();
  document.querySelector("[data-focus]")?.focus();
});

// What scrolls sideways and holds nothing to step on is stepped on itself, so that arrow keys move it.
function letArrowsScroll() {
  document.querySelectorAll(".table-responsive, .list-limited, .paper, .raw, .preview-column").forEach((part) => {
    const cut = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
    const steps = part.querySelector("a[href], button, input, select, textarea, summary, [tabindex]");
    if (cut && !steps) part.tabIndex = 0;
    else if (!steps) part.removeAttribute("tabindex");
  });
}
addEventListener("load", letArrowsScroll);
addEventListener("resize", letArrowsScroll);
addEventListener("htmx:afterSwap", letArrowsScroll);
