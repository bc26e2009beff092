/** Images of how every pixel changes with the numbers of the geometry. */

import type { Vec3 } from "../core/linear.js";
import { apply3, inverse3, linearPart } from "../core/linear.js";
import { viewTable } from "../geometry/indexFrame.js";
import type { View } from "../geometry/view.js";
import { toHost } from "../projector/arrays.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { CommonParameter, ViewParameter } from "./viewMotion.js";
import { tangentOf } from "./viewMotion.js";

/** The projections of a volume, and their derivatives. */
export interface GeometryColumns {
  /** A x, [view][row][column]. */
  readonly image: Float32Array;
  /** d(A x)/d(number), [view][number][row][column]; lengths in mm, angles in rad. */
  readonly columns: Float32Array;
}

/** Bytes of line Jacobian on the device at a time. */
const BATCH_BYTES = 64 * 2 ** 20;

/**
 * A x and its exact derivative by each of `parameters`, view by view, from the projector's line Jacobian: with g_s, g_p a
 * pixel's derivatives by the ends of its ray and (s', p', c', r') the tangent of the view, the sum of s' g_s and
 * (p' + column c' + row r') g_p. Siddon: crossings move, lookups are constant; Joseph: the dominant axis is held.
 * @param pivot world mm, about which turns turn
 */
export async function geometryColumns(
  A: Projector,
  x: DeviceVolume,
  parameters: readonly (ViewParameter | CommonParameter)[],
  pivot: Vec3,
): Promise<GeometryColumns> {
  const { backend, grid, views } = A;
  const { rows, columns } = A.detector;
  const pixels = rows * columns;
  const count = parameters.length;
  const toIndex = inverse3(linearPart(grid.indexToWorld));
  const found = new Float32Array(views.length * count * pixels);
  const image = new Float32Array(views.length * pixels);
  const { voxelShift, ...discretization } = A.discretization;
  const batch = Math.max(1, Math.floor(BATCH_BYTES / (24 * pixels)));
  for (let first = 0; first < views.length; first += batch) {
    const some = views.slice(first, first + batch);
    const stack = (n: number) => ({ kind: "projections", views: n, rows, columns }) as const;
    const table = viewTable(some, grid.indexToWorld, voxelShift);
    using tableArray = backend.upload(table, { kind: "flat", length: table.length }, "views", "f64");
    using out = backend.allocate(stack(some.length), "image");
    using jacobian = backend.allocate(stack(6 * some.length), "line jacobian");
    backend.run("projectLineJacobian", {
      ...discretization,
      beam: some[0].beam,
      views: tableArray,
      volume: x.array,
      out,
      jacobian,
    });
    const [values, slopes] = await Promise.all([backend.download(out), backend.download(jacobian)]);
    image.set(values, first * pixels);
    some.forEach((view, v) => {
      parameters.forEach((parameter, k) => {
        const at = ((first + v) * count + k) * pixels;
        contract(view, slopes, 6 * v * pixels, found.subarray(at, at + pixels), parameter);
      });
    });
  }
  return { image, columns: found };

  /** One image: the tangent in index coordinates times the line Jacobian of a view, which begins at `from`. */
  function contract(
    view: View,
    slopes: ArrayLike<number>,
    from: number,
    out: Float32Array,
    parameter: ViewParameter | CommonParameter,
  ): void {
    const tangent = tangentOf(view, parameter, pivot);
    const s = apply3(toIndex, tangent.start);
    const p = apply3(toIndex, tangent.firstPixel);
    const c = apply3(toIndex, tangent.columnStep);
    const r = apply3(toIndex, tangent.rowStep);
    for (let row = 0, i = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, i++) {
        let sum = 0;
        for (let axis = 0; axis < 3; axis++)
          sum +=
            s[axis] * slopes[from + axis * pixels + i] +
            (p[axis] + column * c[axis] + row * r[axis]) * slopes[from + (3 + axis) * pixels + i];
        out[i] = sum;
      }
  }
}

/** The projections of a volume on the host, as float32. */
export async function imageOf(A: Projector, x: DeviceVolume): Promise<Float32Array> {
  using image = A.apply(x);
  return Float32Array.from((await toHost(image)).values);
}
