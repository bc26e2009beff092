import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests of the studio's page in a browser; `scripts/testStudio.mjs` runs them. */
export default defineConfig({
  resolve: { alias: { "#platform": fileURLToPath(new URL("./src/platform/node.ts", import.meta.url)) } },
  test: {
    include: ["test/studio/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // one browser at a time: it has threads of its own
    maxWorkers: 1,
  },
});
