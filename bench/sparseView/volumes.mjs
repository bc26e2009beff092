/**
 * Truth volumes of the few-view benchmark, on the cube [-1, 1]³ with N³ voxels and values in [0, 1]. A volume's own spacing
 * is ignored: it is stretched to the cube, as in R2-Gaussian.
 */
import { readVolume } from "tomograd/io";
import { boxResample, createGrid, sheppLogan } from "tomograd/volume";
import { cubicZoom } from "./cubicZoom.mjs";

export const cubeGrid = (n) => createGrid({ size: [n, n, n], spacing: 2 / n });

/** Kak and Slaney's head at half density (skull 1.0): exact line integrals and voxels. */
export const head = () => sheppLogan({ radius: 1, density: 0.5, quantity: "density" });

/** Reads a file or a folder and scales it to [0, 1]: HU from -1000 to 2000, anything else from minimum to maximum. */
export async function openVolume(path) {
  if (path === "shepp-logan") return { name: path, phantom: head() };
  const { grid, values, quantity } = await readVolume(path);
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const hounsfield = quantity === "hounsfield" || least <= -900;
  const [from, to] = hounsfield ? [-1000, 2000] : [least, most];
  const scaled = Float64Array.from(values, (v) => (Math.min(Math.max(v, from), to) - from) / (to - from));
  return { name: path, size: grid.size, values: scaled, hounsfield };
}

/** The truth for N: means over cells (CT too where it has fewer slices); other volumes linearly where N is finer. */
export function truthOf(volume, n) {
  const grid = cubeGrid(n);
  if (volume.phantom) return onCube(volume.phantom.voxelize(grid).values, n);
  const { size, values, hounsfield } = volume;
  const coarse = hounsfield ? [n, n, n] : size.map((count) => Math.min(count, n));
  const input = { quantity: "density", grid: createGrid({ size, spacing: 1 }), values };
  let result = boxResample(input, coarse).values;
  const shape = [...coarse];
  for (let axis = 0; axis < 3; axis++) {
    result = linearAlong(result, shape, axis, n);
    shape[axis] = n;
  }
  return onCube(result, n);
}

/** The truth of R2-Gaussian's protocol: cubic spline zoom to N³ without smoothing. */
export function zoomedTruthOf(volume, n) {
  if (volume.phantom) return truthOf(volume, n);
  return onCube(cubicZoom(volume.values, volume.size, [n, n, n]), n);
}

const onCube = (values, n) => ({ quantity: "density", grid: cubeGrid(n), values: Float32Array.from(values) });

/** Linear interpolation between the centers of cells along one axis, the outer cells constant beyond their centers. */
function linearAlong(values, size, axis, count) {
  const n = size[axis];
  if (n === count) return values;
  const inner = size.slice(0, axis).reduce((a, b) => a * b, 1);
  const outer = size.slice(axis + 1).reduce((a, b) => a * b, 1);
  const out = new Float64Array(inner * count * outer);
  for (let o = 0; o < count; o++) {
    const x = ((o + 0.5) * n) / count - 0.5;
    const low = Math.floor(x);
    const f = x - low;
    const [p, q] = [Math.max(0, low), Math.min(n - 1, low + 1)];
    for (let b = 0; b < outer; b++)
      for (let a = 0; a < inner; a++)
        out[a + inner * (o + count * b)] =
          (1 - f) * values[a + inner * (p + n * b)] + f * values[a + inner * (q + n * b)];
  }
  return out;
}
