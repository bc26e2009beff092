import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";
const KEY = "tomograd-theme";
const prefersLight = matchMedia("(prefers-color-scheme: light)");

function remembered(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined; // storage may be forbidden
  }
}

const asked = (): Theme => (prefersLight.matches ? "light" : "dark");

/** As the user chose here before, else as the system prefers, else dark, as reading rooms are. */
export const theme = signal<Theme>(remembered() ?? asked());

// until there is a choice the system's is followed
prefersLight.addEventListener("change", () => {
  if (!remembered()) theme.value = asked();
});

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

/** The user's choice: it stays. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {} // as above
}
