// Keeps the page the same as the till: draws each new screen as it comes, and sends what was tapped.
"use strict";

const LOST_AFTER_MS = 3000; // shorter breaks (the daemon restarts) are not worth a word
const RECONNECT_MS = 2000;
const SENTENCE_MS = 7000;

const live = document.getElementById("live");
const lost = document.getElementById("lost");
const refusal = document.getElementById("refusal");
const list = document.getElementById("list");
const pin = document.getElementById("pin");

let waiting = null; // a drawn screen that came while a finger was down
let drawn = "";
let pressed = false;
let lostTimer = 0;
let sentenceTimer = 0;
let scanned = ""; // what the screen asked for last, opened once
let before = Promise.resolve(); // what was sent last: the next goes out when it is answered
let asked = 0; // the newest question about a refund; answers to older ones are dropped
let opening = 0; // the newest page asked for, likewise

function draw(screen) {
  if (screen.html === drawn) return;
  drawn = screen.html;
  const focused = document.activeElement?.id;
  document.documentElement.lang = screen.language;
  live.innerHTML = screen.html;
  const lines = document.getElementById("lines");
  if (lines) lines.scrollTop = lines.scrollHeight;
  if (focused && !list.open) document.getElementById(focused)?.focus();
  const wanted = document.getElementById("scanned")?.dataset.open ?? "";
  if (wanted && wanted !== scanned) openList(wanted); // a receipt's code was read: its goods come back
  scanned = wanted;
}

// A button must not change under the finger that presses it.
function show(screen) {
  if (pressed) waiting = screen;
  else draw(screen);
}

function released() {
  pressed = false;
  setTimeout(() => {
    if (waiting && !pressed) {
      draw(waiting);
      waiting = null;
    }
  });
}

function connect() {
  const stream = new EventSource("/events");
  stream.addEventListener("open", () => {
    clearTimeout(lostTimer);
    lostTimer = 0;
    lost.hidden = true;
    document.body.classList.remove("stale");
  });
  stream.addEventListener("screen", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("error", () => {
    lostTimer ||= setTimeout(() => {
      lost.hidden = false;
      document.body.classList.add("stale");
    }, LOST_AFTER_MS);
    // The browser itself tries again after a broken stream, not after a refusal.
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, RECONNECT_MS);
  });
  addEventListener("pagehide", () => stream.close(), { once: true });
}

function say(text, severity) {
  refusal.textContent = text;
  refusal.className = `banner floating ${severity}`;
  refusal.hidden = false;
  // A modal dialog covers the page, so the sentence moves into it.
  (pin?.open ? pin : list.open ? list : document.body).append(refusal);
  clearTimeout(sentenceTimer);
  sentenceTimer = setTimeout(() => (refusal.hidden = true), SENTENCE_MS);
}

// Two taps reach the till in the order of the fingers: sent side by side, the second could overtake the first.
function inTurn(request) {
  const answer = before.then(request);
  before = answer.catch(() => {});
  return answer;
}

// Sends; where a PIN is wanted (401), asks for it and sends the same again with it, until it is right or given up.
async function send(address, fields) {
  for (let text = ""; ; ) {
    const body = new URLSearchParams(fields);
    const answer = await inTurn(() => fetch(address, { method: "POST", body }));
    if (answer.status !== 401 || !pin) return answer;
    text = await answer.text();
    const typed = await askPin(text);
    if (!typed) return null;
    fields = [...[...fields].filter(([name]) => name !== "operator" && name !== "pin"), ...typed];
  }
}

// Operator number and PIN as typed; null when the cashier gave up.
function askPin(text) {
  const form = pin.querySelector("form");
  document.getElementById("pin-text").textContent = text;
  form.elements.pin.value = "";
  pin.showModal();
  (form.elements.operator.value ? form.elements.pin : form.elements.operator).focus();
  return new Promise((resolve) => {
    let typed = null;
    form.onsubmit = (event) => {
      event.preventDefault();
      typed = [...new FormData(form)];
      pin.close();
    };
    form.querySelector("[data-cancel]").onclick = () => pin.close();
    pin.onclose = () => {
      form.elements.pin.value = "";
      document.body.append(refusal);
      resolve(typed);
    };
  });
}

