import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";
const KEY = "tomograd-theme";

const remembered = (): string | null => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden
  }
};

/** Dark, as reading rooms are, unless the user chose otherwise before. */
export const theme = signal<Theme>(remembered() === "light" ? "light" : "dark");

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {} // as above
});
