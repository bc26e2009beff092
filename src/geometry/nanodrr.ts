import { fault } from "../core/errors.js";
import { inverse3, type Matrix3, multiply4, type Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { checkOrientation, type Orientation, type PoseOptions, poseOptionsMatrix, poseOptionsVjp } from "./cArm.js";
import { type Camera, cameraVjp, checkDetector, checkLength, coneViewOf, parallelViewOf } from "./camera.js";
import type { Detector, View } from "./view.js";
import { checkView } from "./viewGeometry.js";

/** A view as nanodrr describes it. */
export interface NanodrrOptions extends PoseOptions {
  readonly detector: Detector;
  /** mm, source to detector. */
  readonly sdd: number;
  /** @default "AP" */
  readonly orientation?: Orientation;
  /** mm, RAS: the point that the pose turns about. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
  /** mm: x0, y0, moving the principal point by x0/dx, y0/dy pixels. @default [0, 0] */
  readonly offset?: readonly [number, number];
  /** 3x3 K, pixels, centers at index + 1/2; replaces offset and pixel size. */
  readonly intrinsics?: Matrix3;
  /** Parallel rays: the source of every pixel is sdd in front of it. @default false */
  readonly orthographic?: boolean;
}

/** Gradients with respect to what the view was made from. */
export interface NanodrrCotangent {
  /** 16 numbers: of the 4x4 camera-to-world matrix after pose, reorientation and isocenter; last row 0. */
  readonly cameraToWorld: number[];
  /** Of `rotation`, or of `rotationDeg` (per degree); empty with `pose`. */
  readonly rotation: number[];
  readonly translation: Vec3;
  readonly isocenter: Vec3;
  /** 9 numbers, with sdd held fixed. */
  readonly inverseIntrinsics: number[];
  /** Per mm with the inverse intrinsics held fixed (as nanodrr gives it). */
  readonly sddOfIntrinsics: number;
  /** Per mm with pixel size and offset held fixed; this and the next two are 0 with `intrinsics`. */
  readonly sdd: number;
  readonly pixelSize: [number, number];
  readonly offset: [number, number];
}

const REORIENTATION = {
  AP: [-1, 0, 0, 0, 0, -1, 0, -1, 0],
  PA: [-1, 0, 0, 0, 0, 1, 0, -1, 0],
  none: [-1, 0, 0, 0, -1, 0, 0, 0, 1],
} as const satisfies Record<string, Matrix3>;

const OPTIONS = [
  ...["detector", "sdd", "orientation", "isocenter", "offset", "intrinsics", "orthographic"],
  ...["pose", "rotation", "parameterization", "convention", "parity", "rotationDeg", "translation"],
];

/**
 * The view of nanodrr's camera: pixel (r, c) lies at sdd K⁻¹ (c + 1/2, r + 1/2, 1), columns to camera +x, rows to +y, with
 * K = [[sdd/dx, 0, x0/dx + columns/2], [0, sdd/dy, y0/dy + rows/2], [0, 0, 1]]; world = P O p + isocenter. The same
 * numbers as for `cArmView` (which has the other signs of camera x and y) give the same rays.
 * @throws INVALID_ARGUMENT, INVALID_GEOMETRY
 */
export function nanodrrView(options: NanodrrOptions): View {
  const camera = nanodrrCamera(options);
  const view = options.orthographic ? parallelViewOf(camera, options.sdd) : coneViewOf(camera);
  checkView(view);
  return view;
}

/** Pulls the gradient with respect to the 12 numbers of a view (world mm) back to the options of `nanodrrView`. */
export function nanodrrViewVjp(options: NanodrrOptions, cotangent: ArrayLike<number>): NanodrrCotangent {
  const { sdd, orthographic } = options;
  const camera = nanodrrCamera(options);
  const { pose, calibration: c, isocenter } = cameraVjp(camera, cotangent, orthographic ? sdd : undefined);
  const o = camera.reorientation;
  const reoriented = multiply4(pose, [o[0], o[1], o[2], 0, o[3], o[4], o[5], 0, o[6], o[7], o[8], 0, 0, 0, 0, 1]);
  const inverseK = inverseIntrinsics(options);
  const columns = [c[0], c[1], c[2], c[4], c[5], c[6], c[8], c[9], c[10]];
  const own = options.intrinsics === undefined;
  const { columns: w, rows: h } = options.detector;
  return {
    cameraToWorld: reoriented,
    ...poseOptionsVjp(options, pose),
    isocenter,
    inverseIntrinsics: columns.map((value) => value * sdd),
    sddOfIntrinsics: columns.reduce((sum, value, i) => sum + value * inverseK[i], 0),
    sdd: own ? c[10] : 0,
    pixelSize: own ? [c[0] - (c[2] * w) / 2, c[5] - (c[6] * h) / 2] : [0, 0],
    offset: own ? [-c[2], -c[6]] : [0, 0],
  };
}

/** K⁻¹ of the options. */
function inverseIntrinsics({ detector, sdd, offset = [0, 0], intrinsics }: NanodrrOptions): number[] {
  if (intrinsics !== undefined) return inverse3(intrinsics);
  const [dx, dy] = detector.pixelSize;
  const x = -offset[0] - (detector.columns * dx) / 2;
  const y = -offset[1] - (detector.rows * dy) / 2;
  return [dx / sdd, 0, x / sdd, 0, dy / sdd, y / sdd, 0, 0, 1];
}

function nanodrrCamera(options: NanodrrOptions): Camera {
  refuseUnknownOptions("nanodrrView", options, OPTIONS);
  const { detector, sdd, orientation = "AP", isocenter = [0, 0, 0] } = options;
  checkDetector(detector);
  checkLength("sdd", sdd);
  checkOrientation(orientation);
  if (options.intrinsics !== undefined && options.offset !== undefined)
    throw fault("INVALID_ARGUMENT", "give either intrinsics or an offset: the intrinsics contain the offset", {
      defect: "contradictory-options",
    });
  const k = inverseIntrinsics(options).map((value) => value * sdd);
  return {
    pose: poseOptionsMatrix(options),
    reorientation: REORIENTATION[orientation ?? "none"],
    calibration: [k[0], k[1], k[2], 0, k[3], k[4], k[5], 0, k[6], k[7], k[8], 0, 0, 0, 0, 1],
    first: [0.5, 0.5],
    step: [1, 1],
    isocenter,
  };
}
