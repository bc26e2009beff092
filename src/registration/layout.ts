/** What is unknown in a registration, and where each unknown stands in the vector of a step. */
import { add, cross, type Matrix4, normalize, scale, transformVector, type Vec3 } from "../core/linear.js";
import { transformView } from "../geometry/sameView.js";
import type { View } from "../geometry/view.js";
import { viewGeometry } from "../geometry/viewGeometry.js";
import { advanced, bounded, type MotionBound } from "./motion.js";
import { POSE_COLUMNS } from "./poseColumns.js";

/** Intrinsics that can be refined: source-detector distance, and where the perpendicular meets the detector. */
export const INTRINSICS = ["sdd", "principalPoint"] as const;
/** One of `INTRINSICS`. */
export type Intrinsic = (typeof INTRINSICS)[number];

/** A place in the search: everything that is unknown. */
export interface Candidate {
  /** Per body a rigid motion T, world mm: the ray points X of the X-rays as they were given lie at T X. */
  readonly motions: readonly Matrix4[];
  /** Per X-ray mm: by how much its detector is moved along its normal, its rows and its columns (as far as unknown). */
  readonly intrinsics: readonly (readonly number[])[];
}

/** The unknowns: 6 numbers a body, then those of the intrinsics of each X-ray. */
export interface Layout {
  /** World mm, per body: what its motion turns about. */
  readonly centers: readonly Vec3[];
  readonly views: number;
  readonly refine: readonly Intrinsic[];
  /** Per body: the motion that the search begins with, and how far from it a motion may be. */
  readonly starts: readonly Matrix4[];
  readonly bound: MotionBound;
}

/** Unknowns of the intrinsics of one X-ray. */
export const intrinsicCount = ({ refine }: Layout): number =>
  (refine.includes("sdd") ? 1 : 0) + (refine.includes("principalPoint") ? 2 : 0);

/** Unknowns in all. */
export const unknowns = (layout: Layout): number =>
  POSE_COLUMNS * layout.centers.length + layout.views * intrinsicCount(layout);

/** Where the unknowns that X-ray `view` depends on stand: those of all bodies, then its own. */
export function unknownsOfView(layout: Layout, view: number): number[] {
  const shared = POSE_COLUMNS * layout.centers.length;
  const own = intrinsicCount(layout);
  return [
    ...Array.from({ length: shared }, (_, i) => i),
    ...Array.from({ length: own }, (_, i) => shared + view * own + i),
  ];
}

/** Groups of unknowns of one kind, for damping and for the limit of a step. */
export function unknownBlocks(layout: Layout): { readonly kind: "rotation" | "length"; readonly at: number[] }[] {
  const blocks: { kind: "rotation" | "length"; at: number[] }[] = layout.centers.flatMap((_, body) => [
    { kind: "rotation" as const, at: [0, 1, 2].map((i) => POSE_COLUMNS * body + i) },
    { kind: "length" as const, at: [3, 4, 5].map((i) => POSE_COLUMNS * body + i) },
  ]);
  const shared = POSE_COLUMNS * layout.centers.length;
  for (let i = shared; i < unknowns(layout); i++) blocks.push({ kind: "length", at: [i] });
  return blocks;
}

/** The candidate after a step (rad and mm), kept within the bound. */
export function stepped(layout: Layout, from: Candidate, step: ArrayLike<number>): Candidate {
  const own = intrinsicCount(layout);
  const shared = POSE_COLUMNS * layout.centers.length;
  return {
    motions: from.motions.map((motion, body) => {
      const center = layout.centers[body];
      const moved = advanced(motion, step, center, POSE_COLUMNS * body);
      return bounded(moved, center, layout.bound, layout.starts[body]);
    }),
    intrinsics: from.intrinsics.map((values, view) => values.map((value, i) => value + step[shared + view * own + i])),
  };
}

/** How every pixel of an X-ray moves per mm of each of its unknown intrinsics: world, of the view as it is given. */
export function pixelMotions(layout: Layout, view: View): Vec3[] {
  if (intrinsicCount(layout) === 0) return [];
  const motions: Vec3[] = [];
  if (layout.refine.includes("sdd")) motions.push(viewGeometry(view).normal);
  if (layout.refine.includes("principalPoint")) {
    const along = normalize(view.columnStep);
    // At right angles to the rows, also of a skew detector.
    const normal = normalize(cross(view.columnStep, view.rowStep));
    motions.push(along, cross(normal, along));
  }
  return motions;
}

/** The X-ray with its detector moved by its intrinsics. */
export function withIntrinsics(layout: Layout, view: View, intrinsics: readonly number[]): View {
  const motions = pixelMotions(layout, view);
  const shift = motions.reduce<Vec3>((sum, motion, i) => add(sum, scale(motion, intrinsics[i])), [0, 0, 0]);
  return { ...view, firstPixel: add(view.firstPixel, shift) };
}

/** Where X-ray `view` stands for a body, and how its pixels move there per mm of its intrinsics; world mm. */
export function placed(layout: Layout, candidate: Candidate, views: readonly View[], view: number, body: number) {
  const motion = candidate.motions[body];
  return {
    view: transformView(withIntrinsics(layout, views[view], candidate.intrinsics[view]), motion),
    pixelMotions: pixelMotions(layout, views[view]).map((m) => transformVector(motion, m)),
  };
}