async function post(button) {
  const { post: address, key, done, open, close, input, ...fields } = button.dataset;
  const typed = input && document.getElementById(input);
  if (typed) fields[typed.name] = typed.value || "0";
  button.disabled = true;
  try {
    const answer = await send(address, Object.entries(fields));
    if (!answer) return;
    if (!answer.ok) say(await answer.text(), "warning");
    else if (done) say(done, "good");
    if (answer.ok && close !== undefined) list.close();
  } catch {
    say(lost.textContent.trim(), "error");
  } finally {
    button.disabled = false;
  }
}

// The newest page asked for is drawn; what was typed into its search since then stays.
async function openList(address) {
  const turn = ++opening;
  const search = () => list.querySelector("[autofocus]");
  const searched = search()?.value;
  try {
    const answer = await fetch(address);
    const text = await answer.text();
    if (turn !== opening) return;
    if (!answer.ok) return say(text, "warning");
    const typed = search()?.value;
    list.innerHTML = text;
    if (typed !== searched && search()) search().value = typed;
    if (!list.open) list.showModal();
    (list.querySelector("[autofocus], td input:enabled, td button, .choices button") ?? list.querySelector("[data-close]")).focus();
  } catch {
    say(lost.textContent.trim(), "error");
  }
}

// What the chosen units would refund: asked with every change, the newest answer counts.
async function refresh(form) {
  const turn = ++asked;
  const sheet = document.getElementById("refund");
  try {
    const answer = await fetch(`${form.dataset.refresh}?${new URLSearchParams(new FormData(form))}`);
    const text = await answer.text();
    if (turn !== asked) return;
    if (!answer.ok) return say(text, "warning");
    sheet.innerHTML = text;
    for (const cell of form.querySelectorAll("[data-refund-of]")) {
      const line = sheet.querySelector(`[data-line="${CSS.escape(cell.dataset.refundOf)}"]`);
      cell.textContent = line ? line.value : "";
    }
  } catch {
    say(lost.textContent.trim(), "error");
  }
}

async function submitForm(form) {
  if (form.dataset.list !== undefined) return openList(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
  const confirm = form.querySelector("[type=submit]");
  if (confirm.disabled) return;
  confirm.disabled = true; // the same return asked twice is one return; once is enough all the same
  try {
    const answer = await send(form.getAttribute("action"), [...new FormData(form)]);
    if (!answer) return;
    const text = await answer.text();
    if (answer.ok) list.close();
    if (text) say(text, answer.ok ? "good" : "warning");
  } catch {
    say(lost.textContent.trim(), "error");
  } finally {
    confirm.disabled = false;
  }
}

function fill(form) {
  for (const input of form.querySelectorAll("input[type=number]:enabled")) input.value = input.max;
  refresh(form);
}

function act(button) {
  if (button.dataset.fill) fill(button.form);
  else if (button.dataset.post) post(button);
  else if (button.dataset.open) openList(button.dataset.open);
  else if ("close" in button.dataset) list.close();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && !button.disabled) act(button);
  else if (event.target === list) list.close(); // beside the sheet
});
list.addEventListener("submit", (event) => {
  event.preventDefault();
  submitForm(event.target);
});
list.addEventListener("input", (event) => {
  if (event.target.form?.dataset.refresh) refresh(event.target.form);
});
document.addEventListener("pointerdown", () => (pressed = true));
document.addEventListener("pointerup", released);
document.addEventListener("pointercancel", released);

// In a form: Enter in a number goes to the button that confirms, arrows leave the search for what it found.
function keyInForm(event) {
  const number = event.target.matches("input[type=number]");
  const form = event.target.form ?? list.querySelector("form[data-refresh]");
  const all = form?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (all && (number || !event.target.matches("input"))) act(all);
  else if (event.key === "Enter" && number) form.querySelector("[type=submit]:enabled")?.focus();
  else if (event.key === "ArrowDown" && event.target.matches("[autofocus]")) list.querySelector("td button")?.focus();
  else return false;
  event.preventDefault();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || pin?.open) return;
  if (list.open && keyInForm(event)) return;
  if (event.target.matches("input")) return;
  if (list.open) {
    const buttons = [...list.querySelectorAll("td button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && buttons.length) {
      event.preventDefault();
      const at = buttons.indexOf(document.activeElement);
      buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)].focus();
    }
    return;
  }
  const button = live.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button && !button.disabled) {
    event.preventDefault();
    act(button);
  }
});
list.addEventListener("close", () => document.body.append(refusal));

connect();
