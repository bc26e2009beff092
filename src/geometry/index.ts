export * from "./cArm.js";
export {
  circularTrajectory,
  type GantryOptions,
  gantryView,
  halfFanDeg,
  helicalTrajectory,
  parallelTrajectory,
  shortScanTrajectory,
  type TurnOptions,
} from "./circular.js";
export * from "./indexFrame.js";
export * from "./pose.js";
export { EULER_CONVENTIONS, type EulerConvention } from "./rotation/euler.js";
export * from "./se3.js";
export * from "./view.js";
export * from "./viewGeometry.js";
