export type { Evidence } from "./evidence.js";
export { checkLandmarks, type LandmarkPixel } from "./landmarks.js";
export type { Intrinsic } from "./layout.js";
export { eulerMotion } from "./motion.js";
export { type LandmarkPose, type LandmarkPoseOptions, poseFromLandmarks } from "./pnp.js";
export { registerBodies } from "./registerBodies.js";
export { registerEach } from "./registerEach.js";
export { registerViews } from "./registerViews.js";
export { type RenderTraceOptions, renderTrace, type TraceImages } from "./renderTrace.js";
export { type TargetError, targetRegistrationError, type ViewedTargetError } from "./targetError.js";
export type {
  FoundPoses,
  Judgment,
  Recipe,
  RegisterBodiesOptions,
  RegisterEachOptions,
  RegisterViewsOptions,
  Registration,
  RegistrationFacts,
  RegistrationOptions,
  RegistrationStep,
  SearchBox,
} from "./types.js";
export { createVolumePyramid, type VolumePyramid } from "./volumePyramid.js";
export type { XRay } from "./xray.js";
