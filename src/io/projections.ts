import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { counted } from "../core/words.js";
import { flattenArc } from "../geometry/arcDetector.js";
import type { Detector, Trajectory } from "../geometry/view.js";
import type { Projections } from "../volume/grid.js";
import { type ReadGeometryOptions, readGeometryOptionNames, refuseOtherDetector } from "./geometry/types.js";
import { readGeometryOfStack, writeGeometry } from "./geometryFile.js";
import { fittingOrder, parseOrder, readStack, type Stack } from "./projectionStack.js";
import type { Input } from "./source.js";

/** Options of `readProjections`. */
export interface ReadProjectionsOptions extends Omit<ReadGeometryOptions, "onWarning"> {
  /** The views, or their file in any format of `readGeometry`. @default the file beside a path, as `geometryPath` names it */
  readonly geometry?: Trajectory | Input;
  /**
   * What the axes of the stack count, slowest first; a minus counts from the other end: ASTRA's projections are
   * "row,view,column", images whose rows run upwards "view,-row,column". @default "view,row,column"
   */
  readonly order?: string;
  readonly signal?: AbortSignal;
  /** Refuse stacks that need more memory, bytes. @default 8 GiB */
  readonly maxBytes?: number;
}

/** Projections as they came out of files. */
export interface ProjectionsFile extends Projections {
  readonly warnings: readonly Warning[];
}

/** The geometry file that belongs to a file of projections: scan.npy -> scan.geometry.json. */
export const geometryPath = (path: string): string => path.replace(/(\.nii\.gz|\.[^./\\]+)?$/i, ".geometry.json");

/**
 * Reads line integrals [view][row][column] and their geometry: a stack of images in any format of `readVolume` (multi-page
 * TIFF, a folder or list of pictures, .npy, NRRD, MetaImage, NIfTI with columns, rows, views), recognized by its content.
 * float64 stays, all else becomes float32. The size of pixels and the origin that a stack's header says are taken where the
 * geometry's file does not say them. A detector on an arc is resampled to the flat one (`flattenArc`, warning
 * `arc-resampled`).
 * @throws SHAPE_MISMATCH (`inconsistent-geometry`) if geometry and stack do not fit, TRUNCATED_FILE naming the view in
 *   which the stack ends (`detail.view`), and what `readGeometry` and `readVolume` throw
 */
export async function readProjections(
  input: Input | readonly Input[],
  options: ReadProjectionsOptions = {},
): Promise<ProjectionsFile> {
  const { geometry, order = DEFAULT_ORDER, signal, maxBytes, ...reading } = options;
  const own = ["geometry", "order", "signal", "maxBytes"];
  const known = readGeometryOptionNames.filter((name) => name !== "onWarning");
  refuseUnknownOptions("readProjections", options, [...own, ...known]);
  const axes = parseOrder(order);
  const file = fileOfGeometry(input, geometry);
  const stack = await readStack(input, axes, { ...(signal && { signal }), ...(maxBytes && { maxBytes }) });
  const warnings: Warning[] = [];
  const { rows, columns, pixelSize, origin } = stack;
  const detector = { rows, columns, ...(pixelSize && { pixelSize }), ...options.detector };
  const onWarning = (warning: Warning) => void warnings.push(warning);
  const trajectory = isTrajectory(file)
    ? file
    : await readGeometryOfStack(file, { ...reading, detector, onWarning }, origin);
  refuseOtherDetector(options.detector, trajectory);
  refuseOtherShape(trajectory, stack);
  const { values } = stack;
  const real = values instanceof Float32Array || values instanceof Float64Array ? values : Float32Array.from(values);
  let bad = 0;
  for (let i = 0; i < real.length; i++) if (!Number.isFinite(real[i])) bad++;
  const notFinite = { defect: "non-finite-values", message: `NaN or infinite: ${counted(bad, "pixel")}` };
  if (trajectory.detector.shape === "arc") warnings.push(RESAMPLED);
  const others = [...stack.warnings, ...warnings].filter(({ defect }) => !OF_VOLUMES.includes(defect));
  const measured = { ...trajectory, values: real };
  const projections = trajectory.detector.shape === "arc" ? flattenArc(measured) : measured;
  return { ...projections, warnings: bad > 0 ? [...others, notFinite] : others };
}

