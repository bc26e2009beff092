export type { CalibrationIteration, CalibrationProgress, SelfCalibrationOptions } from "./options.js";
export { alignViews, type ReprojectionError, reprojectionError } from "./reprojection.js";
export { type SelfCalibration, selfCalibrate } from "./selfCalibrate.js";
export {
  COMMON_PARAMETERS,
  type CommonParameter,
  moveView,
  VIEW_PARAMETERS,
  type ViewParameter,
} from "./viewMotion.js";
