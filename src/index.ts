/**
 * The main road: a CT in, X-rays out, the volume back. Everything else has an entry of its own, `tomograd/io`,
 * `tomograd/geometry` and so on.
 */

export { type Backend, createBackend, listBackends, type Model } from "./backend/index.js";
export { isTomogradError, type Matrix4, TomogradError, type Vec3, type Warning } from "./core/index.js";
export {
  type ConeView,
  cArmView,
  circularTrajectory,
  type Detector,
  type ParallelView,
  parallelTrajectory,
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
  mse,
  normalizedCrossCorrelation,
  psnr,
  ssim2d,
  ssim3d,
} from "./metric/index.js";
export { adam, sgd } from "./optimizer/index.js";
export { hounsfieldToAttenuation, hounsfieldToDensity } from "./physics/index.js";
export {
  createProjector,
  createRayProjector,
  type DeviceProjections,
  type DeviceVolume,
  labelChannels,
  type Projector,
  toDevice,
  toHost,
  zeros,
  zerosLike,
} from "./projector/index.js";
export { type FitOptions, fit, type Run } from "./reconstruction/index.js";
export { totalVariation } from "./regularizer/index.js";
export {
  createGrid,
  createVolume,
  type Grid,
  gridCenter,
  type Projections,
  type Quantity,
  sheppLogan,
  type Volume,
} from "./volume/index.js";
