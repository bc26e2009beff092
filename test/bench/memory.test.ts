import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../package/sourceImports.js";

const built = existsSync(join(root, "dist", "index.js"));

describe.skipIf(!built)("memory of the seed's density gradient (needs dist)", () => {
  test("the backend holds at most 1.10 times volume, gradient and image, the process 1.5 times above idle", () => {
    const child = spawnSync(process.execPath, ["--expose-gc", join(root, "bench", "memory.mjs")], { encoding: "utf8" });
    const { backendOverNeed, processOverNeed } = JSON.parse(child.stdout);
    expect(backendOverNeed).toBeLessThanOrEqual(1.1);
    expect(processOverNeed).toBeLessThanOrEqual(1.5);
  });
});
