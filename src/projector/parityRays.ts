/** Between the world and the parity kernels: volumes, rays, subsets of pixels. */
import type { ParityRays, ParityVolume } from "../backend/reference/parity/index.js";
import { fault, inverseAffine, type Matrix4 } from "../core/index.js";
import type { Volume } from "../volume/grid.js";
import { sameGrid } from "../volume/gridFrame.js";

/** The voxels of a volume, and of labels on the same grid, as the parity kernels take them (no copy). */
export function parityVolume(volume: Volume, labels: Volume | undefined): ParityVolume {
  if (labels !== undefined && !sameGrid(labels.grid, volume.grid))
    throw fault("SHAPE_MISMATCH", "labels must lie on the volume's grid; resample them to it first", {
      field: "labels",
      expected: volume.grid,
      actual: labels.grid,
    });
  return { size: volume.grid.size, values: volume.values, labels: labels?.values };
}

/** The same rays in index coordinates u = inverse(affine) X + shift; `sources` and `ends` are world points, mm. */
export function raysInIndex(rays: ParityRays, indexToWorld: Matrix4, voxelShift: number): ParityRays {
  const m = inverseAffine(indexToWorld);
  const place = (points: Float64Array): Float64Array => {
    const out = new Float64Array(points.length);
    for (let at = 0; at < points.length; at += 3) {
      const [x, y, z] = [points[at], points[at + 1], points[at + 2]];
      for (let row = 0; row < 3; row++)
        out[at + row] = m[4 * row] * x + m[4 * row + 1] * y + m[4 * row + 2] * z + m[4 * row + 3] + voxelShift;
    }
    return out;
  };
  return { ...rays, sources: place(rays.sources), ends: place(rays.ends) };
}

/** Images of a subset of pixels spread over all pixels, zeros elsewhere; without a list they are complete already. */
export function spreadPixels(
  values: Float64Array,
  images: number,
  list: Uint32Array | undefined,
  pixels: number,
): Float64Array {
  if (!list) return values;
  const out = new Float64Array(images * pixels);
  for (let image = 0; image < images; image++)
    for (let at = 0; at < list.length; at++) out[image * pixels + list[at]] = values[image * list.length + at];
  return out;
}

/** The transpose of `spreadPixels`. */
export function gatherPixels(
  values: ArrayLike<number>,
  images: number,
  list: Uint32Array | undefined,
  pixels: number,
): ArrayLike<number> {
  if (!list) return values;
  return Float64Array.from(
    { length: images * list.length },
    (_, at) => values[Math.floor(at / list.length) * pixels + list[at % list.length]],
  );
}
