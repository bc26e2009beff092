import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import type { Vec3 } from "../../src/core/linear.js";
import { createRandom } from "../../src/core/random.js";
import {
  type CArmCotangent,
  type CArmOptions,
  cArmView,
  cArmViewVjp,
  EULER_CONVENTIONS,
  matrixToPose,
  PARAMETERIZATIONS,
  type PoseForm,
  poseToMatrix,
} from "../../src/geometry/index.js";
import { createProjector, type DeviceVolume, toDevice } from "../../src/projector/index.js";
import { testedOn } from "../helpers/backends.js";
import { grid, randomVolume } from "./scene.js";

const detector = { rows: 11, columns: 12, pixelSize: [3.6, 3.3] as const };
const base: CArmOptions = { detector, sdd: 160, isocenter: [5, 1, 10], offset: [1.5, -0.75] };
const pose = poseToMatrix({ parameterization: "axis_angle", rotation: [0.3, -0.5, 0.2], translation: [1, 90, -2] });
const forms: PoseForm[] = [
  ...PARAMETERIZATIONS.filter((name) => name !== "euler_angles").map((parameterization) => ({ parameterization })),
  ...EULER_CONVENTIONS.map((convention) => ({ parameterization: "euler_angles" as const, convention })),
];
const random = createRandom(12);
const w = Float32Array.from({ length: detector.rows * detector.columns }, () => random.uniform());

/** Central differences of <w, A(view(options)) x>: a number at a time, by `change`. */
type Change = (values: readonly number[]) => CArmOptions;

// 1e-8 rad or 1e-7 mm: no crossing swaps within it; rounding of the sum is then 1e-6 of the gradient
const STEP = 1e-7;

for (const [prefer, tolerance] of testedOn({ reference: 1e-5, wasm: 1e-4, webgpu: 1e-4 }))
  describe.each(["siddon", "joseph", "trilinear"] as const)(`${prefer}, %s`, (model) => {
    let backend: Backend;
    let oracle: Backend;
    let x: DeviceVolume;
    let exact: DeviceVolume;
    beforeAll(async () => {
      backend = await createBackend({ prefer });
      oracle = await createBackend({ prefer: "reference" });
      x = toDevice(backend, randomVolume(21));
      exact = toDevice(oracle, randomVolume(21));
    });
    afterAll(async () => {
      x.dispose();
      exact.dispose();
      await backend[Symbol.asyncDispose]();
      await oracle[Symbol.asyncDispose]();
    });

    const value = async (options: CArmOptions) => {
      using A = createProjector({
        backend: oracle,
        grid,
        detector: options.detector,
        views: [cArmView(options)],
        model,
      });
      using y = A.apply(exact);
      const image = await oracle.download(y.array);
      let sum = 0;
      for (let i = 0; i < image.length; i++) sum += image[i] * w[i];
      return sum;
    };

    async function gradient(options: CArmOptions): Promise<CArmCotangent> {
      const views = [cArmView(options)];
      using A = createProjector({ backend, grid, detector: options.detector, views, model });
      using cotangent = toDevice(backend, { detector: options.detector, views, about: "w", values: w });
      return cArmViewVjp(options, await A.vjpViews(x, cotangent));
    }

    /** Largest error relative to the largest entry. */
    async function error(found: readonly number[], at: readonly number[], change: Change): Promise<number> {
      let worst = 0;
      let largest = 0;
      for (let i = 0; i < at.length; i++) {
        const moved = (step: number) => value(change(at.map((v, k) => (k === i ? v + step : v))));
        const slope = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
        worst = Math.max(worst, Math.abs(slope - found[i]));
        largest = Math.max(largest, Math.abs(slope));
      }
      return worst / largest;
    }

    test("gradients of the pose agree with central differences in all nine parameterizations", async () => {
      for (const form of forms) {
        const { rotation, translation } = matrixToPose(pose, form);
        const options: CArmOptions = { ...base, ...form, rotation, translation };
        const found = await gradient(options);
        const inRotation = await error(found.rotation, rotation, (r) => ({ ...options, rotation: r }));
        const inTranslation = await error(found.translation, translation ?? [0, 0, 0], (t) => ({
          ...options,
          translation: t as unknown as Vec3,
        }));
        const name = JSON.stringify(form);
        expect({ name, ok: inRotation < tolerance, inRotation }).toMatchObject({ name, ok: true });
        expect({ name, ok: inTranslation < tolerance, inTranslation }).toMatchObject({ name, ok: true });
      }
    });

    test("gradients of distance, pixel size, offset and isocenter agree with central differences", async () => {
      const options: CArmOptions = { ...base, rotationDeg: [20, -10, 5], translation: [1, 90, -2] };
      const found = await gradient(options);
      const pair = (values: readonly number[]) => [values[0], values[1]] as const;
      expect(await error([found.sdd], [160], ([sdd]) => ({ ...options, sdd }))).toBeLessThan(tolerance);
      expect(
        await error(found.pixelSize, detector.pixelSize, (size) => ({
          ...options,
          detector: { ...detector, pixelSize: pair(size) },
        })),
      ).toBeLessThan(tolerance);
      expect(await error(found.offset, [1.5, -0.75], (offset) => ({ ...options, offset: pair(offset) }))).toBeLessThan(
        tolerance,
      );
      expect(
        await error(found.isocenter, [5, 1, 10], (c) => ({ ...options, isocenter: c as unknown as Vec3 })),
      ).toBeLessThan(tolerance);
    });
  });
