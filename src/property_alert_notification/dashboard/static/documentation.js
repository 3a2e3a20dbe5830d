// Swagger UI's style has a dark form, which it wears when <html> has this class.
const dark = matchMedia("(prefers-color-scheme: dark)");

function dress() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

dress();
dark.addEventListener("change", dress);
