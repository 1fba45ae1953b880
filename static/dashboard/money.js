// Copy an id, print a statement. Every page works without this script.
"use strict";

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.dataset.label ??= copy.textContent;
      copy.textContent = copy.dataset.copied;
      setTimeout(() => { copy.textContent = copy.dataset.label; }, 2000);
    } catch {
      getSelection().selectAllChildren(copy.previousElementSibling);
    }
  } else if (copy) {
    getSelection().selectAllChildren(copy.previousElementSibling);
  }
  if (event.target.closest("[data-print]")) window.print();
});
