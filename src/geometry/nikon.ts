/**
 * Trajectories to and from what a Nikon .xtekct file says of a scan. The object turns on a stage; here it rests and the
 * gantry turns: x, y, z of its frame (z the axis of the stage, y from source to detector at a stage angle of 180 degrees)
 * are taken as right, anterior, superior.
 * Source: the Nikon reader of the Core Imaging Library (CIL), whose signs are followed: seen from the source, columns run
 * to the left and rows down; a growing stage angle turns the gantry counterclockwise seen from +z.
 */
import { cross, dot, norm, normalize, scale, subtract, type Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { cos, sin } from "../core/trigonometry.js";
import { counted } from "../core/words.js";
import { checkDetector, checkLength } from "./camera.js";
import { rotationAbout } from "./rotation/euler.js";
import {
  detectorFrame,
  frameToWorld,
  notRepresentable,
  refuseMirrored,
  transformView,
  transformViewBack,
} from "./sameView.js";
import type { Detector, Trajectory, View } from "./view.js";
import { checkView } from "./viewGeometry.js";

/** A scan as a .xtekct file describes it. */
export interface NikonScan {
  /** mm, source to the axis of the stage (SrcToObject). */
  readonly sid: number;
  /** mm, source to detector (SrcToDetector). */
  readonly sdd: number;
  /** Degrees of the stage, one a view (InitialAngle + k AngularStep). */
  readonly anglesDeg: readonly number[];
  /** mm: the axis lies this far to the left of the beam, seen from the source (ObjectOffsetX). @default 0 */
  readonly objectOffsetX?: number;
  /** Degrees: the axis leans to the right, seen from the source (ObjectRoll). @default 0 */
  readonly objectRollDeg?: number;
  /** Degrees: the axis leans towards the detector (ObjectTilt). @default 0 */
  readonly objectTiltDeg?: number;
}

const DEGREE = Math.PI / 180;
const PROGRAM = "Nikon's file";
/** The beam. */
const Y: Vec3 = [0, 1, 0];

/** Direction of the axis in the frame of the source: x to the right, y along the beam, z up. */
const axisOf = (roll: number, tilt: number): Vec3 => [sin(roll), sin(tilt) * cos(roll), cos(tilt) * cos(roll)];

/** The views of a Nikon scan; `isocenter`: world mm of the point of the axis beside the beam. @throws INVALID_GEOMETRY */
export function nikonToTrajectory(
  scan: NikonScan,
  detector: Detector,
  options: { readonly isocenter?: Vec3 } = {},
): Trajectory {
  refuseUnknownOptions("nikonToTrajectory", options, ["isocenter"]);
  checkDetector(detector);
  const { sid, sdd, anglesDeg, objectOffsetX = 0, objectRollDeg = 0, objectTiltDeg = 0 } = scan;
  checkLength("sid", sid);
  checkLength("sdd", sdd);
  const z = axisOf(objectRollDeg * DEGREE, objectTiltDeg * DEGREE);
  const y = normalize(subtract(Y, scale(z, dot(Y, z))));
  const x = cross(y, z);
  // rows: the gantry's axes in the frame of the source
  const toGantry = [...x, ...y, ...z];
  const origin: Vec3 = [-objectOffsetX, sid, 0];
  const place = scale([x, y, z].map((axis) => dot(axis, origin)) as unknown as Vec3, -1);
  const [dx, dy] = detector.pixelSize;
  const atSource: View = {
    beam: "cone",
    source: [0, 0, 0],
    firstPixel: [((detector.columns - 1) / 2) * dx, sdd, ((detector.rows - 1) / 2) * dy],
    columnStep: [-dx, 0, 0],
    rowStep: [0, 0, -dy],
  };
  const resting = transformView(atSource, frameToWorld(toGantry, place));
  const views = anglesDeg.map((angle) => {
    const view = transformView(
      resting,
      frameToWorld(rotationAbout(2, (angle - 180) * DEGREE), options.isocenter ?? [0, 0, 0]),
    );
    checkView(view);
    return view;
  });
  return { detector, views, about: `circular, ${counted(views.length, "view")} from Nikon` };
}

/** How far views of one scan may differ, mm and degrees. */
const SAME = 1e-6;

/**
 * What a Nikon file says of a circular scan about z through the isocenter; the inverse of `nikonToTrajectory`. The first
 * angle is in [0, 360], the others are less than half a turn from their predecessors.
 * @throws INVALID_GEOMETRY (`not-representable`: not one circle, a shifted detector, parallel rays; `mirrored-view`)
 */
export function trajectoryToNikon(
  { detector, views }: Trajectory,
  options: { readonly isocenter?: Vec3 } = {},
): Required<NikonScan> {
  refuseUnknownOptions("trajectoryToNikon", options, ["isocenter"]);
  checkDetector(detector);
  const world = frameToWorld([1, 0, 0, 0, 1, 0, 0, 0, 1], options.isocenter ?? [0, 0, 0]);
  const all = views.map((view) => nikonView(transformViewBack(view, world), detector));
  const [first] = all;
  for (const [k, { scan }] of all.entries())
    for (const [i, value] of scan.entries())
      if (Math.abs(value - first.scan[i]) > SAME)
        throw notRepresentable(
          PROGRAM,
          `view ${k} has another ${NAMES[i]} than view 0: ${value}, not ${first.scan[i]}`,
        );
  const [sid, sdd, objectOffsetX, objectRollDeg, objectTiltDeg] = first.scan;
  const anglesDeg: number[] = [];
  for (const { angleDeg } of all) {
    const before = anglesDeg.at(-1) ?? angleDeg;
    anglesDeg.push(angleDeg + 360 * Math.round((before - angleDeg) / 360));
  }
  return { sid, sdd, objectOffsetX, objectRollDeg, objectTiltDeg, anglesDeg };
}

const NAMES = ["SrcToObject", "SrcToDetector", "ObjectOffsetX", "ObjectRoll", "ObjectTilt"];

function nikonView(view: View, detector: Detector): { scan: number[]; angleDeg: number } {
  if (view.beam !== "cone") throw notRepresentable(PROGRAM, "its rays are parallel");
  refuseMirrored(view, PROGRAM, -1);
  const { u, v, center } = detectorFrame(view, detector, PROGRAM);
  const [x, z] = [scale(u, -1), scale(v, -1)];
  const y = cross(z, x);
  const atSource = (p: Vec3): Vec3 => [dot(p, x), dot(p, y), dot(p, z)];
  const beam = subtract(center, view.source);
  const sdd = norm(beam);
  const shift = norm(subtract(beam, scale(y, dot(beam, y))));
  if (shift > 1e-9 * sdd) throw notRepresentable(PROGRAM, `its detector is ${shift} mm off the beam's middle`);
  const origin = atSource(scale(view.source, -1));
  if (Math.abs(origin[2]) > SAME)
    throw notRepresentable(PROGRAM, `the beam passes ${origin[2]} mm above or below the isocenter`);
  const axis = atSource([0, 0, 1]);
  const roll = Math.asin(Math.max(-1, Math.min(1, axis[0])));
  const tilt = Math.atan2(axis[1], axis[2]);
  return {
    scan: [origin[1], sdd, 0 - origin[0], roll / DEGREE, tilt / DEGREE],
    angleDeg: 180 + Math.atan2(-beam[0], beam[1]) / DEGREE,
  };
}
