import { expect, test } from "vitest";
import { createBackend } from "../../src/backend/index.js";
import { createArrowSystem } from "../../src/calibration/arrowSystem.js";
import { geometryColumns } from "../../src/calibration/geometryColumns.js";
import { COMMON_PARAMETERS, moveView, VIEW_PARAMETERS } from "../../src/calibration/index.js";
import { tangentOf } from "../../src/calibration/viewMotion.js";
import { norm } from "../../src/core/linear.js";
import { createRandom } from "../../src/core/random.js";
import type { View } from "../../src/geometry/index.js";
import { solveDamped } from "../../src/optimizer/dampedSolve.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { coneViews, detector, grid, parallelViews, randomVolume } from "../projector/scene.js";

const PIVOT = [5, 1, 10] as const;
const PARAMETERS = [...VIEW_PARAMETERS, ...COMMON_PARAMETERS];
const vectors = (view: View) => [
  ...(view.beam === "cone" ? view.source : view.direction),
  ...view.firstPixel,
  ...view.columnStep,
  ...view.rowStep,
];

test.each(["cone", "parallel"])("tangents of %s views are the central differences of moveView, to 1e-7", (beam) => {
  const view = (beam === "cone" ? coneViews : parallelViews)(3)[1];
  for (const parameter of PARAMETERS) {
    const h = 1e-4;
    const [up, down] = [h, -h].map((value) => vectors(moveView(view, { [parameter]: value }, PIVOT)));
    const tangent = tangentOf(view, parameter, PIVOT);
    const found = [...tangent.start, ...tangent.firstPixel, ...tangent.columnStep, ...tangent.rowStep];
    found.forEach((value, i) => {
      expect(Math.abs(value - (up[i] - down[i]) / (2 * h)), `${parameter} ${i}`).toBeLessThan(1e-7 * norm([1, 120, 0]));
    });
  }
});

test.each(["cone", "parallel"])(
  "columns of the geometry are the central differences of %s projections, to 1e-4 of their largest",
  async (beam) => {
    const backend = await createBackend({ prefer: "reference" });
    const views = (beam === "cone" ? coneViews : parallelViews)(3);
    const options = { backend, grid, detector, model: "trilinear", stepMm: 0.7 } as const;
    const x = toDevice(backend, randomVolume(4));
    const A = createProjector({ ...options, views });
    const { image, columns } = await geometryColumns(A, x, PARAMETERS, PIVOT);
    const pixels = detector.rows * detector.columns;
    const imagesOf = async (moved: View[]) => {
      const B = createProjector({ ...options, views: moved });
      const y = B.apply(x);
      const { values } = await toHost(y);
      for (const resource of [y, B]) resource.dispose();
      return values;
    };
    const plain = await imagesOf(views);
    expect(Math.max(...image.map((value, i) => Math.abs(value - plain[i])))).toBeLessThan(1e-5);
    for (const [k, parameter] of PARAMETERS.entries()) {
      const h = 2e-6;
      const [up, down] = [
        await imagesOf(views.map((view) => moveView(view, { [parameter]: h }, PIVOT))),
        await imagesOf(views.map((view) => moveView(view, { [parameter]: -h }, PIVOT))),
      ];
      let [worst, largest] = [0, 0];
      for (let v = 0; v < views.length; v++)
        for (let i = 0; i < pixels; i++) {
          const difference = (up[v * pixels + i] - down[v * pixels + i]) / (2 * h);
          worst = Math.max(worst, Math.abs(difference - columns[(v * PARAMETERS.length + k) * pixels + i]));
          largest = Math.max(largest, Math.abs(difference));
        }
      expect(worst, parameter).toBeLessThan(1e-4 * largest + 1e-6);
    }
    for (const resource of [A, x]) resource.dispose();
    expect(backend.liveBytes).toBe(0);
    await backend[Symbol.asyncDispose]();
  },
);

test("a system in arrow form has the solution of the whole matrix, to 1e-12", () => {
  const random = createRandom(8);
  const [views, n, m] = [4, 3, 2];
  const size = views * n + m;
  // rows of one view touch its own unknowns and the common ones
  const whole = new Float64Array(size * size);
  for (let v = 0; v < views; v++)
    for (let row = 0; row < 9; row++) {
      const at = [...Array(n).keys()].map((k) => v * n + k).concat([...Array(m).keys()].map((k) => views * n + k));
      const values = at.map(() => random.normal());
      at.forEach((i, a) => {
        at.forEach((j, b) => {
          whole[i * size + j] += values[a] * values[b];
        });
      });
    }
  const part = (rows: number, columns: number, i: number, j: number) =>
    Float64Array.from(
      { length: rows * columns },
      (_, k) => whole[(i + Math.floor(k / columns)) * size + j + (k % columns)],
    );
  const each = Array.from({ length: views }, (_, v) => v * n);
  const arrow = createArrowSystem(
    each.map((i) => part(n, n, i, i)),
    each.map((i) => part(n, m, i, views * n)),
    part(m, m, views * n, views * n),
  )!;
  const right = Float64Array.from({ length: size }, () => random.normal());
  const expected = solveDamped(whole, undefined, right)!;
  const found = arrow.solve(
    each.map((i) => right.slice(i, i + n)),
    right.slice(views * n),
  );
  [...found.perView.flatMap((x) => [...x]), ...found.common].forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-12 * Math.max(1, Math.abs(expected[i])));
  });
  whole.fill(0);
  expect(solveDamped(whole, undefined, right)).toBeUndefined();
});
