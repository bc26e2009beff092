import type { Backend } from "../../src/backend/backend.js";
import { toDevice, toHost } from "../../src/projector/arrays.js";
import { createProjector } from "../../src/projector/createProjector.js";
import type { Projector } from "../../src/projector/types.js";
import type { Projections, Volume } from "../../src/volume/grid.js";
import { cube, type Problem, simulated, views } from "./gates.js";

/** A block of 1 over the middle half of n³ voxels, n a multiple of 16, with a hollow of 0.4. */
function block(n: number): Volume {
  const [values, s] = [new Float32Array(n ** 3), n / 16];
  const inside = (i: number, from: number, to: number) => i >= from * s && i < to * s;
  for (let k = 0, voxel = 0; k < n; k++)
    for (let j = 0; j < n; j++)
      for (let i = 0; i < n; i++, voxel++) {
        if (![i, j, k].every((index) => inside(index, 4, 12))) continue;
        values[voxel] = inside(i, 6, 9) && inside(j, 6, 10) && inside(k, 5, 9) ? 0.4 : 1;
      }
  return { quantity: "density", grid: cube(n), values };
}

/** Joseph's operator on a cube of 16³, and noisy data of the block: the problem of gates I1 and I3. */
export async function blockScan(backend: Backend, { count = 6, pixels = 24, noise = 0.005 } = {}): Promise<Problem> {
  const truth = block(16);
  const A = createProjector({ backend, grid: truth.grid, ...views(count, pixels, 0.05), model: "joseph" });
  return { A, truth, projections: await simulated(A, truth, noise, 3) };
}

/** 1/2 |A x - p|² + lambda median(AᵀA 1) TV(x), sums in float64. */
export async function objective(A: Projector, projections: Projections, x: Volume, lambda: number): Promise<number> {
  const { backend } = A;
  const ones = toDevice(backend, { ...x, values: new Float32Array(x.values.length).fill(1) });
  const [device, lengths] = [toDevice(backend, x), A.apply(ones)];
  const [D, image, out] = [A.adjoint(lengths), A.apply(device), backend.allocate({ kind: "flat", length: 1 })];
  backend.run("totalVariation", { out, x: device.array, delta: 0 });
  try {
    const sorted = Float64Array.from((await toHost(D)).values).sort();
    const residual = Float64Array.from((await toHost(image)).values, (p, i) => p - projections.values[i]);
    const weight = lambda * sorted[Math.floor((sorted.length - 1) / 2)];
    return residual.reduce((sum, r) => sum + r * r, 0) / 2 + weight * (await backend.download(out))[0];
  } finally {
    for (const resource of [ones, device, lengths, D, image, out]) resource.dispose();
  }
}
