import { fault } from "../core/errors.js";
import type { Grid, Volume } from "../volume/grid.js";
import { resample, sameGrid } from "../volume/index.js";
import type { Session } from "./session.js";
import { readInput } from "./volumeInput.js";

/** Labels are bytes on the device. */
const LARGEST = 255;

/**
 * A label map on the grid of the volume. Labels that are wanted and do not occur, and a map that lies on another grid,
 * are warned of.
 * @throws INVALID_ARGUMENT (defect `not-labels`) if a value is no integer from 0 to 255, and what the readers throw
 */
export async function readLabelMap(
  path: string,
  wanted: readonly number[],
  grid: Grid,
  session: Session,
): Promise<Volume> {
  const labels = await readInput(path, { quantity: "label" }, session);
  const occurring = new Uint8Array(LARGEST + 1);
  for (const value of labels.values) {
    if (!Number.isInteger(value) || value < 0 || value > LARGEST)
      throw fault(
        "INVALID_ARGUMENT",
        `${path} is no label map: labels are integers from 0 to ${LARGEST}, it holds ${value}`,
        { defect: "not-labels", value },
      );
    occurring[value] = 1;
  }
  for (const label of wanted)
    if (!occurring[label])
      session.warn({ defect: "label-not-found", message: `label ${label} does not occur in ${path}` });
  const same = sameGrid(labels.grid, grid);
  if (!same)
    session.warn({
      defect: "label-map-resampled",
      message: `${path} lies on another grid than the volume: each voxel takes the nearest label`,
    });
  const placed = same ? labels : resample(labels, grid, { interpolation: "nearest" });
  return { quantity: "label", grid, values: Uint8Array.from(placed.values) };
}
