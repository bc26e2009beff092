export type { ParityGradient, ParityImage, ParityRays, ParityVolume } from "./rays.js";
export type { SampleMode } from "./sampler.js";
export { renderSiddon, type SiddonParityOptions } from "./siddon.js";
export { renderTrilinear, type TrilinearParityOptions } from "./trilinear.js";
