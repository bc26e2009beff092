import { afterAll, describe, expect, test } from "vitest";
import type { Shape } from "../../src/backend/backend.js";
import { KERNEL_NAMES, type KernelName } from "../../src/backend/kernels.js";
import { LARGE_CASES } from "../../src/backend/specs/large.js";
import type { KernelCase } from "../../src/backend/specs/spec.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { rangesOf } from "../../src/backend/webgpu/layout.js";
import { isTomogradError } from "../../src/core/errors.js";
import { backendSuite, type SuiteOptions } from "../../src/testing/index.js";
import { isArraySpec } from "../../src/testing/runCase.js";
import { left } from "../helpers/full.js";
import { gpuMissing } from "./gpu.js";

/**
 * Most bytes of a buffer. 1 MiB cuts the large cases; 16 KiB the largest volumes of the others, 33 x 31 x 17, into 9 parts:
 * 4 planes of 4092 bytes, 2 of them neighbors; 4 KiB smaller volumes and images.
 */
const MIB = 2 ** 20;
const SMALL = [MIB, 16384, 4096];

/** 1 where an array is whole, 0 where a plane with its neighbors does not fit. */
function partsOf(shape: Shape, maxBindingBytes: number): number {
  try {
    return rangesOf(shape, maxBindingBytes, "").length;
  } catch (error) {
    if (isTomogradError(error, "OUT_OF_MEMORY")) return 0;
    throw error;
  }
}

/** Parts of the arrays of a case. */
const partsOfCase = ({ args }: KernelCase<KernelName>, maxBindingBytes: number): readonly number[] =>
  Object.values(args)
    .filter(isArraySpec)
    .map(({ shape, type }) => (type === "f64" ? 1 : partsOf(shape, maxBindingBytes)));

/** Cases that fit and in which an array is cut; in `npm run test:full` also those that run as without a limit. */
const accepted =
  (maxBindingBytes: number): SuiteOptions["accepts"] =>
  (each) => {
    const parts = partsOfCase(each, maxBindingBytes);
    return parts.every((count) => count > 0) && (!left || parts.some((count) => count > 1));
  };

test.each(KERNEL_NAMES)("%s: 1 MiB cuts an array of each of its large cases", (kernel) => {
  for (const each of LARGE_CASES[kernel]) expect(Math.max(...partsOfCase(each, MIB)), each.name).toBeGreaterThan(1);
});

const missing = await gpuMissing();
if (missing) test.skip(`the contract of backends: ${missing}`, () => {});
else {
  await backendSuite(() => createWebGpuBackend(), { describe, test, expect, afterAll });
  for (const maxBindingBytes of SMALL)
    await backendSuite(
      () => createWebGpuBackend({ maxBindingBytes }),
      {
        describe: (title, body) => describe(`in buffers of ${maxBindingBytes} bytes: ${title}`, body),
        ...{ test, expect, afterAll },
      },
      { accepts: accepted(maxBindingBytes), large: maxBindingBytes === MIB },
    );
}
