/**
 * The scan of the GPU benchmark: n³ voxels of 1 mm, a cone beam from 4 n mm before the axis to 6 n mm behind it, n x n
 * pixels of 1.6 mm, as the tables that kernels take. No ray of it lies in a face of voxels.
 */
import { circularTrajectory, viewTable } from "tomograd/geometry";
import { createGrid } from "tomograd/volume";

const PIXEL_MM = 1.6;
const START_DEG = 5.3;
const TILT_MM = 0.37;

const cross = ([a, b, c], [d, e, f]) => [b * f - c * e, c * d - a * f, a * e - b * d];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/**
 * 12 numbers of a view for `backproject`: (U, V, W) = M (X - source), M the inverse of [column step, row step, first pixel
 * - source], times the distance of detector over axis.
 */
function matrixOf(view, ratio) {
  const [source, pixel, column, row] = [0, 3, 6, 9].map((at) => [...view.subarray(at, at + 3)]);
  const toPixel = pixel.map((p, i) => p - source[i]);
  const crossed = [cross(row, toPixel), cross(toPixel, column), cross(column, row)];
  const scale = ratio / dot(column, crossed[0]);
  return crossed.flatMap((line) => [...line.map((value) => scale * value), -scale * dot(line, source)]);
}

/** Tables of `views` views: lines of rays, matrices; the metric; and one view's rays one by one. */
export function gpuScene(n, views) {
  const grid = createGrid({ size: [n, n, n], spacing: 1 });
  const detector = { rows: n, columns: n, pixelSize: [PIXEL_MM, PIXEL_MM] };
  const orbit = circularTrajectory({ detector, sid: 4 * n, sdd: 6 * n, views, startDeg: START_DEG });
  // the source a little off the middle plane
  const lifted = orbit.views.map((view) => ({
    ...view,
    source: view.source.map((value, axis) => (axis === 2 ? value + TILT_MM : value)),
  }));
  const table = viewTable(lifted, grid.indexToWorld);
  const matrices = Array.from({ length: views }, (_, view) => matrixOf(table.subarray(18 * view), 6 / 4));
  const rays = [];
  for (let row = 0; row < n; row++)
    for (let column = 0; column < n; column++) {
      const pixel = [0, 1, 2].map((i) => table[3 + i] + column * table[6 + i] + row * table[9 + i]);
      rays.push(table[0], table[1], table[2], ...pixel);
    }
  return { views: table, matrices: Float64Array.from(matrices.flat()), rays, metric: [...table.subarray(12, 18)] };
}
