/** Trajectories of a gantry that turns about an axis through the isocenter along world z. */

import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { atan } from "../core/trigonometry.js";
import { counted } from "../core/words.js";
import { cArmView } from "./cArm.js";
import { checkDetector, checkLength, parallelViewOf } from "./camera.js";
import { rotationAbout } from "./rotation/euler.js";
import type { ConeView, Detector, ParallelView, Trajectory } from "./view.js";

/** A gantry with a point source. */
export interface GantryOptions {
  readonly detector: Detector;
  /** mm, source to isocenter. */
  readonly sid: number;
  /** mm, source to detector. */
  readonly sdd: number;
  /** mm, RAS: the point that the gantry turns about. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
  /** mm: shift of the detector, as `offset` of `cArmView`. @default [0, 0] */
  readonly offset?: readonly [number, number];
}

const GANTRY = ["detector", "sid", "sdd", "isocenter", "offset"];

/**
 * The view of a gantry turned by `angleDeg` about +z (counterclockwise seen from the head): 0 looks along -y (AP, source
 * in front), 90 has the source on the patient's left (-x). Rows run to the feet; equals `cArmView` with
 * rotationDeg [angle, 0, 0] and translation [0, sid, 0].
 */
export function gantryView(gantry: GantryOptions, angleDeg: number): ConeView {
  const { detector, sid, sdd, isocenter, offset } = gantry;
  checkLength("sid", sid);
  if (!(sdd > sid))
    throw fault(
      "INVALID_GEOMETRY",
      `the detector must lie behind the isocenter: sdd is ${sdd} mm, sid is ${sid} mm; did you swap them?`,
      { field: "sdd", sdd, sid },
    );
  return cArmView({ detector, sdd, isocenter, offset, rotationDeg: [angleDeg, 0, 0], translation: [0, sid, 0] });
}

/** Angles of a turn: `views` of them, evenly spaced, or a list. */
export interface TurnOptions {
  /** Number of views; or give `anglesDeg`. */
  readonly views?: number;
  /** Degrees, of the first view. @default 0 */
  readonly startDeg?: number;
  /** Degrees, negative to turn clockwise; view k is at start + k * range / views (the end is left out). */
  readonly rangeDeg?: number;
  /** Degrees, one for each view, instead of `views`, `startDeg` and `rangeDeg`. */
  readonly anglesDeg?: readonly number[];
}

const TURN = ["views", "startDeg", "rangeDeg", "anglesDeg"];

/** The angles in degrees, and their description. */
function turn(
  options: TurnOptions,
  defaultRangeDeg: number,
  phase = 0,
): { anglesDeg: readonly number[]; about: string } {
  const { views, anglesDeg, startDeg = 0, rangeDeg = defaultRangeDeg } = options;
  if (anglesDeg !== undefined) {
    if (views !== undefined || options.startDeg !== undefined || options.rangeDeg !== undefined)
      throw fault("INVALID_ARGUMENT", "give either anglesDeg or views (with startDeg and rangeDeg)", {
        defect: "contradictory-options",
      });
    checkCount("anglesDeg.length", anglesDeg.length);
    return { anglesDeg, about: `${counted(anglesDeg.length, "view")} at given angles` };
  }
  checkCount("views", views);
  if (!(Number.isFinite(rangeDeg) && rangeDeg !== 0 && Number.isFinite(startDeg)))
    throw fault(
      "INVALID_ARGUMENT",
      `startDeg and rangeDeg must be finite and the range not 0, got ${startDeg}, ${rangeDeg}`,
    );
  const angles = Array.from({ length: views }, (_, k) => startDeg + ((k + phase) * rangeDeg) / views);
  return { anglesDeg: angles, about: `${counted(views, "view")} over ${rounded(rangeDeg)} degrees` };
}

/** @throws INVALID_ARGUMENT unless a number of views is a whole number above 0 */
export function checkCount(field: string, count: number | undefined): asserts count is number {
  if (!(Number.isInteger(count) && (count as number) > 0))
    throw fault("INVALID_ARGUMENT", `${field} must be a whole number above 0, got ${count}`, { field, value: count });
}

const rounded = (value: number) => String(Math.round(value * 100) / 100);
export const aboutGantry = (gantry: { sid: number; sdd: number }) =>
  `sid ${rounded(gantry.sid)} mm, sdd ${rounded(gantry.sdd)} mm`;

/**
 * Views on a circle about the isocenter, 360 degrees unless said.
 * @example circularTrajectory({ detector, sid: 850, sdd: 1020, views: 120, isocenter })
 */
export function circularTrajectory(options: GantryOptions & TurnOptions): Trajectory {
  refuseUnknownOptions("circularTrajectory", options, [...GANTRY, ...TURN]);
  const { anglesDeg, about } = turn(options, 360);
  return {
    detector: options.detector,
    views: anglesDeg.map((angle) => gantryView(options, angle)),
    about: `circular, ${about}, ${aboutGantry(options)}`,
  };
}

