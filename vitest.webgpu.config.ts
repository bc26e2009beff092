import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests that need a GPU, or one in software; `scripts/testWebgpu.mjs` runs them. */
export default defineConfig({
  resolve: { alias: { "#platform": fileURLToPath(new URL("./src/platform/node.ts", import.meta.url)) } },
  test: {
    include: ["test/webgpu/**/*.test.ts"],
    // what every backend passes: test/helpers/backends.ts
    env: { TOMOGRAD_BACKENDS: "webgpu" },
    setupFiles: ["test/setup.ts"],
    // a GPU in software shares the processor with whatever else runs
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
  },
});
