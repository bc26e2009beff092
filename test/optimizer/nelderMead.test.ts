import { expect, test } from "vitest";
import { nelderMead } from "../../src/optimizer/nelderMead.js";
import { beale, distance, rosenbrock } from "./functions.js";

test.each([
  ["Rosenbrock's valley", rosenbrock, [-1.2, 1], [1, 1]],
  ["Beale's function", beale, [1, 1], [3, 0.5]],
])("finds the minimum of %s without a gradient", async (_, f, start, minimum) => {
  const run = await nelderMead((x) => ({ value: f(x).value }), start, { tolerance: 1e-7 });
  expect(distance(run.x, minimum)).toBeLessThan(1e-6);
  expect(run.stopped).toBe("tolerance");
});

test("six parameters of two units: |x - c| comes within 1e-3 of each size", async () => {
  const c = [0.1, -0.2, 0.05, 12, -7, 30];
  const size = [0.1, 0.1, 0.1, 10, 10, 10];
  const f = (x: Float64Array) => ({ value: c.reduce((sum, ci, i) => sum + ((x[i] - ci) / size[i]) ** 2, 0) });
  const run = await nelderMead(f, [0, 0, 0, 0, 0, 0], { size });
  for (let i = 0; i < 6; i++) expect(Math.abs(run.x[i] - c[i])).toBeLessThan(1e-3 * size[i]);
});

test("within bounds it looks nowhere outside, and finds a minimum that lies on one", async () => {
  const run = await nelderMead(
    (x) => {
      expect(x[0]).toBeLessThanOrEqual(0.5);
      expect(x[1]).toBeGreaterThanOrEqual(0);
      return rosenbrock(x);
    },
    [0.5, 2],
    { lower: [-3, 0], upper: [0.5, 4], size: 0.5, tolerance: 1e-6 },
  );
  // on x = 1/2 the valley's floor is at y = 1/4
  expect(distance(run.x, [0.5, 0.25])).toBeLessThan(1e-5);
});

test("one-sided bounds, and a start on a bound", async () => {
  const f = (x: Float64Array) => ({ value: (x[0] + 1) ** 2 + (x[1] - 5) ** 2 + (x[2] - 3) ** 2 });
  const bounds = { lower: [0, -Infinity, -Infinity], upper: [Infinity, 4, Infinity] };
  const run = await nelderMead(f, [0, 4, 0], { ...bounds, size: 1, tolerance: 1e-6 });
  expect(distance(run.x, [0, 4, 3])).toBeLessThan(1e-5);
});

test("one parameter, and a function with steps", async () => {
  const run = await nelderMead((x) => ({ value: Math.floor(Math.abs(x[0] - 3) * 10) }), [0], { size: 1 });
  expect(run.value).toBe(0);
});

test("a start outside of the bounds, and bounds of another length, are refused", async () => {
  const f = () => ({ value: 0 });
  await expect(nelderMead(f, [2], { upper: [1] })).rejects.toThrow("parameter 0 starts at 2, outside of its bounds");
  await expect(nelderMead(f, [2, 3], { lower: [1] })).rejects.toThrow(/lower needs one number for each/);
  await expect(nelderMead(f, [2], { size: 0 })).rejects.toThrow(/size above 0/);
});
