import { fault, type Warning } from "../../core/errors.js";
import type { Vec3 } from "../../core/linear.js";
import type { Detector, Trajectory } from "../../geometry/view.js";
import type { Input } from "../source.js";

/** Whose file: our JSON, RTK's XML, TIGRE's, ASTRA's and OpenCV's fields as JSON, Nikon's .xtekct, 3x4 matrices. */
export const GEOMETRY_FORMATS = ["tomograd", "rtk", "tigre", "astra", "nikon", "opencv", "matrices"] as const;
/** One of `GEOMETRY_FORMATS`. */
export type GeometryFormat = (typeof GEOMETRY_FORMATS)[number];

/** Options of `readGeometry`. A `detector` that is not the file's is refused, as are options that its format does not use. */
export interface ReadGeometryOptions {
  /** @default what the content says */
  readonly format?: GeometryFormat;
  /** For formats that do not say it (RTK, ASTRA, OpenCV, matrices): rows, columns, and mm from pixel to pixel. */
  readonly detector?: Partial<Detector>;
  /** RTK: mm, its detector coordinates of pixel (0, 0), as the header of its projections says. @default the middle is (0, 0) */
  readonly detectorOrigin?: readonly [number, number];
  /** Matrices, OpenCV: mm from source to detector; or `detector.pixelSize` says it. */
  readonly sdd?: number;
  /** Matrices: pixel coordinate of the center of the first pixel. @default 0.5 */
  readonly pixelCenter?: 0 | 0.5;
  /** ASTRA's numbers without its `type`: whose they are. @default "cone" unless they could be directions */
  readonly beam?: "cone" | "parallel";
  /** RTK: how its frame lies in the world, see `RtkFrame`. @default "iec" */
  readonly frame?: "iec" | "itk";
  /**
   * mm, RAS: RTK, TIGRE, ASTRA, Nikon: where the program's origin lies; matrices: a point in front of the source in every
   * view, which decides their sign. @default [0, 0, 0]
   */
  readonly isocenter?: Vec3;
  /** Nikon: file of measured angles of the stage (`_ctdata.txt` or `.ang`), instead of InitialAngle and AngularStep. */
  readonly angles?: Input;
  /** Called with what is worth telling, such as fields that are not used. */
  readonly onWarning?: (warning: Warning) => void;
}

export const readGeometryOptionNames = [
  ...[
    "format",
    "detector",
    "detectorOrigin",
    "sdd",
    "pixelCenter",
    "beam",
    "frame",
    "isocenter",
    "angles",
    "onWarning",
  ],
];

/** The options of each format, but for those of all: `format`, `detector`, `onWarning`. */
const USED: Readonly<Record<GeometryFormat, readonly (keyof ReadGeometryOptions)[]>> = {
  tomograd: [],
  rtk: ["detectorOrigin", "frame", "isocenter"],
  tigre: ["isocenter"],
  astra: ["beam", "isocenter"],
  nikon: ["isocenter", "angles"],
  opencv: ["sdd"],
  matrices: ["sdd", "pixelCenter", "isocenter"],
};

/** Refuses options that ask for nothing here. @throws INVALID_ARGUMENT (`contradictory-options`) */
export function refuseUnused(format: GeometryFormat, options: ReadGeometryOptions, name: string): void {
  const general = ["format", "detector", "onWarning", ...USED[format]];
  const refuse = (message: string) => fault("INVALID_ARGUMENT", message, { defect: "contradictory-options" });
  if (options.format !== undefined && options.format !== format)
    throw refuse(`${name} is a geometry of ${format}, not of ${options.format}: leave the format out`);
  for (const [option, value] of Object.entries(options))
    if (value !== undefined && !general.includes(option))
      throw refuse(`a geometry of ${format} has no use for '${option}'`);
}

/** Options of `writeGeometry`. */
export interface WriteGeometryOptions {
  /** @default by the ending: .xml RTK, .xtekct Nikon, .npy .csv .txt matrices, else our JSON */
  readonly format?: GeometryFormat;
  /** As in `ReadGeometryOptions`. */
  readonly frame?: "iec" | "itk";
  readonly isocenter?: Vec3;
  readonly pixelCenter?: 0 | 0.5;
  /** Called with what is worth telling: `images-reversed` if the other program needs the images mirrored. */
  readonly onWarning?: (warning: Warning) => void;
}

/** The options of each format when it is written. */
const USED_IN_WRITING: Readonly<Record<GeometryFormat, readonly (keyof WriteGeometryOptions)[]>> = {
  tomograd: [],
  rtk: ["frame", "isocenter"],
  tigre: ["isocenter"],
  astra: ["isocenter"],
  nikon: ["isocenter"],
  opencv: [],
  matrices: ["pixelCenter"],
};

/** Refuses options that ask for nothing here. @throws INVALID_ARGUMENT (`contradictory-options`) */
export function refuseUnusedInWriting(format: GeometryFormat, options: WriteGeometryOptions): void {
  for (const option of ["frame", "isocenter", "pixelCenter"] as const)
    if (options[option] !== undefined && !USED_IN_WRITING[format].includes(option))
      throw fault("INVALID_ARGUMENT", `a geometry of ${format} is written without '${option}'`, {
        defect: "contradictory-options",
      });
}

/** Rows and columns of a format that does not say them. @throws INVALID_ARGUMENT (`missing-detector`) */
export function neededSize(detector: Partial<Detector> | undefined, what: string): { rows: number; columns: number } {
  if (detector?.rows === undefined || detector.columns === undefined)
    throw missingDetector(what, "how many rows and columns the detector has");
  return { rows: detector.rows, columns: detector.columns };
}

/** The whole detector of a format that does not say it. @throws INVALID_ARGUMENT (`missing-detector`) */
export function neededDetector(detector: Partial<Detector> | undefined, what: string): Detector {
  const size = neededSize(detector, what);
  if (detector?.pixelSize === undefined) throw missingDetector(what, "the size of its pixels");
  return { ...size, pixelSize: detector.pixelSize };
}

export const missingDetector = (what: string, unknown: string) =>
  fault(
    "INVALID_ARGUMENT",
    `${what} does not say ${unknown}: give it in the option detector, or read the file together with its projections`,
    { defect: "missing-detector" },
  );

/** Refuses a detector that is asked for and is not the one that came. @throws INVALID_ARGUMENT (`contradictory-options`) */
export function refuseOtherDetector(asked: Partial<Detector> | undefined, { detector }: Trajectory): void {
  const { rows, columns, pixelSize } = detector;
  const other = (wanted: number | undefined, found: number) =>
    wanted !== undefined && !(Math.abs(wanted - found) <= 1e-3 * found);
  const sizes = asked?.pixelSize;
  if (
    other(asked?.rows, rows) ||
    other(asked?.columns, columns) ||
    other(sizes?.[0], pixelSize[0]) ||
    other(sizes?.[1], pixelSize[1])
  )
    throw fault(
      "INVALID_ARGUMENT",
      `the geometry says ${rows} x ${columns} pixels of ${pixelSize.join(" x ")} mm itself: leave the detector out`,
      { defect: "contradictory-options" },
    );
}

/** A file's text cannot be read as what it looks like. */
export const badGeometry = (name: string, why: string, detail: object = {}) =>
  fault("INVALID_GEOMETRY", `${name}: ${why}`, { defect: "bad-geometry", ...detail });
