/** What `prepare` reads: stacks of counts, and the views that they were counted in. */
import { readFile } from "node:fs/promises";
import { fault, type Warning } from "../core/errors.js";
import { circularTrajectory, parallelTrajectory, type Trajectory } from "../geometry/index.js";
import { readNpy, readVolume, toSource } from "../io/index.js";
import type { ImageStack } from "../physics/index.js";
import { readViews } from "./geometryInput.js";
import type { Session } from "./session.js";

/** Where the stacks are. */
export interface CountsChoice {
  readonly counts: string;
  readonly flats?: string;
  readonly darks?: string;
  readonly dataset?: string;
}

/** What the views are, without a geometry file. */
export interface ScanChoice {
  readonly geometry?: string;
  readonly trajectory?: "parallel" | "circular";
  readonly angles?: string;
  readonly start?: number;
  readonly range?: number;
  readonly pixel?: readonly [number, number];
  readonly sid?: number;
  readonly sdd?: number;
}

/** Arrays of the HDF5 layout "Data Exchange" of synchrotrons. */
const DATA_EXCHANGE = { counts: "exchange/data", flats: "exchange/data_white", darks: "exchange/data_dark" };
const isHdf5 = (path: string) => /\.(h5|hdf5|hdf|nxs)$/i.test(path);

/** The three stacks; an HDF5 file of counts is asked for its own flats and darks. */
export async function readCounts(
  { counts, flats, darks, dataset }: CountsChoice,
  session: Session,
): Promise<{ counts: ImageStack; flats?: ImageStack; darks?: ImageStack }> {
  const exchange = isHdf5(counts) && dataset === undefined;
  const from = (path: string | undefined, name: keyof typeof DATA_EXCHANGE) =>
    path !== undefined
      ? readStack(path, isHdf5(path) ? (dataset ?? DATA_EXCHANGE[name]) : dataset, session)
      : exchange
        ? readStack(counts, DATA_EXCHANGE[name], session)
        : undefined;
  const images = await from(counts, "counts");
  if (!images) throw fault("INVARIANT", "counts are always read");
  const [open, closed] = [await from(flats, "flats"), await from(darks, "darks")];
  return { counts: images, ...(open && { flats: open }), ...(closed && { darks: closed }) };
}

/** Any file or folder that `readVolume` knows, slices as views. */
async function readStack(path: string, dataset: string | undefined, session: Session): Promise<ImageStack> {
  const { grid, values, warnings } = await readVolume(path, {
    signal: session.signal,
    ...(dataset !== undefined && { dataset }),
  });
  // a stack of counts lies nowhere in the patient, and NaN are replaced and counted further on
  const expected = ["no-orientation", "no-spacing", "no-origin", "non-finite-values", "single-slice"];
  for (const warning of warnings) if (!expected.includes(warning.defect)) session.warn(warning);
  const [columns, rows, views] = grid.size;
  const real = values instanceof Float32Array || values instanceof Float64Array ? values : Float32Array.from(values);
  return { views, rows, columns, values: real };
}

/** A file of angles in degrees: .npy, or numbers in text. @throws CORRUPT_FILE (defect `bad-header`) */
async function readAngles(path: string): Promise<number[]> {
  if (/\.npy$/i.test(path)) return Array.from((await readNpy(await toSource(path))).values, Number);
  const words = (await readFile(path, "utf8")).split(/[\s,;]+/).filter((word) => word !== "");
  const angles = words.map(Number);
  const bad = angles.findIndex((angle) => !Number.isFinite(angle));
  if (bad >= 0 || angles.length === 0)
    throw fault("CORRUPT_FILE", `${path} holds angles in degrees, but '${words[bad] ?? ""}' is none`, {
      defect: "bad-header",
    });
  return angles;
}

/**
 * The views of a stack; a stack that holds one row a view ([view][column]) is brought into that form.
 * @throws INVALID_ARGUMENT (defects `missing-option`, `contradictory-options`), SHAPE_MISMATCH
 */
export async function scanOf(
  stack: ImageStack,
  options: ScanChoice,
  warn: (warning: Warning) => void,
): Promise<{ trajectory: Trajectory; shape: Pick<ImageStack, "views" | "rows" | "columns"> }> {
  const refuse = (defect: string, message: string): never => {
    throw fault("INVALID_ARGUMENT", message, { defect });
  };
  const { geometry, trajectory, angles, pixel } = options;
  const own = ["trajectory", "angles", "start", "range", "sid", "sdd"] as const;
  const given = own.filter((name) => options[name] !== undefined);
  if (geometry !== undefined) {
    if (given.length > 0)
      refuse("contradictory-options", `--geometry holds the views: leave out ${given.map((n) => `--${n}`).join(", ")}`);
    const size = stack.views === 1 ? undefined : ([stack.rows, stack.columns] as const);
    const read = await readViews(geometry, { ...(size && { size }), ...(pixel && { pixel }) }, {}, warn);
    return { trajectory: read, shape: shapeFor(stack, read.views.length, read.detector) };
  }
  if (trajectory === undefined || pixel === undefined)
    return refuse("missing-option", "the views are not known: give --geometry, or --trajectory and --pixel");
  if (trajectory === "parallel" && (options.sid !== undefined || options.sdd !== undefined))
    refuse("contradictory-options", "a parallel beam has no --sid and no --sdd");
  if (trajectory === "circular" && (options.sid === undefined || options.sdd === undefined))
    return refuse("missing-option", "a circular scan needs --sid and --sdd");
  if (angles !== undefined && (options.start !== undefined || options.range !== undefined))
    refuse("contradictory-options", "--angles says all of them: leave out --start and --range");
  const anglesDeg = angles === undefined ? undefined : await readAngles(angles);
  const shape = shapeFor(stack, anglesDeg?.length);
  const turn = anglesDeg
    ? { anglesDeg }
    : {
        views: shape.views,
        startDeg: options.start ?? 0,
        rangeDeg: options.range ?? (trajectory === "parallel" ? 180 : 360),
      };
  const detector = { rows: shape.rows, columns: shape.columns, pixelSize: pixel };
  return {
    shape,
    trajectory:
      trajectory === "parallel"
        ? parallelTrajectory({ detector, ...turn })
        : circularTrajectory({ detector, sid: options.sid ?? 0, sdd: options.sdd ?? 0, ...turn }),
  };
}

/** Views, rows and columns of a stack for a number of views. */
function shapeFor(
  { views, rows, columns }: ImageStack,
  wanted = views,
  detector?: { rows: number; columns: number },
): { views: number; rows: number; columns: number } {
  const sinogram = views === 1 && rows === wanted && wanted > 1 && (detector === undefined || detector.rows === 1);
  const shape = sinogram ? { views: rows, rows: 1, columns } : { views, rows, columns };
  const fits = detector === undefined || (detector.rows === shape.rows && detector.columns === shape.columns);
  if (shape.views !== wanted || !fits)
    throw fault(
      "SHAPE_MISMATCH",
      `the scan has ${wanted} views${detector ? ` of ${detector.rows} x ${detector.columns} pixels` : ""}, the counts ${views} of ${rows} x ${columns}`,
      { defect: "inconsistent-geometry" },
    );
  return shape;
}

/** Flats or darks of a detector of one row that are stored as one image [k][column]. */
export function likeDetector(stack: ImageStack, rows: number): ImageStack {
  return rows === 1 && stack.views === 1 && stack.rows > 1 ? { ...stack, views: stack.rows, rows: 1 } : stack;
}
