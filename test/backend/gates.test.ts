import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend, listBackends } from "../../src/backend/create.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { createRandom } from "../../src/core/random.js";
import { isTested } from "../helpers/backends.js";
import {
  BALL,
  CUBE,
  GAUSSIAN,
  gateGrid,
  gateTrajectory,
  HEAD,
  projectionError,
  projectValues,
  relativeL2,
} from "./gates.js";

const MODELS = ["siddon", "joseph", "trilinear"] as const;
const ELLIPSOIDS = { pixels: 64, subsamples: 3 };
const POINTS = { pixels: 48, subsamples: 1, floor: 1e-3 };

/** Largest and root mean square error of rays through a cube of ones. */
async function cubeErrors(backend: Backend, model: (typeof MODELS)[number]) {
  const trajectory = gateTrajectory(40);
  const exact = CUBE.project(trajectory).values;
  const found = await projectValues(backend, model, gateGrid(33), new Float64Array(33 ** 3).fill(1), trajectory);
  const worst = exact.reduce((largest, value, i) => Math.max(largest, Math.abs(found[i] - value)), 0);
  return { worst, relative: relativeL2(found, exact) };
}

const backends = (await listBackends()).filter(({ name }) => isTested(name));

for (const { name, available, about } of backends)
  describe.skipIf(!available)(`gates on ${name}${available ? "" : `: ${about}`}`, async () => {
    const backend = available ? await createBackend({ prefer: name }) : createReferenceBackend();
    const order = (coarse: number, fine: number, doublings: number) => Math.log2(coarse / fine) / doublings;
    afterAll(() => backend[Symbol.asyncDispose]());

    for (const model of MODELS) {
      test(`F1: ${model} meets the Shepp-Logan head to 2.0 % at N = 128, with order 0.85 or more from 64 on`, async () => {
        const coarse = await projectionError(backend, model, HEAD, 64, ELLIPSOIDS);
        const fine = await projectionError(backend, model, HEAD, 128, ELLIPSOIDS);
        expect(fine).toBeLessThanOrEqual(0.02);
        expect(order(coarse, fine, 1)).toBeGreaterThanOrEqual(0.85);
      });

      test(`F1b: ${model} meets a ball off center to 1.2 % at N = 128`, async () => {
        expect(await projectionError(backend, model, BALL, 128, ELLIPSOIDS)).toBeLessThanOrEqual(0.012);
      });
    }

    // point samples of a smooth body: interpolating models are of order 2, piecewise constant voxels slightly less
    for (const [model, bar, leastOrder] of [
      ["siddon", 3.5e-3, 1.4],
      ["joseph", 7e-4, 1.7],
      ["trilinear", 7e-4, 1.7],
    ] as const)
      test(`F2: ${model} meets a Gaussian to ${bar} at N = 128, with mean order ${leastOrder} or more from 16 on`, async () => {
        const coarse = await projectionError(backend, model, GAUSSIAN, 16, POINTS);
        const fine = await projectionError(backend, model, GAUSSIAN, 128, POINTS);
        expect(fine).toBeLessThanOrEqual(bar);
        expect(order(coarse, fine, 3)).toBeGreaterThanOrEqual(leastOrder);
      });

    test("F3: siddon gives the chords of a cube of 33³ ones to 1e-12 in float64, 5e-6 in float32", async () => {
      const { worst } = await cubeErrors(backend, "siddon");
      expect(worst).toBeLessThanOrEqual(name === "reference" ? 1e-12 : 5e-6);
    });

    // these ramp to zero around the outer voxel centers: rays through the cube's edges are wrong, the others right
    for (const model of ["joseph", "trilinear"] as const)
      test(`F3: ${model} gives the chords of a cube of 33³ ones to 6e-3 (relative L2)`, async () => {
        const { relative } = await cubeErrors(backend, model);
        expect(relative).toBeLessThanOrEqual(6e-3);
      });

    for (const model of name === "reference" ? [] : MODELS)
      test(`F4: ${model} of random 64³ voxels agrees with float64 to 2e-6`, async () => {
        await using reference = createReferenceBackend();
        const random = createRandom(4);
        const values = Float64Array.from({ length: 64 ** 3 }, () => Math.fround(random.uniform()));
        const trajectory = gateTrajectory(64);
        const expected = await projectValues(reference, model, gateGrid(64), values, trajectory);
        const found = await projectValues(backend, model, gateGrid(64), values, trajectory);
        expect(relativeL2(found, expected)).toBeLessThanOrEqual(2e-6);
      });
  });
