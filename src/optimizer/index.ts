export { type AdamOptions, adam } from "./adam.js";
export type { DeviceOptimizer, OptimizerState } from "./deviceOptimizer.js";
export { type SgdOptions, sgd } from "./sgd.js";
