import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  apply3,
  determinant3,
  dot,
  linearPart,
  multiply3,
  norm,
  normalize,
  scale,
  subtract,
  transpose3,
  type Vec3,
} from "../../src/core/linear.js";
import {
  astraToView,
  type ConeView,
  cArmView,
  composeProjectionMatrix,
  decomposeProjectionMatrix,
  detectorCorners,
  magnificationAt,
  pinholeToView,
  pixelToWorld,
  pixelToWorldAtDepth,
  projectionMatrixToView,
  projectPoint,
  type View,
  viewGeometry,
  viewToAstra,
  viewToPinhole,
  viewToProjectionMatrix,
} from "../../src/geometry/index.js";
import { anyPoint, anyView, DETECTOR, distanceFromLine, viewDifference } from "./views.js";

const RUNS = { numRuns: 100 };

describe("points", () => {
  test("a projected point lies on the line from source to its pixel, to 1e-9 mm", () => {
    fc.assert(
      fc.property(anyView, anyPoint, (view, point) => {
        const { column, row } = projectPoint(view, point);
        const pixel = pixelToWorld(view, column, row);
        const other: Vec3 = view.beam === "cone" ? view.source : subtract(pixel, scale(view.direction, 500));
        expect(distanceFromLine(point, other, pixel)).toBeLessThan(1e-9);
      }),
      RUNS,
    );
  });

  test("a pixel at a depth projects back to that pixel and depth, to 1e-9", () => {
    fc.assert(
      fc.property(anyView, fc.double({ min: 50, max: 500, noNaN: true }), (view, depth) => {
        const found = projectPoint(view, pixelToWorldAtDepth(view, 3.25, 17.5, depth));
        expect(Math.abs(found.column - 3.25) + Math.abs(found.row - 17.5)).toBeLessThan(1e-9);
        expect(Math.abs(found.depth - depth)).toBeLessThan(1e-9);
      }),
      RUNS,
    );
  });

  test("the center of pixel (row 2, column 5) has pixel coordinates column 5, row 2", () => {
    const view = cArmView({ detector: DETECTOR, sdd: 300, translation: [0, 200, 0] });
    const found = projectPoint(view, pixelToWorld(view, 5, 2));
    expect([found.column, found.row, found.depth].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([5, 2, 300]);
  });

  test("a point behind the source has a depth below 0", () => {
    const view = cArmView({ detector: DETECTOR, sdd: 300, translation: [0, 200, 0] });
    expect(projectPoint(view, [0, 250, 0]).depth).toBe(-50);
  });
});

describe("projection matrices", () => {
  test("P maps points to our pixel coordinates + 1/2, its third row to the depth", () => {
    fc.assert(
      fc.property(anyView, anyPoint, (view, point) => {
        const p = viewToProjectionMatrix(view);
        const [u, v, w] = [0, 4, 8].map((r) => p[r] * point[0] + p[r + 1] * point[1] + p[r + 2] * point[2] + p[r + 3]);
        const { column, row, depth } = projectPoint(view, point);
        expect(Math.abs(u / w - column - 0.5) + Math.abs(v / w - row - 0.5)).toBeLessThan(1e-8);
        expect(Math.abs(w - (view.beam === "cone" ? depth : 1))).toBeLessThan(1e-9);
      }),
      RUNS,
    );
  });

  test("cone: view -> P -> view is the same view to 1e-8 mm, whatever the scale and sign of P", () => {
    fc.assert(
      fc.property(
        anyView.filter((view) => view.beam === "cone"),
        fc.constantFrom(1, -1, 1e-4, -37),
        (view, factor) => {
          const matrix = viewToProjectionMatrix(view).map((value) => value * factor);
          const { sdd, pixelSize } = viewGeometry(view);
          expect(viewDifference(projectionMatrixToView(matrix, { sdd }), view)).toBeLessThan(1e-8);
          expect(viewDifference(projectionMatrixToView(matrix, { pixelSize }), view)).toBeLessThan(1e-8);
        },
      ),
      RUNS,
    );
  });

  test("P -> view -> P is the same matrix to 1e-9, cone and parallel", () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const matrix = viewToProjectionMatrix(view);
        const options = view.beam === "cone" ? { sdd: 1234 } : {};
        const again = viewToProjectionMatrix(projectionMatrixToView(matrix, options));
        const error = Math.max(...again.map((value, i) => Math.abs(value - matrix[i])));
        expect(error / Math.hypot(...matrix)).toBeLessThan(1e-9);
      }),
      RUNS,
    );
  });

  test("K [R | t]: K upper triangular with positive focal lengths, R orthonormal, and back to the view", () => {
    fc.assert(
      fc.property(
        anyView.filter((view) => view.beam === "cone"),
        (view) => {
          const { intrinsics: k, extrinsics, sdd } = viewToPinhole(view);
          expect([k[3], k[6], k[7], k[8]]).toEqual([0, 0, 0, 1]);
          expect(Math.min(k[0], k[4])).toBeGreaterThan(0);
          const r = linearPart(extrinsics);
          const gram = multiply3(r, transpose3(r));
          expect(Math.max(...gram.map((x, i) => Math.abs(x - (i % 4 === 0 ? 1 : 0))))).toBeLessThan(1e-12);
          expect(Math.sign(determinant3(r))).toBe(viewGeometry(view).handedness);
          expect(viewDifference(pinholeToView({ intrinsics: k, extrinsics }, { sdd }), view)).toBeLessThan(1e-8);
          const again = composeProjectionMatrix(decomposeProjectionMatrix(viewToProjectionMatrix(view)));
          const matrix = viewToProjectionMatrix(view);
          expect(Math.max(...again.map((x, i) => Math.abs(x - matrix[i]))) / Math.hypot(...matrix)).toBeLessThan(1e-12);
        },
      ),
      RUNS,
    );
  });

  test("intrinsics of a centered detector: focal length sdd / pixel, principal point at the middle", () => {
    const view = cArmView({ detector: DETECTOR, sdd: 300, translation: [0, 200, 0] });
    const { intrinsics, extrinsics } = viewToPinhole(view);
    const expected = [300 / 2.4, 0, 17, 0, 300 / 3.1, 10.5, 0, 0, 1];
    expect(Math.max(...intrinsics.map((x, i) => Math.abs(x - expected[i])))).toBeLessThan(1e-11);
    expect(apply3(linearPart(extrinsics), [0, -1, 0]).map((x) => Math.round(x * 1e12))).toEqual([0, 0, 1e12]);
  });

  test("a matrix that describes no view, or a missing distance, is refused", () => {
    const matrix = viewToProjectionMatrix(cArmView({ detector: DETECTOR, sdd: 300, translation: [0, 200, 0] }));
    expect(() => projectionMatrixToView(matrix)).toThrow(/either sdd or pixelSize/);
    expect(() => projectionMatrixToView(matrix, { sdd: 1, pixelSize: [1, 1] })).toThrow(/either sdd or pixelSize/);
    expect(() => projectionMatrixToView(matrix, { pixelSize: [2.4, 2.4] })).toThrow(/does not fit/);
    expect(() => projectionMatrixToView(matrix, { sdd: 300, isocenter: [5, 200, 0] })).toThrow(/beside the source/);
    expect(() => projectionMatrixToView(matrix.slice(1), { sdd: 300 })).toThrow(/12 finite numbers/);
    const flat = [...matrix.slice(0, 4), ...matrix.slice(0, 4), ...matrix.slice(8)];
    expect(() => projectionMatrixToView(flat, { sdd: 300 })).toThrow(/no view/);
    expect(() => projectionMatrixToView([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1])).toThrow(/parallel/);
    expect(() => decomposeProjectionMatrix([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1])).toThrow(/no intrinsics/);
  });
});

