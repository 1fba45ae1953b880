// What happens when a passkey is not used: a sentence on the page instead of an error in the console.
"use strict";

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-error").hidden = false;
});
