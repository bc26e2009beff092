/** Which rays see all of the body where a CT ends before the X-ray does. */
import { add, inverseAffine, scale, transformPoint, transformVector, type Vec3 } from "../core/linear.js";
import type { View } from "../geometry/view.js";
import type { Grid } from "../volume/grid.js";

/** Voxels: beyond the outer centers, interpolation already falls to the nothing outside of the volume. */
const RAMP = 0.5;

/**
 * mask[row][column] = 1 where the ray crosses the box of the grid without leaving it through one of the cut faces, else
 * 0; gives the number of ones. The cut faces are both faces of `axis`: where a CT ends in the middle of the body, a ray
 * through such a face meets what the volume does not hold. The ray (the whole line) is clipped with the two other slabs;
 * it does not count if it then lies, at either end, beyond the outermost voxel centers along `axis`. Rays that miss the
 * other slabs pass beside the body: they count.
 */
export function cutFaceMask(
  view: View,
  grid: Grid,
  axis: 0 | 1 | 2,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  mask: Uint8Array,
): number {
  const toIndex = inverseAffine(grid.indexToWorld);
  const toBox = (p: Vec3): Vec3 => add(transformPoint(toIndex, p), [0.5, 0.5, 0.5]);
  const cone = view.beam === "cone";
  const source = cone ? toBox(view.source) : transformVector(toIndex, view.direction);
  const first = toBox(view.firstPixel);
  const along = transformVector(toIndex, view.columnStep);
  const down = transformVector(toIndex, view.rowStep);
  const [u, v] = [0, 1, 2].filter((other) => other !== axis);
  const [nu, nv, nw] = [grid.size[u], grid.size[v], grid.size[axis]];
  const [su, sv, sw] = [source[u], source[v], source[axis]];
  const [cu, cv, cw] = [along[u], along[v], along[axis]];
  const low = RAMP;
  const high = nw - RAMP;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const start = add(first, scale(down, row));
    let pu = start[u];
    let pv = start[v];
    let pw = start[axis];
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const du = cone ? pu - su : su;
      const dv = cone ? pv - sv : sv;
      const dw = cone ? pw - sw : sw;
      // Parameters of the crossings, from the pixel on. A ray along a slab has infinite ones: of one sign outside of it.
      const u0 = -pu / du;
      const u1 = (nu - pu) / du;
      const v0 = -pv / dv;
      const v1 = (nv - pv) / dv;
      const from = Math.max(Math.min(u0, u1), Math.min(v0, v1));
      const to = Math.min(Math.max(u0, u1), Math.max(v0, v1));
      const a = pw + from * dw;
      const b = pw + to * dw;
      const valid = !(from < to) || (a >= low && a <= high && b >= low && b <= high) ? 1 : 0;
      mask[i] = valid;
      count += valid;
      pu += cu;
      pv += cv;
      pw += cw;
    }
  }
  return count;
}
