import type { Vec3 } from "../core/linear.js";
import { projectPoint } from "./points.js";
import type { View } from "./view.js";

/**
 * Side in mm, up to hundredths, of the smallest square pixels with which every point falls on the detector in every view.
 *
 * @param unitViews the views with pixels of 1 x 1 mm, the detector centered as it will be
 * @param points world mm, such as the corners of a grid
 * @returns 1 where a point lies beside or behind a source: no pixel is large enough
 */
export function fittingPixel(
  unitViews: readonly View[],
  { rows, columns }: { readonly rows: number; readonly columns: number },
  points: readonly Vec3[],
): number {
  let need = 0;
  for (const view of unitViews)
    for (const point of points) {
      const pixel = projectPoint(view, point);
      if (!(pixel.depth > 0)) return 1;
      need = Math.max(
        need,
        Math.abs(pixel.column - (columns - 1) / 2) / (columns / 2),
        Math.abs(pixel.row - (rows - 1) / 2) / (rows / 2),
      );
    }
  return Math.ceil(100 * need) / 100;
}
