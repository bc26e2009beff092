export { type AsdPocsOptions, asdPocs } from "./asdPocs.js";
export { type AutoOptions, auto, chooseMethod, type MethodChoice } from "./auto.js";
export { type AutoTvOptions, autoTv } from "./autoTv.js";
export { cgls, type KrylovOptions } from "./cgls.js";
export {
  type Checkpoint,
  holdCheckpoint,
  type LiveCheckpoint,
  type StateArray,
  type StateValues,
} from "./checkpoint.js";
export type { ConstraintOptions } from "./constraints.js";
export { type FdkOptions, fdk } from "./fdk.js";
export type { FdkProgress } from "./fdkBatches.js";
export { fieldOfViewGrid, nearestIsocenter } from "./fieldOfView.js";
export { type FistaTvOptions, fistaTv } from "./fistaTv.js";
export { type FitOptions, fit } from "./fit.js";
export { estimateRange } from "./learningRate.js";
export { lsqr } from "./lsqr.js";
export { type MlemOptions, mlem } from "./mlem.js";
export { type OsSqsOptions, osSqs } from "./osSqs.js";
export { ossart, type SartOptions, sart } from "./ossart.js";
export { type PdhgOptions, pdhg } from "./pdhg.js";
export { RAMP_FILTERS, type RampFilter } from "./ramp.js";
export { coarserGrid, cutSlabs, outsideOf, raysThrough, regionProjections, type Slab } from "./region.js";
export type { IterativeOptions } from "./runMethod.js";
export { type SirtOptions, sirt } from "./sirt.js";
export { bitReversedOrder, orderedSubsets } from "./subsets.js";
export { type TikhonovOptions, tikhonov } from "./tikhonov.js";
export type { Iteration, Progress, Reconstruct, Run, RunOptions, Stopped } from "./types.js";
export { type FallbackEvent, type FallbackOptions, type Keep, withFallback } from "./withFallback.js";
