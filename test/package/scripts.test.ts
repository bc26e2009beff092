import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./sourceImports.js";

/** Scripts are run as they are, not compiled: what they hold must be what the oldest Node that we support knows. */
const scripts = ["bench", "scripts", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".mjs"))
    .map((path) => join(folder, path)),
);

test("there are scripts, and this Node can parse every one", () => {
  expect(scripts.length).toBeGreaterThan(20);
  const broken = scripts.filter((path) => {
    try {
      execFileSync(process.execPath, ["--check", join(root, path)], { stdio: "pipe" });
      return false;
    } catch {
      return true;
    }
  });
  expect(broken).toEqual([]);
});
