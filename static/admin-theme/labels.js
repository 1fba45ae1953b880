// Select2 names its box after the selection, which is empty at first. Name it after its label instead.
// Django's jQuery runs callbacks in order, so the box exists by now.
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
