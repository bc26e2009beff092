import type { Vec3 } from "../../core/linear.js";
import type { Ray, Walk } from "./ray.js";
import { clipLine } from "./ray.js";

/** The axis along which a ray passes from plane to plane: largest |d|, ties x before y before z. */
export function dominantAxis([x, y, z]: Vec3): 0 | 1 | 2 {
  if (Math.abs(x) >= Math.abs(y) && Math.abs(x) >= Math.abs(z)) return 0;
  return Math.abs(y) >= Math.abs(z) ? 1 : 2;
}

/**
 * Joseph: in the plane of voxel centers k + 1/2 of the dominant axis u, bilinear interpolation along v and w (zero
 * outside), times the length of the ray per unit of u, times the part of [k, k + 1] between the ends of the ray.
 * Derivatives hold the dominant axis fixed.
 * Source: Joseph, IEEE Trans. Med. Imaging 1(3), 1982.
 */
export const joseph: Walk = (ray, size, _options, visit, slope) => {
  const u = dominantAxis(ray.direction);
  const [v, w] = [(u + 1) % 3, (u + 2) % 3];
  const { origin, direction } = ray;
  const d = direction[u];
  if (d === 0) return;
  const [from, to] = clipLine(ray, size, 1);
  if (!(from < to)) return;
  const stride = [1, size[0], size[0] * size[1]];
  const ends = [origin[u] + from * d, origin[u] + to * d];
  const first = Math.max(0, Math.floor(Math.min(...ends)));
  const last = Math.min(size[u] - 1, Math.floor(Math.max(...ends)));
  for (let k = first; k <= last; k++) {
    const t = (k + 0.5 - origin[u]) / d;
    const { part, byOrigin, byDirection } = partOfPlane(ray, u, k);
    if (part === 0) continue;
    const a = origin[v] + t * direction[v] - 0.5;
    const b = origin[w] + t * direction[w] - 0.5;
    const [i, j] = [Math.floor(a), Math.floor(b)];
    const length = ray.length / Math.abs(d);
    for (let dj = 0; dj < 2; dj++)
      for (let di = 0; di < 2; di++) {
        if (i + di < 0 || i + di >= size[v] || j + dj < 0 || j + dj >= size[w]) continue;
        const p = di ? a - i : 1 - (a - i);
        const q = dj ? b - j : 1 - (b - j);
        if (slope) {
          const byV = (di ? q : -q) * length * part;
          const byW = (dj ? p : -p) * length * part;
          const byU = -(byV * direction[v] + byW * direction[w]) / d;
          slope[u] = byU + p * q * length * byOrigin;
          slope[v] = byV;
          slope[w] = byW;
          for (let c = 0; c < 3; c++)
            slope[3 + c] = t * [byU, byV, byW][(c - u + 3) % 3] + (p * q * part * ray.lengthSlope[c]) / Math.abs(d);
          slope[3 + u] += p * q * length * (byDirection - part / d);
        }
        visit(k * stride[u] + (i + di) * stride[v] + (j + dj) * stride[w], length * part * p * q);
      }
  }
};

/** The part of [k, k + 1] between the ends of a ray along u, and its derivative by origin and direction along u. */
function partOfPlane({ origin, direction, from, to }: Ray, u: number, k: number) {
  if (from === Number.NEGATIVE_INFINITY) return WHOLE;
  const [first, last] = direction[u] > 0 ? [from, to] : [to, from];
  const low = origin[u] + first * direction[u];
  const high = origin[u] + last * direction[u];
  if (low <= k && high >= k + 1) return WHOLE;
  const part = Math.max(0, Math.min(k + 1, high) - Math.max(k, low));
  const lowMoves = part > 0 && low > k ? 1 : 0;
  const highMoves = part > 0 && high < k + 1 ? 1 : 0;
  return { part, byOrigin: highMoves - lowMoves, byDirection: highMoves * last - lowMoves * first };
}
const WHOLE = { part: 1, byOrigin: 0, byDirection: 0 };
