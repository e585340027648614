"use strict";
// Saving in place: where the server cannot be reached or refuses, what was typed stays, and the page says so.
const form = document.getElementById("form");
const status_ = document.getElementById("status");

function fail(why) {
  status_.className = "failed";
  status_.textContent = why;
  status_.scrollIntoView({ block: "nearest" });
  for (const button of form.querySelectorAll("button")) button.disabled = false;
}

async function save(button) {
  const data = new URLSearchParams(new FormData(form));
  if (button && button.name) data.set(button.name, button.value);
  for (const other of form.querySelectorAll("button")) other.disabled = true;
  status_.className = "";
  status_.textContent = "Saving …";
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "text/plain" } });
    if (answer.ok) location.assign(answer.url);
    else fail(`NOT saved: ${(await answer.text()).replace(/<[^>]*>/g, " ").trim().slice(0, 300)}`);
  } catch {
    fail("NOT saved: the page's server does not answer. Start it again, then save once more; nothing typed here is lost.");
  }
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(event.submitter);
  });
}
