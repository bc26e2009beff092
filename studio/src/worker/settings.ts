/** What the page sets of a method, by its name. */
import type { MethodName } from "./protocol";

/** A method that runs; `auto` chooses one. */
export type RunnableMethod = Exclude<MethodName, "auto">;

/** How rays meet voxels: as `tomograd reconstruct` has it for the method. */
export const modelOf = (name: RunnableMethod): "joseph" | "siddon" => (name === "fit" ? "siddon" : "joseph");

/** Views of a step of `fit`, and passes over them. */
const FIT = { views: 12, passes: 20, fewest: 101 };

/** Options of a method that the page sets where nothing is asked for. */
export function settingsOf(name: MethodName, views: number, iterations: number | undefined): Record<string, number> {
  if (name === "fdk") return {};
  if (name !== "fit") return iterations === undefined ? {} : { iterations };
  const subsets = Math.max(1, Math.round(views / FIT.views));
  return { subsets, iterations: iterations ?? Math.max(FIT.fewest, FIT.passes * subsets) };
}