/** Half the angle, in degrees, that the detector covers in the plane of rotation as seen from the source (its wider half). */
export function halfFanDeg({ detector, sdd, offset = [0, 0] }: GantryOptions): number {
  const halfWidth = (detector.columns * detector.pixelSize[0]) / 2 + Math.abs(offset[0]);
  return ((detector.shape === "arc" ? halfWidth / sdd : atan(halfWidth / sdd)) * 180) / Math.PI;
}

/**
 * The shortest turn that sees every ray of the plane: 180 degrees plus the full fan (twice `halfFanDeg`) plus twice the
 * margin, views at the middles of equal steps: start + (k + 1/2) * range / views.
 * Source: Parker, Med. Phys. 9(2), 1982.
 */
export function shortScanTrajectory(
  options: GantryOptions & {
    readonly views: number;
    readonly startDeg?: number;
    /** Degrees added at both ends. @default 0 */
    readonly marginDeg?: number;
  },
): Trajectory {
  refuseUnknownOptions("shortScanTrajectory", options, [...GANTRY, "views", "startDeg", "marginDeg"]);
  const { views, startDeg, marginDeg = 0 } = options;
  checkDetector(options.detector);
  const rangeDeg = 180 + 2 * (halfFanDeg(options) + marginDeg);
  const { anglesDeg, about } = turn({ views, startDeg, rangeDeg }, rangeDeg, 0.5);
  return {
    detector: options.detector,
    views: anglesDeg.map((angle) => gantryView(options, angle)),
    about: `short scan, ${about}, ${aboutGantry(options)}`,
  };
}

/**
 * A helix: the gantry turns while source and detector move along +z by `pitch` mm a turn, its middle at the isocenter.
 * View k is at angle start + k * 360 * turns / views.
 */
export function helicalTrajectory(
  options: GantryOptions & {
    readonly views: number;
    readonly startDeg?: number;
    /** Number of turns; may be a fraction, negative to turn clockwise. */
    readonly turns: number;
    /** mm along z per turn; negative towards the feet. */
    readonly pitch: number;
  },
): Trajectory {
  refuseUnknownOptions("helicalTrajectory", options, [...GANTRY, "views", "startDeg", "turns", "pitch"]);
  const { views, startDeg, turns, pitch, isocenter = [0, 0, 0] } = options;
  const { anglesDeg, about } = turn({ views, startDeg, rangeDeg: 360 * turns }, 360);
  if (!Number.isFinite(pitch))
    throw fault("INVALID_ARGUMENT", `pitch must be finite, got ${pitch}`, { field: "pitch" });
  const travel = pitch * Math.abs(turns);
  return {
    detector: options.detector,
    views: anglesDeg.map((angle, k) => {
      const z = isocenter[2] + travel * ((k + 0.5) / views - 0.5);
      return gantryView({ ...options, isocenter: [isocenter[0], isocenter[1], z] }, angle);
    }),
    about: `helical, ${about}, pitch ${rounded(pitch)} mm, ${aboutGantry(options)}`,
  };
}

/** The parallel view that looks along the same direction as `gantryView`, its detector plane through the isocenter. */
function parallelGantryView(
  detector: Detector,
  isocenter: Vec3,
  offset: readonly [number, number],
  angleDeg: number,
): ParallelView {
  const turned = rotationAbout(2, (angleDeg * Math.PI) / 180);
  const [dx, dy] = detector.pixelSize;
  return parallelViewOf(
    {
      pose: [...turned.slice(0, 3), 0, ...turned.slice(3, 6), 0, ...turned.slice(6, 9), 0, 0, 0, 0, 1],
      reorientation: [1, 0, 0, 0, 0, -1, 0, 1, 0],
      calibration: [dx, 0, 0, offset[0], 0, dy, 0, offset[1], 0, 0, 0, 0, 0, 0, 0, 1],
      first: [(detector.columns - 1) / 2, (detector.rows - 1) / 2],
      step: [-1, -1],
      isocenter,
    },
    1,
  );
}

/** Parallel beams turning about +z, 180 degrees unless said; angle 0 looks along -y, columns and rows as `circularTrajectory`. */
export function parallelTrajectory(
  options: Pick<GantryOptions, "detector" | "isocenter" | "offset"> & TurnOptions,
): Trajectory {
  refuseUnknownOptions("parallelTrajectory", options, ["detector", "isocenter", "offset", ...TURN]);
  const { detector, isocenter = [0, 0, 0], offset = [0, 0] } = options;
  checkDetector(detector);
  const { anglesDeg, about } = turn(options, 180);
  return {
    detector,
    views: anglesDeg.map((angle) => parallelGantryView(detector, isocenter, offset, angle)),
    about: `parallel, ${about}`,
  };
}
