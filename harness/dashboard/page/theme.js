// Light or dark: what the system asks for, until the reader chooses.

function startTheme() {
  const button = byId("theme"), root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  const other = () => (chosen() === "dark" ? "light" : "dark");
  const show = () => {
    button.textContent = other() === "dark" ? "Dark theme" : "Light theme";
  };
  try {
    const kept = localStorage.getItem("twinbench-theme");
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch {
    // A page opened from disk may have no storage.
  }
  button.addEventListener("click", () => {
    root.dataset.theme = other();
    try {
      localStorage.setItem("twinbench-theme", root.dataset.theme);
    } catch {
      // Then it is forgotten when the page is closed.
    }
    show();
  });
  dark.addEventListener("change", show);
  show();
}
