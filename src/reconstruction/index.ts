export type { FitCheckpoint } from "./checkpoint.js";
export { fieldOfViewGrid, nearestIsocenter } from "./fieldOfView.js";
export { type FitOptions, type FitProgress, fit } from "./fit.js";
export { estimateRange } from "./learningRate.js";
export { coarserGrid, cutSlabs, raysThrough, regionProjections, type Slab } from "./region.js";
export { bitReversedOrder, orderedSubsets } from "./subsets.js";
export type { Iteration, Reconstruct, Run, RunOptions } from "./types.js";
