import { fault } from "../core/errors.js";
import { transformPoint, type Vec3 } from "../core/linear.js";
import type { Volume } from "../volume/grid.js";

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
