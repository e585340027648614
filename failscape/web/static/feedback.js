"use strict";
// Keys, and saving in place: where the server cannot be reached, what was typed stays, and the page says so.
const form = document.getElementById("form");
const status_ = document.getElementById("status");
let keys = "undesirability"; // the scale that number keys answer

function pointKeysAt(name) {
  keys = name;
  for (const scale of document.querySelectorAll(".scale")) scale.classList.toggle("keys", scale.id === name);
}

function fail(why) {
  status_.className = "failed";
  status_.textContent = why;
  for (const button of form.querySelectorAll("button")) button.disabled = false;
}

async function save(button) {
  const data = new URLSearchParams(new FormData(form));
  if (button && button.name) data.set(button.name, button.value);
  for (const other of form.querySelectorAll("button")) other.disabled = true;
  status_.className = "";
  status_.textContent = "Saving …";
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    if (answer.ok) location.assign(answer.url);
    else fail(`NOT saved: ${(await answer.text()).replace(/<[^>]*>/g, " ").trim().slice(0, 300)}`);
  } catch {
    fail("NOT saved: the page's server does not answer. Start failscape feedback again, then save once more; nothing typed here is lost.");
  }
}

if (form) {
  pointKeysAt("undesirability");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(event.submitter);
  });
}

// Pressed once more, a key takes its answer back.
function answer(value) {
  const radio = form.querySelector(`input[name=still_right][value=${value}]`);
  if (radio) radio.checked = !radio.checked;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.id === "note") {
    if (event.key === "Escape") event.target.blur();
    if (event.key !== "Enter" || event.shiftKey) return;
  } else if (event.target.matches("input:not([type=radio]), button, a, summary") && event.key === "Enter") return;
  else if (event.target.matches("input:not([type=radio])")) return;
  const back = document.getElementById("back");
  if (event.key === "b" && event.target.id !== "note" && back) back.click();
  else if (!form) return;
  else if (event.key === "Enter") document.getElementById("save").click();
  else if (event.key === "x") document.getElementById("abstain").click();
  else if (event.key === "q") pointKeysAt("quality");
  else if (event.key === "y") answer("yes");
  else if (event.key === "n") answer("no");
  else if (event.key === "c") document.getElementById("note").focus();
  else if (/^[0-9]$/.test(event.key)) {
    form.querySelector(`input[name=${keys}][value="${event.key === "0" ? 10 : event.key}"]`).checked = true;
    pointKeysAt("undesirability");
  } else return;
  event.preventDefault();
});
