export type { Intrinsic } from "./layout.js";
export { eulerMotion } from "./motion.js";
export { registerViews } from "./registerViews.js";
export type {
  Judgment,
  Recipe,
  RegisterViewsOptions,
  Registration,
  RegistrationOptions,
  RegistrationStep,
  SearchBox,
} from "./types.js";
export { createVolumePyramid, type VolumePyramid } from "./volumePyramid.js";
export type { XRay } from "./xray.js";
