export { arcRays, flattenArc } from "./arcDetector.js";
export { astraToView, viewToAstra, viewToAstraFan } from "./astra.js";
export {
  type CArmCotangent,
  type CArmOptions,
  cArmView,
  cArmViewVjp,
  type Orientation,
  type PoseOptions,
} from "./cArm.js";
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
export { fittingPixel } from "./fittingPixel.js";
export {
  freeTrajectory,
  type LookAtOptions,
  lookAtView,
  positionerTrajectory,
  positionerView,
  randomSphereTrajectory,
} from "./freeTrajectory.js";
export { type DoubleGeodesic, type DoubleGeodesicOptions, doubleGeodesic, logGeodesic } from "./geodesics.js";
export * from "./indexFrame.js";
export { type NanodrrCotangent, type NanodrrOptions, nanodrrView, nanodrrViewVjp } from "./nanodrr.js";
export { type NikonScan, nikonToTrajectory, trajectoryToNikon } from "./nikon.js";
export { type OpencvCamera, opencvToView, viewToOpencv } from "./opencv.js";
export {
  type PixelPosition,
  pixelToWorld,
  pixelToWorldAtDepth,
  projectPoint,
  projectPoints,
} from "./points.js";
export {
  inversePose,
  matrixToPose,
  matrixToPoseVjp,
  PARAMETERIZATIONS,
  type Parameterization,
  type PoseCotangent,
  type PoseForm,
  type PoseParameters,
  poseToMatrix,
  poseToMatrixVjp,
} from "./pose.js";
export * from "./projectionMatrix.js";
export { EULER_CONVENTIONS, type EulerConvention } from "./rotation/euler.js";
export { type RtkFrame, type RtkProjection, rtkMatrix, rtkToView, viewToRtk } from "./rtk.js";
export { reverseColumns, reverseRows, transformView } from "./sameView.js";
export * from "./se3.js";
export { type TigreGeometry, tigreToTrajectory, trajectoryToTigre } from "./tigre.js";
export * from "./view.js";
export * from "./viewGeometry.js";
export { type CArmOfView, type ViewToCArmOptions, viewToCArm } from "./viewToCArm.js";
