// A box that searches as one types is named after what is chosen, which is nothing at first: it gets its label's name.
// By Django's jQuery, whose turns come in order: first the box is made, then it is named.
window.django?.jQuery?.(() => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    if (!label) continue;
    for (const box of select.parentElement.querySelectorAll(".select2-selection, .select2-selection__rendered")) {
      box.setAttribute("aria-label", label.textContent.replace(/:\s*$/, ""));
      box.removeAttribute("aria-labelledby");
    }
  }
});
