import { existsSync } from "node:fs";
import { fault } from "../core/errors.js";
import { geometryPath } from "../io/index.js";
import type { Grid, Volume } from "../volume/grid.js";
import { resample, sameGrid } from "../volume/index.js";
import { refuseNonFinite } from "./attenuated.js";
import type { Session } from "./session.js";
import { type AttenuationName, attenuationOf, quantityOf, readInput } from "./volumeInput.js";

export interface OtherVolumes {
  readonly start?: string;
  readonly truth?: string;
  readonly mask?: string;
  readonly attenuation?: AttenuationName;
}

/**
 * The volumes that a reconstruction starts from, is compared with (HU converted) and is kept inside of, on its grid.
 * @throws INVALID_ARGUMENT (defects `not-a-volume`, `no-orientation`, `contradictory-options`, `zero-truth`), NOT_FINITE,
 * and what the readers throw
 */
export async function readOthers(
  options: OtherVolumes,
  grid: Grid,
  session: Session,
): Promise<{ readonly start?: Volume; readonly truth?: Volume; readonly mask?: Volume }> {
  let anyHounsfield = false;
  const read = async (option: string, path: string): Promise<Volume> => {
    const volume = await readPlaced(option, path, grid, session);
    anyHounsfield ||= quantityOf(volume) === "hounsfield";
    return onGrid(attenuationOf(volume, options.attenuation ?? "two-slope", session.warn), grid);
  };
  const start = options.start === undefined ? undefined : await read("--start", options.start);
  const truth = options.truth === undefined ? undefined : await read("--truth", options.truth);
  if (options.attenuation !== undefined && options.attenuation !== "none" && !anyHounsfield)
    throw fault("INVALID_ARGUMENT", "--attenuation converts HU, but neither --start nor --truth holds any", {
      defect: "contradictory-options",
    });
  if (truth && !truth.values.some((value) => value > 0))
    throw fault(
      "INVALID_ARGUMENT",
      `${options.truth} is nowhere above 0 on the grid of the reconstruction: nothing can be compared with it`,
      { defect: "zero-truth" },
    );
  const mask =
    options.mask === undefined
      ? undefined
      : onGrid(await readPlaced("--mask", options.mask, grid, session), grid, "nearest");
  return { ...(start && { start }), ...(truth && { truth }), ...(mask && { mask }) };
}

/** Files that do not say where they lie are taken voxel by voxel, if they have the grid's size. */
async function readPlaced(option: string, path: string, grid: Grid, session: Session): Promise<Volume> {
  if (existsSync(geometryPath(path)))
    throw fault(
      "INVALID_ARGUMENT",
      `${option} must be a volume, ${path} holds projections (a geometry lies beside it)`,
      {
        defect: "not-a-volume",
      },
    );
  const volume = await readInput(path, {}, session);
  refuseNonFinite(path, volume.values);
  if (!volume.warnings.some(({ defect }) => defect === "no-orientation")) return volume;
  if (volume.grid.size.every((n, axis) => n === grid.size[axis])) return { ...volume, grid };
  throw fault(
    "INVALID_ARGUMENT",
    `${path} does not say where it lies and its ${volume.grid.size.join(" x ")} voxels are not those of the grid, ${grid.size.join(" x ")}: ${option} must be on the grid or have an affine`,
    { defect: "no-orientation" },
  );
}

const onGrid = (volume: Volume, grid: Grid, interpolation: "linear" | "nearest" = "linear"): Volume =>
  sameGrid(volume.grid, grid) ? volume : resample(volume, grid, { interpolation });
