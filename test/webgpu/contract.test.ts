import { afterAll, describe, expect, test } from "vitest";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { backendSuite } from "../../src/testing/index.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();
if (missing) test.skip(`the contract of backends: ${missing}`, () => {});
else await backendSuite(() => createWebGpuBackend(), { describe, test, expect, afterAll });
