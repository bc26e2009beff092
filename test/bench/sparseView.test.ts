import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { root } from "../package/sourceImports.js";

const script = (name: string) => import(pathToFileURL(join(root, "bench", "sparseView", name)).href);

describe("volumes of the few-view benchmark", () => {
  test("cubic zoom along each axis gives the numbers of scipy.ndimage.zoom(order=3)", async () => {
    const { cubicZoom } = await script("cubicZoom.mjs");
    // scipy 1.17.1: zoom([0, 1, 0, 0, 2, 1], 11 / 6, order=3)
    const expected = [0, 0.460526316, 1, 0.697368421, 0, -0.375, 0, 1.17763158, 2, 1.53947368, 1];
    for (const [size, target] of [
      [
        [6, 1, 1],
        [11, 1, 1],
      ],
      [
        [1, 6, 1],
        [1, 11, 1],
      ],
      [
        [1, 1, 6],
        [1, 1, 11],
      ],
    ]) {
      const found: Float64Array = cubicZoom([0, 1, 0, 0, 2, 1], size, target);
      // the vector above is printed to nine digits
      expect(found).toHaveLength(11);
      for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 7);
    }
  });
});
