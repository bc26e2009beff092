/** The two ways to an adjoint of views; which one runs is decided by a measurement. */
import type { Model } from "../kernels.js";

/** See `kernels/gather.ts` and `kernels/scatter.ts`. */
export type AdjointWay = "gather" | "scatter";

export type AdjointWays = { readonly [M in Model]: AdjointWay };

const MODELS = ["siddon", "joseph", "trilinear"] as const satisfies readonly Model[];

export const waysBy = (choose: (model: Model) => AdjointWay): AdjointWays => ({
  siddon: choose("siddon"),
  joseph: choose("joseph"),
  trilinear: choose("trilinear"),
});

export const always = (way: AdjointWay): AdjointWays => waysBy(() => way);

/** "adjoints by gather", or model by model. */
export function describeWays(ways: AdjointWays): string {
  const one = MODELS.every((model) => ways[model] === ways.siddon);
  return `adjoints ${one ? `by ${ways.siddon}` : MODELS.map((model) => `of ${model} by ${ways[model]}`).join(", ")}`;
}
