/* The button beside a secret that is shown once. Without scripts it is selected and copied by hand. */
(function (root) {
  "use strict";
  root.document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("[data-copies]") : null;
    if (!button) return;
    const field = root.document.getElementById(button.dataset.copies);
    field.focus();
    field.select();
    root.document.execCommand("copy"); // the newer way needs TLS, which an intranet may not have
    button.dataset.copied = "yes";
  });
})(window);
