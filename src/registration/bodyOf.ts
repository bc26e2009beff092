import { fault } from "../core/errors.js";
import { transformPoint, type Vec3 } from "../core/linear.js";
import type { Volume } from "../volume/grid.js";
import { sameGrid } from "../volume/gridFrame.js";

/**
 * The voxels with some labels, the others 0, and their center of mass in the world.
 * @throws INVALID_ARGUMENT (`empty-body`)
 */
export function bodyOf(volume: Volume, labels: Volume, wanted: readonly number[]): { body: Volume; center: Vec3 } {
  const values = new Float32Array(volume.values.length);
  const [nx, ny] = volume.grid.size;
  let [mass, x, y, z] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!wanted.includes(labels.values[i])) continue;
    const value = volume.values[i];
    values[i] = value;
    mass += value;
    x += value * (i % nx);
    y += value * (Math.floor(i / nx) % ny);
    z += value * Math.floor(i / (nx * ny));
  }
  if (!(mass > 0))
    throw fault(
      "INVALID_ARGUMENT",
      `found nothing that attenuates with labels ${wanted.join(", ")}; expected a body; check the labels`,
      { defect: "empty-body", labels: [...wanted] },
    );
  return {
    body: { ...volume, values },
    center: transformPoint(volume.grid.indexToWorld, [x / mass, y / mass, z / mass]),
  };
}

/** @throws SHAPE_MISMATCH (`grid-mismatch`), INVALID_ARGUMENT (`empty-body`, `shared-label`) */
export function checkLabels(volume: Volume, labels: Volume, bodies: readonly (readonly number[])[]): void {
  if (!sameGrid(volume.grid, labels.grid))
    throw fault("SHAPE_MISMATCH", "found labels on another grid than the volume; expected the same; resample them", {
      defect: "grid-mismatch",
    });
  if (bodies.length === 0)
    throw fault("INVALID_ARGUMENT", "found no body; expected the labels of at least one; give bodies", {
      defect: "empty-body",
    });
  const all = bodies.flat();
  const shared = all.find((label, i) => all.indexOf(label) !== i);
  if (shared !== undefined)
    throw fault(
      "INVALID_ARGUMENT",
      `found label ${shared} in two bodies; expected it in one; leave it out of the other`,
      { defect: "shared-label", label: shared },
    );
}
