import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { IDENTITY4, multiply4, type Vec3 } from "../../src/core/linear.js";
import {
  EULER_CONVENTIONS,
  matrixToPose,
  matrixToPoseVjp,
  PARAMETERIZATIONS,
  type PoseForm,
  type PoseParameters,
  poseToMatrix,
  poseToMatrixVjp,
  se3Exp,
} from "../../src/geometry/index.js";

/** Every way to write a pose: nine parameterizations, Euler angles in 12 conventions, se3 exact and clamped. */
const FORMS: readonly PoseForm[] = [
  ...PARAMETERIZATIONS.filter((name) => name !== "euler_angles").map((parameterization) => ({ parameterization })),
  ...EULER_CONVENTIONS.map((convention) => ({ parameterization: "euler_angles" as const, convention })),
  { parameterization: "se3_log_map", parity: true },
];
const nameOf = (form: PoseForm) =>
  [form.parameterization, form.convention, form.parity && "parity"].filter(Boolean).join(" ");

const equalOuterAxes = ({ convention }: PoseForm) => convention !== undefined && convention[0] === convention[2];

const rotated = (v: Vec3, t: Vec3 = [0, 0, 0]) =>
  poseToMatrix({ parameterization: "axis_angle", rotation: v, translation: t });
const largestDifference = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));

/** A fixed cotangent without symmetries. */
const cotangentOf = (length: number) => Array.from({ length }, (_, i) => Math.sin(1 + 2.3 * i));

/** d<cotangent, f>/dx by central differences of 4th order: error ~ h⁴ + 1e-16/h. */
function differences(
  f: (x: number[]) => readonly number[],
  x: readonly number[],
  cotangent: readonly number[],
  h = 1e-3,
) {
  const value = (i: number, step: number) => {
    const moved = x.map((old, k) => (k === i ? old + step : old));
    return f(moved).reduce((sum, y, k) => sum + y * cotangent[k], 0);
  };
  return x.map((_, i) => (8 * (value(i, h) - value(i, -h)) - (value(i, 2 * h) - value(i, -2 * h))) / (12 * h));
}

/** Rotation vectors: any, tiny, and exact quarter and half turns. */
const SPECIAL: readonly Vec3[] = [
  [0, 0, 0],
  [1e-200, 0, 0],
  [1e-9, -2e-9, 1e-9],
  [1e-3, 0, 0],
  [0, Math.PI / 2, 0],
  [-Math.PI / 2, 0, 0],
  [Math.PI, 0, 0],
  [0, -Math.PI, 0],
  [0, 0, Math.PI],
  [Math.PI / Math.SQRT2, 0, Math.PI / Math.SQRT2],
  [0.6 * Math.PI, -0.8 * Math.PI, 0],
  [0, 0, Math.PI - 1e-7],
  [-8.333333333333349e-13, 0, 0],
  [7, -4, 3],
];

const component = fc.double({ min: -1, max: 1, noNaN: true });
const rotationVector = fc.tuple(component, component, component).map(([x, y, z]): Vec3 => [1.8 * x, 1.8 * y, 1.8 * z]); // up to 3.1 rad

