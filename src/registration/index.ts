export type { Evidence } from "./evidence.js";
export type { Intrinsic } from "./layout.js";
export { eulerMotion } from "./motion.js";
export { registerBodies } from "./registerBodies.js";
export { registerViews } from "./registerViews.js";
export type {
  FoundPoses,
  Judgment,
  Recipe,
  RegisterBodiesOptions,
  RegisterViewsOptions,
  Registration,
  RegistrationFacts,
  RegistrationOptions,
  RegistrationStep,
  SearchBox,
} from "./types.js";
export { createVolumePyramid, type VolumePyramid } from "./volumePyramid.js";
export type { XRay } from "./xray.js";
