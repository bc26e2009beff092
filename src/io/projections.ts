import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { counted } from "../core/words.js";
import type { Trajectory } from "../geometry/view.js";
import type { Projections } from "../volume/grid.js";
import { readGeometry, writeGeometry } from "./geometryFile.js";
import type { Decoded } from "./numeric.js";
import type { Input } from "./source.js";

/** Options of `readProjections`. */
export interface ReadProjectionsOptions {
  /** The views, or their geometry file. @default the file beside a path, as `geometryPath` names it */
  readonly geometry?: Trajectory | Input;
}

/** Projections as they came out of files. */
export interface ProjectionsFile extends Projections {
  readonly warnings: readonly Warning[];
}

/** The geometry file that belongs to a file of projections: scan.npy -> scan.geometry.json. */
export const geometryPath = (path: string): string => path.replace(/(\.nii\.gz|\.[^./\\]+)?$/i, ".geometry.json");

/**
 * Reads line integrals [view][row][column] (.npy, NIfTI with columns, rows, views) and their geometry. float64 stays,
 * all else becomes float32.
 * @throws SHAPE_MISMATCH if geometry and numbers do not fit, and what `readGeometry`, `readNpy`, `readNifti` throw
 */
export async function readProjections(input: Input, options: ReadProjectionsOptions = {}): Promise<ProjectionsFile> {
  refuseUnknownOptions("readProjections", options, ["geometry"]);
  const trajectory = await trajectoryOf(input, options.geometry);
  const { shape, values, warnings } = await readStack(input);
  const { detector, views } = trajectory;
  const wanted = [views.length, detector.rows, detector.columns];
  const found = shape.length === 2 ? [1, ...shape] : shape;
  if (found.length !== 3 || found.some((n, axis) => n !== wanted[axis]))
    throw fault(
      "SHAPE_MISMATCH",
      `the geometry has ${views.length} views of ${detector.rows} x ${detector.columns} pixels, the projections have shape (${shape.join(", ")})`,
      { defect: "inconsistent-geometry", wanted, found: shape },
    );
  const real = values instanceof Float32Array || values instanceof Float64Array ? values : Float32Array.from(values);
  let bad = 0;
  for (let i = 0; i < real.length; i++) if (!Number.isFinite(real[i])) bad++;
  const notFinite = { defect: "non-finite-values", message: `NaN or infinite: ${counted(bad, "pixel")}` };
  const others = warnings.filter(({ defect }) => defect !== notFinite.defect && defect !== "no-orientation");
  return { ...trajectory, values: real, warnings: bad > 0 ? [...others, notFinite] : others };
}

/**
 * Writes line integrals by the ending of the path: .npy [view][row][column], or .nii and .nii.gz (columns, rows, views);
 * and their geometry beside it, as `geometryPath` names it.
 * @throws UNSUPPORTED_FORMAT for another ending, SHAPE_MISMATCH, INVALID_GEOMETRY, WRITE_FAILED
 */
export async function writeProjections(path: string, projections: Projections): Promise<void> {
  const { detector, views, values } = projections;
  const { rows, columns, pixelSize } = detector;
  if (/\.npy$/i.test(path)) {
    const { writeNpy } = await import("./npy.js");
    await writeNpy(path, values, [views.length, rows, columns]);
  } else if (/\.nii(\.gz)?$/i.test(path)) {
    const { writeNiftiContent } = await import("./nifti/writeNifti.js");
    const indexToWorld = [pixelSize[0], 0, 0, 0, 0, pixelSize[1], 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const size = [columns, rows, views.length];
    await writeNiftiContent(path, { size, indexToWorld, values, description: "tomograd projections" });
  } else
    throw fault("UNSUPPORTED_FORMAT", `projections are written as .npy, .nii or .nii.gz, not '${path}'`, {
      defect: "unknown-ending",
    });
  await writeGeometry(geometryPath(path), projections);
}

async function trajectoryOf(input: Input, geometry: Trajectory | Input | undefined): Promise<Trajectory> {
  if (typeof geometry === "object" && "views" in geometry) return geometry;
  if (geometry !== undefined) return readGeometry(geometry);
  if (typeof input === "string") return readGeometry(geometryPath(input));
  throw fault(
    "INVALID_ARGUMENT",
    "projections that are not a path need their geometry: give the option 'geometry'",
    {},
  );
}

async function readStack(
  input: Input,
): Promise<{ shape: readonly number[]; values: Decoded; warnings: readonly Warning[] }> {
  const { looksLikeNpy, readNpy } = await import("./npy.js");
  const { toSource } = await import("./source.js");
  const source = await toSource(input);
  if (looksLikeNpy(await source.read(0, 6))) return readNpy(source);
  const { readNifti } = await import("./nifti/readNifti.js");
  const { grid, values, warnings } = await readNifti(source);
  return { shape: [...grid.size].reverse(), values, warnings };
}