describe("parameters of poses", () => {
  for (const form of FORMS) {
    const name = nameOf(form);

    test(`${name}: a pose becomes parameters and the same matrix again, to 1e-12 of 300 mm`, () => {
      fc.assert(
        fc.property(rotationVector, rotationVector, (v, t) => {
          const matrix = rotated(v, [100 * t[0], 100 * t[1], 100 * t[2]]);
          const pose = matrixToPose(matrix, form);
          // coordinates up to 300 mm, 1e-12 relative; a rotation near pi loses half the digits of the axis' sign only
          expect(largestDifference(poseToMatrix(pose), matrix)).toBeLessThan(3e-10);
        }),
        { numRuns: 60 },
      );
    });

    test(`${name}: identity, tiny, quarter and half turns become finite parameters that give the matrix back`, () => {
      for (const v of SPECIAL) {
        const matrix = rotated(v, [3, -5, 7]);
        const pose = matrixToPose(matrix, form);
        expect([...pose.rotation, ...pose.translation].every(Number.isFinite), `${v}`).toBe(true);
        expect(largestDifference(poseToMatrix(pose), matrix), `${v}`).toBeLessThan(1e-8);
      }
    });

    test(`${name}: the vjp of parameters -> matrix agrees with central differences, special poses included`, () => {
      const cotangent = cotangentOf(16);
      const clamped = form.parity === true; // its derivative jumps at 0.01 rad: differences must not cross
      for (const v of [[0.4, -0.9, 0.3] as Vec3, [2, 1, -1] as Vec3, ...SPECIAL]) {
        if (clamped && Math.hypot(...v) < 0.01) continue;
        const pose = matrixToPose(rotated(v, [3, -5, 7]), form);
        const scaled = form.parameterization === "quaternion" ? pose.rotation.map((x) => 3 * x) : pose.rotation;
        const withRotation = (rotation: readonly number[]): PoseParameters => ({ ...pose, rotation });
        const vjp = poseToMatrixVjp(withRotation(scaled), cotangent);
        const expected = differences((x) => poseToMatrix(withRotation(x)), scaled, cotangent);
        expect(vjp.rotation.every(Number.isFinite), `${v}`).toBe(true);
        // where two columns are equally long the adjugate has a kink, and the vjp is that of the first
        if (form.parameterization === "quaternion_adjugate" && SPECIAL.indexOf(v) >= 4) continue;
        // h⁴ = 1e-12 times fifth derivatives of some 1e2, and 1e-16 / h
        expect(largestDifference(vjp.rotation, expected), `rotation at ${v}`).toBeLessThan(1e-8);
        const byTranslation = differences(
          (x) => poseToMatrix({ ...withRotation(scaled), translation: [x[0], x[1], x[2]] }),
          pose.translation,
          cotangent,
        );
        expect(largestDifference(vjp.translation, byTranslation), `translation at ${v}`).toBeLessThan(1e-8);
      }
    });

    test(`${name}: the vjp of matrix -> parameters agrees with central differences along rotations`, () => {
      for (const v of [
        [0.4, -0.9, 0.3],
        [2, 1, -1],
        [-0.2, 0.1, 1.5],
        [0, 0, 0],
        [1e-7, 0, 2e-7],
        [0.01, 0.02, -0.01],
      ] as Vec3[]) {
        const matrix = rotated(v, [3, -5, 7]);
        const { singular, rotation } = matrixToPose(matrix, form);
        const nearLock = equalOuterAxes(form) && Math.hypot(...v) < 0.1; // derivatives grow like 1 / angle
        if (singular || nearLock || (form.parity && Math.hypot(...v) < 0.03)) continue;
        const cotangent = cotangentOf(rotation.length + 3);
        const vjp = matrixToPoseVjp(matrix, form, {
          rotation: cotangent.slice(0, -3),
          translation: cotangent.slice(-3) as unknown as Vec3,
        });
        const numbers = (x: readonly number[]) => {
          const moved = matrixToPose(multiply4(matrix, se3Exp(x.slice(0, 3), [x[3], x[4], x[5]])), form);
          return [...moved.rotation, ...moved.translation];
        };
        const expected = differences(numbers, [0, 0, 0, 0, 0, 0], cotangent, 2e-4);
        const actual = differences(
          (x) => multiply4(matrix, se3Exp(x.slice(0, 3), [x[3], x[4], x[5]])),
          [0, 0, 0, 0, 0, 0],
          vjp,
        );
        expect(largestDifference(actual, expected), `${v}`).toBeLessThan(1e-7);
      }
    });

    test(`${name}: the vjp of matrix -> parameters is finite at the identity unless flagged singular`, () => {
      const pose = matrixToPose(IDENTITY4, form);
      const vjp = matrixToPoseVjp(IDENTITY4, form, {
        rotation: pose.rotation.map(() => 1),
        translation: [1, 1, 1],
      });
      expect(vjp.every(Number.isFinite)).toBe(true);
      expect(pose.singular).toBe(equalOuterAxes(form));
    });
  }

  test("derivatives at the identity are finite and right where libraries give NaN: axis-angle, se3, 9d, 10d", () => {
    for (const parameterization of ["axis_angle", "se3_log_map", "rotation_9d", "rotation_10d"] as const) {
      const { rotation } = matrixToPose(IDENTITY4, { parameterization });
      for (let i = 0; i < 16; i++) {
        const unit = Array.from({ length: 16 }, (_, k) => (k === i ? 1 : 0));
        const vjp = poseToMatrixVjp({ parameterization, rotation }, unit).rotation;
        const expected = differences((x) => poseToMatrix({ parameterization, rotation: x }), rotation, unit);
        expect(largestDifference(vjp, expected), `${parameterization}, entry ${i}`).toBeLessThan(1e-9);
      }
    }
  });

  test("gimbal lock is flagged, gives third angle 0 and a finite vjp", () => {
    for (const convention of EULER_CONVENTIONS) {
      const proper = convention[0] === convention[2];
      for (const second of proper ? [0, Math.PI] : [Math.PI / 2, -Math.PI / 2]) {
        const form: PoseForm = { parameterization: "euler_angles", convention };
        const matrix = poseToMatrix({ ...form, rotation: [0.3, second, -0.5] });
        const pose = matrixToPose(matrix, form);
        expect(pose.singular, `${convention} ${second}`).toBe(true);
        expect(pose.rotation[2]).toBe(0);
        expect(largestDifference(poseToMatrix(pose), matrix)).toBeLessThan(1e-9);
        const vjp = matrixToPoseVjp(matrix, form, { rotation: [1, 1, 1], translation: [0, 0, 0] });
        expect(vjp.every(Number.isFinite)).toBe(true);
      }
    }
  });

  test("half turns are flagged for quaternion, axis-angle and se3, with the first nonzero axis component positive", () => {
    for (const parameterization of ["quaternion", "axis_angle", "se3_log_map"] as const)
      for (const v of [
        [-Math.PI, 0, 0],
        [0, -Math.PI, 0],
        [0, 0, -Math.PI],
      ] as Vec3[]) {
        const pose = matrixToPose(rotated(v), { parameterization });
        expect(pose.singular).toBe(true);
        expect(pose.rotation.find((x) => Math.abs(x) > 1e-9)).toBeGreaterThan(0);
      }
  });

  test("a 9d matrix of rank 2 still defines a rotation, and so do numbers of any size", () => {
    const flat = poseToMatrix({ parameterization: "rotation_9d", rotation: [2, 0, 0, 0, 3, 0, 0, 0, 0] });
    expect(largestDifference(flat, IDENTITY4)).toBeLessThan(1e-15);
    for (const size of [1e-200, 1, 1e200]) {
      const matrix = poseToMatrix({ parameterization: "quaternion", rotation: [size, 0, 0, size] });
      expect(largestDifference(matrix, rotated([0, 0, Math.PI / 2]))).toBeLessThan(1e-15);
    }
  });

  test("9d near a mirrored identity, where two rotations are almost equally near, still has a finite vjp", () => {
    const pose: PoseParameters = { parameterization: "rotation_9d", rotation: [1, 0, 0, 0, 1, 0, 0, 0, -1 + 1e-9] };
    expect(poseToMatrixVjp(pose, cotangentOf(16)).rotation.every(Number.isFinite)).toBe(true);
  });

  test("se3 in parity holds V constant below 0.01 rad, exact mode does not", () => {
    const parity = se3Exp([0.005, 0, 0], [0, 100, 0], { parity: true });
    const exact = se3Exp([0.005, 0, 0], [0, 100, 0]);
    expect(exact[7]).toBeCloseTo((100 * Math.sin(0.005)) / 0.005, 12);
    expect(Math.abs(parity[7] - exact[7])).toBeGreaterThan(1e-9);
    expect(se3Exp([0.01, 0, 0], [0, 100, 0], { parity: true })).toEqual(se3Exp([0.01, 0, 0], [0, 100, 0]));
  });

  test("numbers that define no rotation are refused", () => {
    const bad: PoseParameters[] = [
      { parameterization: "quaternion", rotation: [0, 0, 0, 0] },
      { parameterization: "quaternion_adjugate", rotation: new Array(10).fill(0) },
      { parameterization: "rotation_6d", rotation: [0, 0, 0, 1, 0, 0] },
      { parameterization: "rotation_6d", rotation: [1, 2, 3, -2, -4, -6] },
      { parameterization: "rotation_9d", rotation: [1, 2, 3, 2, 4, 6, 3, 6, 9] },
      { parameterization: "rotation_9d", rotation: [1, 0, 0, 0, -1, 0, 0, 0, 1].map((x) => -x * 0) },
      { parameterization: "rotation_10d", rotation: [1, 0, 0, 0, 1, 0, 0, 1, 0, 1] },
    ];
    for (const pose of bad) {
      const attempt = () => poseToMatrix(pose);
      expect(attempt).toThrow(/defines no rotation/);
      expect(() => poseToMatrixVjp(pose, cotangentOf(16))).toThrow(/defines no rotation/);
    }
    const code = (attempt: () => unknown) => {
      try {
        attempt();
      } catch (error) {
        return isTomogradError(error) ? error.code : error;
      }
      return "none";
    };
    expect(code(() => poseToMatrix({ parameterization: "axis_angle", rotation: [1, 2] }))).toBe("SHAPE_MISMATCH");
    expect(code(() => poseToMatrix({ parameterization: "axis_angle", rotation: [1, 2, Number.NaN] }))).toBe(
      "NOT_FINITE",
    );
    expect(code(() => poseToMatrix({ parameterization: "euler" as never, rotation: [1, 2, 3] }))).toBe(
      "INVALID_ARGUMENT",
    );
    expect(
      code(() => poseToMatrix({ parameterization: "euler_angles", convention: "XXY" as never, rotation: [1, 2, 3] })),
    ).toBe("INVALID_ARGUMENT");
    const mirrored = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    expect(code(() => matrixToPose(mirrored, { parameterization: "quaternion" }))).toBe("INVALID_GEOMETRY");
  });
});
