import { expect, test } from "vitest";
import {
  affine,
  apply3,
  createRandom,
  determinant3,
  editDistance,
  fault,
  inverse3,
  inverseAffine,
  isTomogradError,
  multiply3,
  multiply4,
  nearestWord,
  randomSubset,
  refuseUnknownOptions,
  throwIfAborted,
  transformPoint,
} from "../../src/core/index.js";

test("an error keeps its family, its plain detail and its cause, and says what to do", () => {
  const cause = new Error("disk");
  const error = fault("TRUNCATED_FILE", "needs 10 bytes, found 3", { defect: "truncated", needed: 10 }, cause);
  expect(isTomogradError(error, "TRUNCATED_FILE")).toBe(true);
  expect(isTomogradError(error, "ABORTED")).toBe(false);
  expect(isTomogradError(cause)).toBe(false);
  const { hint, ...facts } = structuredClone(error.detail);
  expect(facts).toEqual({ defect: "truncated", needed: 10 });
  expect(error.message).toBe(`needs 10 bytes, found 3; ${hint}`);
  expect(hint).toMatch(/copy or download it again/);
  expect(error.cause).toBe(cause);
});

test("an aborted signal throws ABORTED, a quiet one nothing", () => {
  const controller = new AbortController();
  throwIfAborted(controller.signal);
  controller.abort();
  expect(() => throwIfAborted(controller.signal)).toThrowError(expect.objectContaining({ code: "ABORTED" }));
});

test("the edit distance of kitten and sitting is 3", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
});

test("an unknown option is refused with the nearest known one", () => {
  expect(nearestWord("treads", ["threads", "backend"])).toBe("threads");
  expect(nearestWord("zzzzzz", ["threads", "backend"])).toBeUndefined();
  expect(() => refuseUnknownOptions("f", { treads: 1 }, ["threads"])).toThrow(/did you mean 'threads'/);
  refuseUnknownOptions("f", { threads: 1 }, ["threads"]);
});

test("an affine times its inverse is the identity to 1e-12, sheared and flipped", () => {
  const m = affine([-2, 0.3, 0, 0.1, 3, -0.2, 0, 0.5, 4], [10, -20, 30]);
  const product = multiply4(m, inverseAffine(m));
  expect(product.every((x, i) => Math.abs(x - (i % 5 === 0 ? 1 : 0)) < 1e-12)).toBe(true);
  const p = transformPoint(inverseAffine(m), transformPoint(m, [1, 2, 3]));
  expect(Math.max(...[1, 2, 3].map((x, i) => Math.abs(x - p[i])))).toBeLessThan(1e-12);
});

test("the determinant of a product is the product of the determinants", () => {
  const a = [1, 2, 3, 0, 1, 4, 5, 6, 0];
  const b = [2, 0, 1, 1, 3, 2, 1, 1, 4];
  expect(determinant3(multiply3(a, b))).toBeCloseTo(determinant3(a) * determinant3(b), 10);
  expect(apply3(multiply3(a, inverse3(a)), [7, 8, 9]).map((x) => Math.round(x))).toEqual([7, 8, 9]);
});

test("a singular matrix is refused as singular-affine", () => {
  expect(() => inverse3([1, 2, 3, 2, 4, 6, 0, 0, 1])).toThrowError(
    expect.objectContaining({
      code: "INVALID_GEOMETRY",
      detail: expect.objectContaining({ defect: "singular-affine" }),
    }),
  );
});

test("random numbers depend on seed and count alone, and go on from a saved count", () => {
  const a = createRandom(42);
  const first = Array.from({ length: 5 }, () => a.uniform());
  const rest = Array.from({ length: 5 }, () => a.uniform());
  const b = createRandom(42, 5);
  expect(Array.from({ length: 5 }, () => b.uniform())).toEqual(rest);
  expect(createRandom(43).uniform()).not.toBe(first[0]);
});

test("100,000 uniform numbers have mean 1/2 and variance 1/12, normal ones 0 and 1", () => {
  const random = createRandom(1);
  const n = 100_000;
  const moments = (draw: () => number) => {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const x = draw();
      sum += x;
      squares += x * x;
    }
    return [sum / n, squares / n - (sum / n) ** 2];
  };
  const uniform = moments(random.uniform);
  const normal = moments(random.normal);
  // 5 standard errors: of a mean sd / sqrt(n); of a variance about sd² sqrt(2 / n)
  expect(Math.abs(uniform[0] - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
  expect(Math.abs(uniform[1] - 1 / 12)).toBeLessThan(5 * (1 / 12) * Math.sqrt(2 / n));
  expect(Math.abs(normal[0])).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(normal[1] - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
});

test("a random subset holds different numbers below n", () => {
  const subset = randomSubset(createRandom(3), 50, 20);
  expect(new Set(subset).size).toBe(20);
  expect(Math.max(...subset)).toBeLessThan(50);
});
