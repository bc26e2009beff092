import { fault } from "../core/errors.js";
import type { Grid, Volume } from "../volume/grid.js";
import { resample, sameGrid } from "../volume/index.js";
import type { Session } from "./session.js";
import { readInput } from "./volumeInput.js";

/** Labels are bytes, 0 for all that are not wanted. */
const MOST = 255;

/**
 * A label map on the grid of the volume. Labels that are wanted and do not occur, and a map that lies on another grid,
 * are warned of.
 * Labels are any integers; the map that is returned holds n + 1 for the nth wanted one, and 0 elsewhere.
 * @throws INVALID_ARGUMENT (defect `not-labels`) if a value is no integer or more than 255 labels are wanted, and what the
 *   readers throw
 */
export async function readLabelMap(
  path: string,
  wanted: readonly number[],
  grid: Grid,
  session: Session,
): Promise<Volume> {
  const labels = await readInput(path, { quantity: "label" }, session);
  const codes = new Map(wanted.map((label, n) => [label, n + 1]));
  if (wanted.length > MOST)
    throw fault("INVALID_ARGUMENT", `at most ${MOST} labels can be taken at once, not ${wanted.length}`, {
      defect: "not-labels",
    });
  const occurring = new Set<number>();
  for (const value of labels.values) {
    if (!Number.isInteger(value))
      throw fault("INVALID_ARGUMENT", `${path} is no label map: labels are integers, it holds ${value}`, {
        defect: "not-labels",
        value,
      });
    if (codes.has(value)) occurring.add(value);
  }
  for (const label of codes.keys())
    if (!occurring.has(label))
      session.warn({ defect: "label-not-found", message: `label ${label} does not occur in ${path}` });
  const same = sameGrid(labels.grid, grid);
  if (!same)
    session.warn({
      defect: "label-map-resampled",
      message: `${path} lies on another grid than the volume: each voxel takes the nearest label`,
    });
  const placed = same ? labels : resample(labels, grid, { interpolation: "nearest" });
  return { quantity: "label", grid, values: Uint8Array.from(placed.values, (value) => codes.get(value) ?? 0) };
}
