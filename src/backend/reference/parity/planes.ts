/**
 * All n + 1 planes of each axis that a line crosses, ascending along the line: alpha = (m - s) / d.
 * Each axis is monotonic, so the three lists are merged instead of sorted.
 */
export interface PlaneTable {
  /** nx + ny + nz + 3 */
  readonly columns: number;
  /** [columns] parameters along the line, ascending. */
  readonly alphas: Float64Array;
  /** [columns] axis of each plane. */
  readonly axes: Uint8Array;
  /** Fills `alphas` and `axes` for the line s + alpha d (3 numbers each, index coordinates, no component of d is 0). */
  fill(s: ArrayLike<number>, d: ArrayLike<number>): void;
}

export function createPlaneTable([nx, ny, nz]: readonly [number, number, number]): PlaneTable {
  const columns = nx + ny + nz + 3;
  const alphas = new Float64Array(columns);
  const axes = new Uint8Array(columns);
  function fill(s: ArrayLike<number>, d: ArrayLike<number>): void {
    const [sx, sy, sz] = [s[0], s[1], s[2]];
    const [dx, dy, dz] = [d[0], d[1], d[2]];
    let mx = dx > 0 ? 0 : nx;
    let my = dy > 0 ? 0 : ny;
    let mz = dz > 0 ? 0 : nz;
    const [stepX, stepY, stepZ] = [dx > 0 ? 1 : -1, dy > 0 ? 1 : -1, dz > 0 ? 1 : -1];
    const end = Number.POSITIVE_INFINITY;
    let ax = (mx - sx) / dx;
    let ay = (my - sy) / dy;
    let az = (mz - sz) / dz;
    for (let column = 0; column < columns; column++) {
      if (ax <= ay && ax <= az) {
        alphas[column] = ax;
        axes[column] = 0;
        mx += stepX;
        ax = mx >= 0 && mx <= nx ? (mx - sx) / dx : end;
      } else if (ay <= az) {
        alphas[column] = ay;
        axes[column] = 1;
        my += stepY;
        ay = my >= 0 && my <= ny ? (my - sy) / dy : end;
      } else {
        alphas[column] = az;
        axes[column] = 2;
        mz += stepZ;
        az = mz >= 0 && mz <= nz ? (mz - sz) / dz : end;
      }
    }
  }
  return { columns, alphas, axes, fill };
}
