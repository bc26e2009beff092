/**
 * Views to and from the nine numbers of RTK's `ThreeDCircularProjectionGeometry`.
 * RTK's frame is that of IEC 61217: y is the axis of the gantry. All angles here in degrees, as in RTK's files.
 * Source: RTK documentation, "3D Circular Projection Geometry".
 */
import { fault } from "../core/errors.js";
import { add, cross, dot, type Matrix3, scale, type Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { checkDetector } from "./camera.js";
import { euler } from "./rotation/euler.js";
import {
  detectorFrame,
  frameToWorld,
  notRepresentable,
  refuseMirrored,
  transformView,
  transformViewBack,
} from "./sameView.js";
import type { Detector, View } from "./view.js";
import { checkView } from "./viewGeometry.js";

/** One projection as RTK describes it; mm and degrees. */
export interface RtkProjection {
  /** About y. */
  readonly gantryAngle: number;
  /** About x, after the gantry. @default 0 */
  readonly outOfPlaneAngle?: number;
  /** About z, after both. @default 0 */
  readonly inPlaneAngle?: number;
  /** mm: the source's z in the turned frame (RTK: SourceToIsocenterDistance). */
  readonly sid: number;
  /** mm (RTK: SourceToDetectorDistance); 0: parallel rays at right angles to the detector. */
  readonly sdd: number;
  /** mm: the source's x and y in the turned frame. @default [0, 0] */
  readonly sourceOffset?: readonly [number, number];
  /** mm: x and y in the turned frame of the detector's point (0, 0). @default [0, 0] */
  readonly projectionOffset?: readonly [number, number];
}

/** How RTK's frame lies in the world. */
export interface RtkFrame {
  /**
   * "iec": a patient on the back, head to the gantry (x = left, y = superior, z = anterior); "itk": the coordinates that
   * RTK's volumes have in their files (x = left, y = posterior, z = superior). @default "iec"
   */
  readonly frame?: "iec" | "itk";
  /** mm, RAS: RTK's origin. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
}

/** Axes of RTK's frame in RAS, as columns. */
const AXES: Readonly<Record<"iec" | "itk", Matrix3>> = {
  iec: [-1, 0, 0, 0, 0, 1, 0, 1, 0],
  itk: [-1, 0, 0, 0, -1, 0, 0, 0, 1],
};

function worldOf({ frame = "iec", isocenter = [0, 0, 0] }: RtkFrame): number[] {
  if (!(frame in AXES))
    throw fault("INVALID_ARGUMENT", `frame is "iec" or "itk", got ${JSON.stringify(frame)}`, { field: "frame" });
  return frameToWorld(AXES[frame], isocenter);
}

const DEGREE = Math.PI / 180;
/** RTK's M_R transposed: R_y(gantry) R_x(out of plane) R_z(in plane), from the turned frame to RTK's fixed one. */
const turns = euler("YXZ");
const PROGRAM = "RTK";

/**
 * The view of one of RTK's projections. In the turned frame the source is (source offset, sid) and the detector's point
 * (u, v) is (projection offset + (u, v), sid - sdd), -sid for parallel rays.
 * @param options `frame`, `isocenter`, and `origin`: mm, RTK's detector coordinates (u, v) of pixel (0, 0), as in the
 *   header of its projections; default: the detector's middle is (0, 0)
 * @throws INVALID_GEOMETRY
 */
export function rtkToView(
  projection: RtkProjection,
  detector: Detector,
  options: RtkFrame & { readonly origin?: readonly [number, number] } = {},
): View {
  refuseUnknownOptions("rtkToView", options, ["frame", "isocenter", "origin"]);
  checkDetector(detector);
  const { gantryAngle, outOfPlaneAngle = 0, inPlaneAngle = 0, sid, sdd } = projection;
  const { sourceOffset = [0, 0], projectionOffset = [0, 0] } = projection;
  const [dx, dy] = detector.pixelSize;
  const [u, v] = options.origin ?? [(-(detector.columns - 1) / 2) * dx, (-(detector.rows - 1) / 2) * dy];
  const firstPixel: Vec3 = [projectionOffset[0] + u, projectionOffset[1] + v, sdd === 0 ? -sid : sid - sdd];
  const rest = { firstPixel, columnStep: [dx, 0, 0] as const, rowStep: [0, dy, 0] as const };
  const turned: View =
    sdd === 0
      ? { beam: "parallel", direction: [0, 0, -1], ...rest }
      : { beam: "cone", source: [...sourceOffset, sid] as unknown as Vec3, ...rest };
  const rotation = turns.toMatrix([gantryAngle, outOfPlaneAngle, inPlaneAngle].map((angle) => angle * DEGREE));
  const fixed = transformView(turned, frameToWorld(rotation, [0, 0, 0]));
  const view = transformView(fixed, worldOf(options));
  checkView(view);
  return view;
}

/** mm: where the planes of a parallel beam are put, which RTK needs apart; P does not depend on it. */
const PARALLEL_SID = 1000;

/**
 * RTK's nine numbers of a view, with the detector's middle as RTK's point (0, 0); the inverse of `rtkToView` (a parallel
 * detector may move along its rays).
 * @throws INVALID_GEOMETRY (`not-representable`: pixels not at right angles, oblique parallel rays; `mirrored-view`)
 */
export function viewToRtk(view: View, detector: Detector, options: RtkFrame = {}): Required<RtkProjection> {
  refuseUnknownOptions("viewToRtk", options, ["frame", "isocenter"]);
  checkDetector(detector);
  refuseMirrored(view, PROGRAM, -1);
  const fixed = transformViewBack(view, worldOf(options));
  const { u, v, center } = detectorFrame(fixed, detector, PROGRAM);
  const n = cross(u, v); // towards the source
  const rotation = [0, 1, 2].flatMap((i) => [u[i], v[i], n[i]]);
  const [gantry, outOfPlane, inPlane] = turns.fromMatrix(rotation).parameters.map((angle) => angle / DEGREE);
  const turned = (p: Vec3): Vec3 => [dot(p, u), dot(p, v), dot(p, n)];
  const [x, y, z] = turned(center);
  const angles = {
    gantryAngle: gantry < 0 ? gantry + 360 : gantry,
    outOfPlaneAngle: outOfPlane,
    inPlaneAngle: inPlane,
  };
  if (fixed.beam === "cone") {
    const [sx, sy, sid] = turned(fixed.source);
    return { ...angles, sid, sdd: sid - z, sourceOffset: [sx, sy], projectionOffset: [x, y] };
  }
  const along = scale(fixed.direction, 1 / Math.hypot(...fixed.direction));
  const oblique = Math.hypot(...add(along, n));
  if (oblique > 1e-9) throw notRepresentable(PROGRAM, "its parallel rays are not at right angles to the detector");
  return { ...angles, sid: PARALLEL_SID, sdd: 0, sourceOffset: [0, 0], projectionOffset: [x, y] };
}

/**
 * RTK's 3x4 matrix of a projection, row-major: from RTK's frame (mm) to its detector coordinates (u, v) in mm, as its
 * files have it beside the nine numbers. With X, Y, Z in the turned frame:
 * u = so_x - po_x - sdd (X - so_x) / (Z - sid), v likewise; parallel: u = X - po_x.
 */
export function rtkMatrix(projection: RtkProjection): number[] {
  const { gantryAngle, outOfPlaneAngle = 0, inPlaneAngle = 0, sid, sdd } = projection;
  const { sourceOffset: s = [0, 0], projectionOffset: p = [0, 0] } = projection;
  const m = turns.toMatrix([gantryAngle, outOfPlaneAngle, inPlaneAngle].map((angle) => angle * DEGREE));
  const axis = (i: number): number[] => [m[i], m[3 + i], m[6 + i]];
  if (sdd === 0) return [...axis(0), -p[0], ...axis(1), -p[1], 0, 0, 0, 1];
  const row = (i: 0 | 1) => {
    const shift = s[i] - p[i];
    const along = axis(2);
    return [...axis(i).map((value, k) => -sdd * value + shift * along[k]), sdd * s[i] - shift * sid];
  };
  return [...row(0), ...row(1), ...axis(2), -sid];
}
