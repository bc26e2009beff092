/** Piecewise linear functions given by knots, on the host and on a device. */
import type { DeviceArray } from "../backend/backend.js";

/**
 * The function through the knots x0, y0, x1, y1, ... (x ascending, at least two): constant before the first, continued
 * with the last slope after the last. The same as the kernel `mapPiecewise`.
 */
export function piecewise(knots: Float64Array): (x: number) => number {
  const last = knots.length - 4;
  return (x) => {
    if (x <= knots[0]) return knots[1];
    let k = 0;
    while (k < last && x > knots[k + 2]) k += 2;
    const share = (x - knots[k]) / (knots[k + 2] - knots[k]);
    return knots[k + 1] + share * (knots[k + 3] - knots[k + 1]);
  };
}

/** Maps an array on its device in place; queued like any kernel. Keeps a whole volume from having to exist twice. */
export function mapOnDevice(array: DeviceArray, knots: Float64Array): void {
  using table = array.backend.upload(knots, { kind: "flat", length: knots.length }, "knots");
  array.backend.run("mapPiecewise", { x: array, knots: table });
}
