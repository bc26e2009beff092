/** Trajectories whose views are not on a circle: positioner angles, random directions, free lists. */

import { fault } from "../core/errors.js";
import { add, cross, norm, normalize, scale, subtract, type Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { createRandom } from "../core/random.js";
import { cos, sin } from "../core/trigonometry.js";
import { counted } from "../core/words.js";
import { cArmView } from "./cArm.js";
import { checkDetector, checkLength } from "./camera.js";
import { aboutGantry, checkCount, type GantryOptions } from "./circular.js";
import type { ConeView, Detector, Trajectory, View } from "./view.js";
import { checkView, viewGeometry } from "./viewGeometry.js";

/** A source, what it looks at, and the detector behind it. */
export interface LookAtOptions {
  readonly detector: Detector;
  /** mm, world. */
  readonly source: Vec3;
  /** mm, world: the point that appears at the middle of the detector (without offset). */
  readonly target: Vec3;
  /** mm, from the source to the detector, which is at right angles to the line of sight. */
  readonly sdd: number;
  /** Direction that appears upwards; if it is the line of sight, +y does. @default [0, 0, 1] */
  readonly up?: Vec3;
  /** mm: shift of the detector along its columns (to the left) and upwards, as `offset` of `cArmView`. @default [0, 0] */
  readonly offset?: readonly [number, number];
}

/**
 * The view from a source to a point, as seen from the source: columns run to the right, rows down. From in front of the
 * patient it equals `cArmView` with orientation "AP".
 */
export function lookAtView(options: LookAtOptions): ConeView {
  refuseUnknownOptions("lookAtView", options, ["detector", "source", "target", "sdd", "up", "offset"]);
  const { detector, source, target, sdd, up = [0, 0, 1], offset = [0, 0] } = options;
  checkDetector(detector);
  checkLength("sdd", sdd);
  const sight = subtract(target, source);
  if (!(norm(sight) > 0))
    throw fault("INVALID_GEOMETRY", `source and target must differ, both are [${source}]`, {
      defect: "degenerate-view",
    });
  const forward = normalize(sight);
  const sideways = cross(forward, up);
  const right = normalize(norm(sideways) > 1e-6 * norm(up) ? sideways : cross(forward, [0, 1, 0]));
  const down = cross(forward, right);
  const [dx, dy] = detector.pixelSize;
  const toLeft = ((detector.columns - 1) / 2) * dx + offset[0];
  const upwards = ((detector.rows - 1) / 2) * dy + offset[1];
  const center = add(source, scale(forward, sdd));
  const view: ConeView = {
    beam: "cone",
    source,
    firstPixel: add(center, add(scale(right, -toLeft), scale(down, -upwards))),
    columnStep: scale(right, dx),
    rowStep: scale(down, dy),
  };
  checkView(view);
  return view;
}

const GANTRY = ["detector", "sid", "sdd", "isocenter", "offset"];

/**
 * Views from directions that are uniform on the sphere about the isocenter (or on a band of it), from a seed alone; the
 * head is up in every image.
 */
export function randomSphereTrajectory(
  options: GantryOptions & {
    readonly views: number;
    /** Integer; the same seed gives the same views, more views keep the first ones. */
    readonly seed: number;
    /** Degrees above and below the transaxial plane within which the source stays. @default 90 */
    readonly maximumElevationDeg?: number;
  },
): Trajectory {
  refuseUnknownOptions("randomSphereTrajectory", options, [...GANTRY, "views", "seed", "maximumElevationDeg"]);
  const { detector, sid, sdd, isocenter = [0, 0, 0], offset, views, seed, maximumElevationDeg = 90 } = options;
  checkCount("views", views);
  checkLength("sid", sid);
  if (!Number.isInteger(seed))
    throw fault("INVALID_ARGUMENT", `seed must be a whole number, got ${seed}`, { field: "seed" });
  if (!(maximumElevationDeg >= 0 && maximumElevationDeg <= 90))
    throw fault("INVALID_ARGUMENT", `maximumElevationDeg must be in [0, 90], got ${maximumElevationDeg}`, {
      field: "maximumElevationDeg",
    });
  const random = createRandom(seed);
  const band = sin((maximumElevationDeg * Math.PI) / 180);
  const direction = (): Vec3 => {
    const z = band * (2 * random.uniform() - 1);
    const azimuth = 2 * Math.PI * random.uniform();
    const radius = Math.sqrt(1 - z * z);
    return [radius * cos(azimuth), radius * sin(azimuth), z];
  };
  const sources = Array.from({ length: views }, () => add(isocenter, scale(direction(), sid)));
  return {
    detector,
    views: sources.map((source) => lookAtView({ detector, source, target: isocenter, sdd, offset })),
    about: `random on a sphere, ${counted(views, "view")}, seed ${seed}, ${aboutGantry(options)}`,
  };
}

/** Any list of views of one beam on one kind of detector, checked one by one. */
export function freeTrajectory(options: {
  readonly detector: Detector;
  readonly views: readonly View[];
  /** One line for people. */
  readonly about?: string;
}): Trajectory {
  refuseUnknownOptions("freeTrajectory", options, ["detector", "views", "about"]);
  const { detector, views, about = `free, ${counted(views.length, "view")}` } = options;
  checkDetector(detector);
  checkCount("views.length", views.length);
  views.forEach((view, n) => {
    const { pixelSize } = viewGeometry(view);
    if (pixelSize.some((size, axis) => Math.abs(size - detector.pixelSize[axis]) > 1e-3 * size))
      throw fault(
        "INVALID_GEOMETRY",
        `view ${n} has pixels of ${pixelSize} mm, the detector has ${detector.pixelSize} mm; all views share one detector`,
        { defect: "inconsistent-pixel-size", view: n },
      );
    if (view.beam !== views[0].beam)
      throw fault("INVALID_GEOMETRY", `views must share one beam: view 0 is ${views[0].beam}, view ${n} ${view.beam}`, {
        defect: "mixed-beams",
        view: n,
      });
  });
  return { detector, views, about };
}

/**
 * The view of a C-arm at DICOM positioner angles: `primaryDeg` like longitude (+90 = LAO: receptor at the patient's left),
 * `secondaryDeg` like latitude (+90 = CRAN: receptor at the head), both 0: the patient faces the receptor. Unit vector
 * from source to receptor, RAS: (-sin a cos b, cos a cos b, sin b). The image is displayed as angiograms are: head up,
 * patient's right at the left of the frontal image.
 * Source: DICOM PS3.3 C.8.7.5.1.2 (angles); `sid` is its Distance Source to Patient, `sdd` its Distance Source to Detector.
 */
export function positionerView(gantry: GantryOptions, primaryDeg: number, secondaryDeg: number): ConeView {
  const { detector, sid, sdd, isocenter, offset } = gantry;
  checkLength("sid", sid);
  const rotationDeg: Vec3 = [primaryDeg, secondaryDeg, 0];
  return cArmView({ detector, sdd, isocenter, offset, orientation: "PA", rotationDeg, translation: [0, -sid, 0] });
}

/** Views at a list of [primary, secondary] positioner angles in degrees, see `positionerView`. */
export function positionerTrajectory(
  options: GantryOptions & { readonly anglesDeg: readonly (readonly [number, number])[] },
): Trajectory {
  refuseUnknownOptions("positionerTrajectory", options, [...GANTRY, "anglesDeg"]);
  const { detector, anglesDeg } = options;
  checkCount("anglesDeg.length", anglesDeg.length);
  return {
    detector,
    views: anglesDeg.map(([primary, secondary]) => positionerView(options, primary, secondary)),
    about: `positioner angles, ${counted(anglesDeg.length, "view")}, ${aboutGantry(options)}`,
  };
}
