// Swagger UI's style has a dark form, which it wears when <html> has this class.
const dark = matchMedia("(prefers-color-scheme: dark)");

function dress() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

dress();
dark.addEventListener("change", dress);

// What Swagger UI's elements lack for keyboards and screen readers, each time it draws some.
const MENDS = {
  "#servers, .servers select": (list) => list.setAttribute("aria-label", "Server"),
  "h3.opblock-tag, .models h4": (heading) => heading.setAttribute("aria-level", "2"),
  // A link inside a button is none: the button opens the call, and the address bar follows.
  ".opblock-summary-control a[href]": (link) => link.removeAttribute("href"),
};

let isDue = false;

function mend() {
  isDue = false;
  for (const [which, how] of Object.entries(MENDS)) for (const found of document.querySelectorAll(which)) how(found);
}

// Once for all that is drawn in one frame: the page draws thousands of elements.
function mendSoon() {
  if (!isDue) requestAnimationFrame(mend);
  isDue = true;
}

new MutationObserver(mendSoon).observe(document, { childList: true, subtree: true });
