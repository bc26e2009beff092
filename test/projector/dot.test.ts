/**
 * Adjoints to 1e-8: |<Ax, y> - <x, Aᵀy>| / (|Ax| |y|). The rounding of each number of Ax, up to 2^-24 of it, leaves
 * 2^-24 / sqrt(rays) of noise: 7e-10 here. A length that is wrong by 1e-5 gives 1e-6.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { testedOn } from "../helpers/backends.js";
import { ADJOINT_SCENES, adjointDefect } from "./adjointScenes.js";

for (const [prefer] of testedOn({ wasm: 0, webgpu: 0 }))
  describe(`adjoints to 1e-8 on ${prefer}`, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend({ prefer });
    });
    afterAll(() => backend[Symbol.asyncDispose]());

    for (const scene of ADJOINT_SCENES)
      test.each(["siddon", "joseph", "trilinear"] as const)(`${scene.name}: %s`, async (model) => {
        const { length, defect } = await adjointDefect(backend, scene, model);
        expect(length).toBeGreaterThan(0);
        expect(defect).toBeLessThanOrEqual(1e-8);
      });
  });