describe("the 12 numbers of ASTRA", () => {
  test("round trip to 1e-12 mm, cone and parallel", () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const again = astraToView(view.beam, viewToAstra(view, DETECTOR), DETECTOR);
        expect(viewDifference(again, view)).toBeLessThan(1e-12 * 1000);
      }),
      RUNS,
    );
  });

  test("source, middle of the detector, step of columns, step of rows", () => {
    const view = cArmView({ detector: DETECTOR, sdd: 300, translation: [0, 200, 0] });
    const rounded = viewToAstra(view, DETECTOR).map((x) => Math.round(x * 1e9) / 1e9 + 0);
    expect(rounded).toEqual([0, 200, 0, 0, -100, 0, -2.4, 0, 0, 0, 0, -3.1]);
    expect(() => astraToView("cone", [1, 2, 3], DETECTOR)).toThrow(/12 numbers/);
  });
});

describe("geometry of a view", () => {
  test("sdd, principal point and magnification of a C-arm with an offset detector", () => {
    const view = cArmView({
      detector: DETECTOR,
      sdd: 300,
      translation: [0, 200, 0],
      offset: [7.2, -3.1],
      rotationDeg: [30, 10, 5],
    });
    const { sdd, principalPoint, pixelSize, skew, handedness, normal } = viewGeometry(view);
    expect(sdd).toBeCloseTo(300, 10);
    expect(pixelSize[0]).toBeCloseTo(2.4, 12);
    expect(pixelSize[1]).toBeCloseTo(3.1, 12);
    expect(skew).toBeCloseTo(0, 12);
    expect(handedness).toBe(1);
    // offset +x0 moves pixels to camera +x, where low columns are: the principal point moves by + x0 / dx columns
    expect(principalPoint![0]).toBeCloseTo(16.5 + 3, 10);
    expect(principalPoint![1]).toBeCloseTo(10 - 1, 10);
    expect(dot(normal, subtract(view.firstPixel, view.source))).toBeCloseTo(300, 10);
    expect(magnificationAt(view, [0, 0, 0])).toBeCloseTo(1.5, 10);
  });

  test("the mirrored PA view has handedness -1, a parallel view no principal point and magnification 1", () => {
    expect(viewGeometry(cArmView({ detector: DETECTOR, sdd: 300, orientation: "PA" })).handedness).toBe(-1);
    const parallel: View = {
      beam: "parallel",
      direction: [0, -2, 0],
      firstPixel: [3, 0, 3],
      columnStep: [-1, 0, 0],
      rowStep: [0, 0, -1],
    };
    expect(viewGeometry(parallel)).toMatchObject({ sdd: Infinity, principalPoint: undefined, handedness: 1 });
    expect(magnificationAt(parallel, [1, 2, 3])).toBe(1);
  });

  test("corners are pixel edges: a detector of 34 x 21 pixels spans 81.6 x 65.1 mm", () => {
    const corners = detectorCorners(cArmView({ detector: DETECTOR, sdd: 300 }), DETECTOR);
    expect(norm(subtract(corners[1], corners[0]))).toBeCloseTo(34 * 2.4, 10);
    expect(norm(subtract(corners[3], corners[0]))).toBeCloseTo(21 * 3.1, 10);
    expect(normalize(subtract(corners[2], corners[1]))[2]).toBeCloseTo(-1, 12);
  });

  test("views that cannot exist are refused", () => {
    const view: ConeView = {
      beam: "cone",
      source: [0, 100, 0],
      firstPixel: [0, 0, 0],
      columnStep: [1, 0, 0],
      rowStep: [0, 0, 1],
    };
    const bad: View[] = [
      { ...view, source: [5, 0, 7] },
      { ...view, columnStep: [0, 0, 0] },
      { ...view, columnStep: [0, 0, 2] },
      { ...view, source: [0, Number.NaN, 0] },
      { ...view, beam: "fan" as never },
      { beam: "parallel", direction: [1, 0, 1], firstPixel: [0, 0, 0], columnStep: [1, 0, 0], rowStep: [0, 0, 1] },
      { beam: "parallel", direction: [0, 0, 0], firstPixel: [0, 0, 0], columnStep: [1, 0, 0], rowStep: [0, 0, 1] },
    ];
    for (const each of bad) {
      expect(() => viewGeometry(each)).toThrow(/a view must be able to exist/);
      expect(() => projectPoint(each, [0, 0, 0])).toThrow(/a view must be able to exist/);
    }
  });
});
