import { expect, test } from "vitest";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { expectDeviceEvaluation } from "../metric/similarity/deviceLaws.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();
test.skipIf(missing)("on a GPU a similarity has the value and cotangent of the host", async () => {
  await using backend = await createWebGpuBackend();
  await expectDeviceEvaluation(backend);
  expect(backend.liveBytes).toBe(0);
});