const RESAMPLED: Warning = {
  defect: "arc-resampled",
  message: "the detector stands on an arc: its columns are interpolated onto the flat detector that touches it",
};
const DEFAULT_ORDER = "view,row,column";
/** Warnings that say nothing about images, or are counted anew. */
const OF_VOLUMES = ["non-finite-values", "no-orientation", "no-spacing", "no-origin"];

/** @throws SHAPE_MISMATCH, with the order that would fit if there is one */
function refuseOtherShape({ views, detector }: Trajectory, stack: Stack): void {
  const wanted = [views.length, detector.rows, detector.columns];
  const found = [stack.views, stack.rows, stack.columns];
  if (wanted.every((n, axis) => n === found[axis])) return;
  const images = found[1] === wanted[1] && found[2] === wanted[2];
  const fitting = fittingOrder(stack.sizes, wanted);
  const advice = fitting ? `; the order "${fitting}" would fit` : "";
  throw fault(
    "SHAPE_MISMATCH",
    images
      ? `the geometry has ${counted(wanted[0], "view")}, the stack ${counted(found[0], "image")}: views and images must agree in number`
      : `the geometry has ${views.length} views of ${detector.rows} x ${detector.columns} pixels, the projections have shape (${found.join(", ")})${advice}`,
    { defect: "inconsistent-geometry", wanted, found },
  );
}

/**
 * Writes line integrals by the ending of the path: .npy [view][row][column], .nii and .nii.gz (columns, rows, views),
 * .mha and .nrrd (the same; the detector's middle at 0, 0), .tif (a page a view); and their geometry beside it, as
 * `geometryPath` names it.
 * @throws UNSUPPORTED_FORMAT for another ending, SHAPE_MISMATCH, INVALID_GEOMETRY, WRITE_FAILED
 */
export async function writeProjections(path: string, projections: Projections): Promise<void> {
  const { detector, views, values } = projections;
  const { rows, columns, pixelSize } = detector;
  const size = [columns, rows, views.length] as const;
  if (/\.npy$/i.test(path)) {
    const { writeNpy } = await import("./npy.js");
    await writeNpy(path, values, [views.length, rows, columns]);
  } else if (/\.nii(\.gz)?$/i.test(path)) {
    const { writeNiftiContent } = await import("./nifti/writeNifti.js");
    const indexToWorld = [pixelSize[0], 0, 0, 0, 0, pixelSize[1], 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    await writeNiftiContent(path, { size: [...size], indexToWorld, values, description: "tomograd projections" });
  } else if (/\.(mha|nrrd|tiff?)$/i.test(path)) {
    const { volumeWriter } = await import("./writeVolume.js");
    await volumeWriter(path)({ grid: { size, indexToWorld: imagePlane(detector) }, quantity: "unknown", values });
  } else
    throw fault(
      "UNSUPPORTED_FORMAT",
      `projections are written as .npy, .nii, .nii.gz, .mha, .nrrd or .tif, not '${path}'`,
      { defect: "unknown-ending" },
    );
  await writeGeometry(geometryPath(path), projections);
}

/** In ITK's frame, whose x and y are those of RAS turned around: columns along x, rows along y, the middle at 0. */
function imagePlane({ rows, columns, pixelSize: [dx, dy] }: Detector): number[] {
  return [-dx, 0, 0, ((columns - 1) / 2) * dx, 0, -dy, 0, ((rows - 1) / 2) * dy, 0, 0, 1, 0, 0, 0, 0, 1];
}

const isTrajectory = (geometry: Trajectory | Input): geometry is Trajectory =>
  typeof geometry === "object" && "views" in geometry;

function fileOfGeometry(input: Input | readonly Input[], geometry: Trajectory | Input | undefined): Trajectory | Input {
  if (geometry !== undefined) return geometry;
  if (typeof input === "string") return geometryPath(input);
  throw fault("INVALID_ARGUMENT", "projections that are not a path need their geometry: give the option 'geometry'", {
    defect: "missing-geometry",
  });
}
