/**
 * Trajectories to and from TIGRE's parameters (Python: arrays in the order z, y, x and v, u; angles in radians).
 * TIGRE's z is the axis of rotation; x, y, z are taken as right, anterior, superior, the middle of its image as the
 * world's origin (or `isocenter`).
 * Source: TIGRE's documentation ("Geometry") and the transformations at the head of its CUDA projectors.
 */
import { fault } from "../core/errors.js";
import { add, cross, dot, norm, scale, subtract, transpose3, type Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { cos, sin } from "../core/trigonometry.js";
import { counted } from "../core/words.js";
import { checkDetector, checkLength } from "./camera.js";
import { euler } from "./rotation/euler.js";
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

/** TIGRE's names and orders; what may differ from view to view is one value or one a view. */
export interface TigreGeometry {
  /** @default "cone" */
  readonly mode?: "cone" | "parallel";
  /** mm, source to detector. */
  readonly DSD: number | readonly number[];
  /** mm, source to axis. */
  readonly DSO: number | readonly number[];
  /** Pixels: rows (v), columns (u). */
  readonly nDetector: readonly [number, number];
  /** mm: along a column (v), along a row (u). */
  readonly dDetector: readonly [number, number];
  /** mm: where the middle of the image lies, z, y, x. @default [0, 0, 0] */
  readonly offOrigin?: readonly number[] | readonly (readonly number[])[];
  /** mm: shift of the detector, v, u. @default [0, 0] */
  readonly offDetector?: readonly number[] | readonly (readonly number[])[];
  /** Radians: turns of the detector about its middle: R_z R_y R_x of the three numbers x, y, z. @default [0, 0, 0] */
  readonly rotDetector?: readonly number[] | readonly (readonly number[])[];
  /** mm: shift of the axis of rotation. @default 0 */
  readonly COR?: number | readonly number[];
  /** Radians, one a view: about z; or three a view: R_z R_y R_z. */
  readonly angles: readonly number[] | readonly (readonly number[])[];
}

const FIELDS = ["mode", "DSD", "DSO", "nDetector", "dDetector", "offOrigin", "offDetector", "rotDetector", "COR"];
/** TIGRE's fields about its image, and how it projects; they say nothing about views. */
const OTHERS = ["nVoxel", "sVoxel", "dVoxel", "sDetector", "accuracy", "n_proj", "filter"];

const gantry = euler("ZYZ");
const detectorTurns = euler("ZYX");
const PROGRAM = "TIGRE";

/**
 * The views of TIGRE's parameters. Before the gantry turns, the source is (DSO, 0, 0), the detector's middle
 * (DSO - DSD, 0, 0) + offDetector, columns run along +y and rows along +z; then X = R x - offOrigin + COR (-sin a, cos a, 0).
 * @throws INVALID_GEOMETRY, SHAPE_MISMATCH, INVALID_ARGUMENT (unknown fields)
 */
export function tigreToTrajectory(geometry: TigreGeometry, options: { readonly isocenter?: Vec3 } = {}): Trajectory {
  refuseUnknownOptions("tigreToTrajectory", options, ["isocenter"]);
  refuseUnknownOptions("TIGRE's geometry", geometry, [...FIELDS, "angles", ...OTHERS]);
  const { mode = "cone", angles } = geometry;
  if (mode !== "cone" && mode !== "parallel")
    throw fault("INVALID_ARGUMENT", `mode is "cone" or "parallel", got ${JSON.stringify(mode)}`, { field: "mode" });
  const [rows, columns] = geometry.nDetector;
  const [dv, du] = geometry.dDetector;
  const detector: Detector = { rows, columns, pixelSize: [du, dv] };
  checkDetector(detector);
  const count = angles.length;
  const number = (name: "DSD" | "DSO" | "COR", k: number): number => {
    const value = geometry[name] ?? 0;
    return typeof value === "number" ? value : checked(name, value, count)[k];
  };
  const vector = (name: "offOrigin" | "offDetector" | "rotDetector", k: number, size: number): readonly number[] => {
    const value = geometry[name] ?? new Array(size).fill(0);
    const one = typeof value[0] === "number" ? (value as number[]) : checked(name, value as number[][], count)[k];
    if (one.length !== size || !one.every(Number.isFinite))
      throw fault("SHAPE_MISMATCH", `${name} is ${size} numbers, got [${one}]`, { field: name, view: k });
    return one;
  };
  const world = frameToWorld([1, 0, 0, 0, 1, 0, 0, 0, 1], options.isocenter ?? [0, 0, 0]);
  const views = angles.map((angle, k): View => {
    const [alpha, theta = 0, psi = 0] = typeof angle === "number" ? [angle] : angle;
    const [dsd, dso, cor] = [number("DSD", k), number("DSO", k), number("COR", k)];
    checkLength("DSD", dsd);
    checkLength("DSO", dso);
    const [oz, oy, ox] = vector("offOrigin", k, 3);
    const [ov, ou] = vector("offDetector", k, 2);
    if (mode === "parallel" && (ov !== 0 || ou !== 0))
      throw notRepresentable(
        "a view here",
        "TIGRE's parallel projectors tilt the rays of a shifted detector; shift with COR or offOrigin instead",
      );
    const [rx, ry, rz] = vector("rotDetector", k, 3);
    const turn = detectorTurns.toMatrix([rz, ry, rx]);
    const columnStep = scale([turn[1], turn[4], turn[7]], du);
    const rowStep = scale([turn[2], turn[5], turn[8]], dv);
    const center: Vec3 = [dso - dsd, ou, ov];
    const firstPixel = add(center, add(scale(columnStep, -(columns - 1) / 2), scale(rowStep, -(rows - 1) / 2)));
    const place: Vec3 = [-ox - cor * sin(alpha), -oy + cor * cos(alpha), -oz];
    const rest = { firstPixel, columnStep, rowStep };
    const resting: View =
      mode === "cone"
        ? { beam: "cone", source: [dso, 0, 0], ...rest }
        : { beam: "parallel", direction: [-1, 0, 0], ...rest };
    const turned = transformView(resting, frameToWorld(gantry.toMatrix([alpha, theta, psi]), place));
    const view = transformView(turned, world);
    checkView(view);
    return view;
  });
  return { detector, views, about: `${counted(count, "view")} of a ${mode} beam from TIGRE` };
}

function checked<T>(name: string, list: readonly T[], count: number): readonly T[] {
  if (list.length === count) return list;
  throw fault("SHAPE_MISMATCH", `${name} has ${list.length} entries for ${counted(count, "angle")}`, { field: name });
}

/** mm: half of where the planes of a parallel beam are put; P does not depend on it. */
const PARALLEL_DSO = 1000;

/**
 * TIGRE's parameters of a trajectory, three angles a view, with the world's origin (or `isocenter`) as the middle of its
 * image; COR is 0 and the axis of a circular scan that misses the isocenter becomes offsets.
 * @throws INVALID_GEOMETRY (`not-representable`, `mirrored-view`)
 */
export function trajectoryToTigre(
  { detector, views }: Trajectory,
  options: { readonly isocenter?: Vec3 } = {},
): Required<TigreGeometry> {
  refuseUnknownOptions("trajectoryToTigre", options, ["isocenter"]);
  checkDetector(detector);
  const world = frameToWorld([1, 0, 0, 0, 1, 0, 0, 0, 1], options.isocenter ?? [0, 0, 0]);
  const all = views.map((view) => tigreView(transformViewBack(view, world), detector));
  return {
    mode: views[0]?.beam ?? "cone",
    DSD: all.map(({ dsd }) => dsd),
    DSO: all.map(({ dso }) => dso),
    nDetector: [detector.rows, detector.columns],
    dDetector: [detector.pixelSize[1], detector.pixelSize[0]],
    offOrigin: all.map(({ offOrigin }) => offOrigin),
    offDetector: all.map(({ offDetector }) => offDetector),
    rotDetector: all.map(({ rotDetector }) => rotDetector),
    COR: 0,
    angles: all.map(({ angles }) => angles),
  };
}

function tigreView(view: View, detector: Detector) {
  refuseMirrored(view, PROGRAM, -1);
  const { u, v, center } = detectorFrame(view, detector, PROGRAM);
  const toSource = view.beam === "cone" ? view.source : scale(view.direction, -1);
  if (!(norm(toSource) > 0)) throw notRepresentable(PROGRAM, "its source lies at the isocenter");
  const [x, y, z] = scale(toSource, 1 / norm(toSource));
  const angles = [Math.atan2(y, x), Math.atan2(-z, Math.hypot(x, y)), 0];
  const back = transpose3(gantry.toMatrix(angles));
  const turned = (p: Vec3): Vec3 =>
    [0, 3, 6].map((i) => dot([back[i], back[i + 1], back[i + 2]], p)) as unknown as Vec3;
  const [tu, tv] = [turned(u), turned(v)];
  const n = cross(tu, tv);
  const turn = [0, 1, 2].flatMap((i) => [n[i], tu[i], tv[i]]);
  const [rz, ry, rx] = detectorTurns.fromMatrix(turn).parameters;
  const rotDetector = [rx, ry, rz];
  const [cx, cy, cz] = turned(center);
  if (view.beam === "cone") {
    const dso = norm(view.source);
    return { angles, rotDetector, dso, dsd: dso - cx, offDetector: [cz, cy], offOrigin: [0, 0, 0] };
  }
  const across = subtract(center, scale([x, y, z], dot(center, [x, y, z])));
  const offOrigin = [0 - across[2], 0 - across[1], 0 - across[0]];
  return { angles, rotDetector, dso: PARALLEL_DSO, dsd: 2 * PARALLEL_DSO, offDetector: [0, 0], offOrigin };
}
