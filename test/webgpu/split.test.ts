import { afterAll, describe, expect, test } from "vitest";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { backendSuite } from "../../src/testing/index.js";
import { left } from "../helpers/full.js";
import { gpuMissing } from "./gpu.js";

/** Cuts the largest volumes of the suite, 33 x 31 x 17, into 9 parts: 4 planes of 4092 bytes, 2 of them neighbors. */
const maxBindingBytes = 16384;

const missing = left ?? (await gpuMissing());
if (missing) test.skip(`the contract of backends, in small buffers: ${missing}`, () => {});
else await backendSuite(() => createWebGpuBackend({ maxBindingBytes }), { describe, test, expect, afterAll });
