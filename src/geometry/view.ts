import type { Vec3 } from "../core/linear.js";

/** A detector; flat unless `shape` says otherwise. */
export interface Detector {
  /** Number of pixels along a column. */
  readonly rows: number;
  /** Number of pixels along a row. */
  readonly columns: number;
  /** mm: [along a row (from column to column), along a column (from row to row)]. */
  readonly pixelSize: readonly [number, number];
  /**
   * "arc": the columns stand on an arc about the source, `pixelSize[0]` mm apart along it; the views describe the flat
   * detector that touches it at the principal point. Projectors take flat ones: see `flattenArc`. @default "flat"
   */
  readonly shape?: "flat" | "arc";
}

/** One exposure of a point source, world RAS mm. */
export interface ConeView {
  readonly beam: "cone";
  readonly source: Vec3;
  /** Center of pixel (row 0, column 0). */
  readonly firstPixel: Vec3;
  /** From the center of column c to that of column c + 1. */
  readonly columnStep: Vec3;
  /** From the center of row r to that of row r + 1. */
  readonly rowStep: Vec3;
}

/** One exposure of a parallel beam, world RAS mm. */
export interface ParallelView {
  readonly beam: "parallel";
  /** From source to detector; any length, only the direction counts. */
  readonly direction: Vec3;
  readonly firstPixel: Vec3;
  readonly columnStep: Vec3;
  readonly rowStep: Vec3;
}

/** The universal form of an exposure: every pose, trajectory and projection matrix converts into it. */
export type View = ConeView | ParallelView;

/** Exposures in order, all on one kind of detector. */
export interface Trajectory {
  readonly detector: Detector;
  readonly views: readonly View[];
  /** One line for people: "circular, 120 views over 360 degrees, sid 850 mm, sdd 1020 mm". */
  readonly about: string;
}
