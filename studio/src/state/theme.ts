import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";
const KEY = "tomograd-theme";

function remembered(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined; // storage may be forbidden
  }
}

/** As the user chose here before, else dark, as reading rooms are: browsers say "light" where nothing was ever chosen. */
export const theme = signal<Theme>(remembered() ?? "dark");

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
