/**
 * The main road: a CT in, X-rays out, the volume back. Everything else lives in the subpaths (`tomograd/geometry`,
 * `tomograd/io`, ...).
 */
export type { Backend, DeviceArray } from "./backend/backend.js";
export { type BackendOptions, createBackend } from "./backend/create.js";
export { type ErrorCode, isTomogradError, TomogradError, type Warning } from "./core/errors.js";
export type { Vec3 } from "./core/linear.js";
export {
  type CArmOptions,
  cArmView,
  circularTrajectory,
  type Detector,
  helicalTrajectory,
  parallelTrajectory,
  shortScanTrajectory,
  type Trajectory,
  type View,
} from "./geometry/index.js";
export {
  readGeometry,
  readProjections,
  readVolume,
  writeGeometry,
  writeImage,
  writeProjections,
  writeVolume,
} from "./io/index.js";
export {
  meanAbsoluteError,
  meanSquaredError,
  normalizedCrossCorrelation,
  psnr,
  ssim2d,
  ssim3d,
} from "./metric/index.js";
export { adam, sgd } from "./optimizer/index.js";
export { attenuationToHounsfield, hounsfieldToAttenuation, hounsfieldToDensity } from "./physics/index.js";
export {
  createProjector,
  type DeviceProjections,
  type DeviceVolume,
  type Projector,
  type ProjectorOptions,
  toDevice,
  toHost,
  zerosLike,
} from "./projector/index.js";
export { type FitOptions, fit, type Run } from "./reconstruction/index.js";
export { totalVariation } from "./regularizer/index.js";
export {
  createGrid,
  createPhantom,
  type Grid,
  gridCenter,
  type Projections,
  type Quantity,
  sheppLogan,
  type Volume,
} from "./volume/index.js";
