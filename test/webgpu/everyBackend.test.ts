/** The tests that every backend passes, on a GPU: the table in test/helpers/backends.ts chooses what they run on. */
import { test } from "vitest";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();
if (missing) test.skip(`golden images, phantoms, gradients: ${missing}`, () => {});
else {
  await import("../projector/exact.golden.test.js");
  await import("../projector/projector.test.js");
  await import("../projector/poseGradient.test.js");
  await import("../projector/dot.test.js");
  await import("../backend/gates.test.js");
}
