"use strict";
// Keys; the form and how it is saved are those of save.js.
let keys = "undesirability"; // the scale that number keys answer

function pointKeysAt(name) {
  keys = name;
  for (const scale of document.querySelectorAll(".scale")) scale.classList.toggle("keys", scale.id === name);
}

if (form) pointKeysAt("undesirability");

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
