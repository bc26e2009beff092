import { add, apply3, type Matrix3, type Vec3 } from "../../src/core/linear.js";
import { createRandom } from "../../src/core/random.js";
import type { Detector, View } from "../../src/geometry/view.js";
import type { Grid, Volume } from "../../src/volume/grid.js";

/** An odd, rotated, flipped and sheared grid away from the origin. */
export const grid: Grid = {
  size: [9, 12, 7],
  indexToWorld: [-2.1, 0.4, 0.3, 14, 0.3, 1.9, -0.5, -8, 0.2, 0.1, 2.8, 3, 0, 0, 0, 1],
};

export const detector: Detector = { rows: 11, columns: 14, pixelSize: [3.1, 2.7] };

/** Values uniform in [0, 1] up to the border. */
export function randomVolume(seed: number, on: Grid = grid): Volume<"attenuation"> {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: on.size[0] * on.size[1] * on.size[2] }, () => random.uniform());
  return { quantity: "attenuation", grid: on, values };
}

/** Rotation about an axis through the origin (Rodrigues). */
export function rotation([x, y, z]: Vec3, angle: number): Matrix3 {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const d = 1 - c;
  return [
    c + x * x * d,
    x * y * d - z * s,
    x * z * d + y * s,
    y * x * d + z * s,
    c + y * y * d,
    y * z * d - x * s,
    z * x * d - y * s,
    z * y * d + x * s,
    c + z * z * d,
  ];
}

/** Oblique off-axis cone views around the grid; every axis is dominant in some. */
export function coneViews(count: number, center: Vec3 = [5, 1, 10]): View[] {
  return Array.from({ length: count }, (_, i): View => {
    const turn = rotation([0.48, 0.6, 0.64], 0.37 + (2 * Math.PI * i) / count);
    const tilt = rotation([0.8, 0, -0.6], 0.21 * i);
    const place = (p: Vec3): Vec3 => add(center, apply3(turn, apply3(tilt, p)));
    const along = (p: Vec3): Vec3 => apply3(turn, apply3(tilt, p));
    return {
      beam: "cone",
      source: place([4, 120, -3]),
      firstPixel: place([-6.5 * 3.1 + 2, -60, 5 * 2.7 - 1]),
      columnStep: along([3.1, 0, 0]),
      rowStep: along([0, 0, -2.7]),
    };
  });
}

/** The parallel beams along the same central rays. */
export const parallelViews = (count: number): View[] =>
  coneViews(count).map((view): View => {
    if (view.beam !== "cone") throw new Error("cone views expected");
    const middle = add(
      view.firstPixel,
      [0, 1, 2].map((i) => 6.5 * view.columnStep[i] + 5 * view.rowStep[i]) as unknown as Vec3,
    );
    return {
      beam: "parallel",
      direction: [0, 1, 2].map((i) => middle[i] - view.source[i]) as unknown as Vec3,
      firstPixel: view.firstPixel,
      columnStep: view.columnStep,
      rowStep: view.rowStep,
    };
  });
