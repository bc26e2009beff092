/**
 * `npm run test:studio`: the tests of test/studio, in a Chromium. Without one they are skipped. Further arguments go to
 * vitest.
 */
import { build } from "./build.mjs";
import { chromiumEnvironment } from "./chromium.mjs";
import { attempt, isMain, node, say } from "./node.mjs";

/** Runs the tests; `args` go to vitest. The exit code. */
export async function testStudio(args) {
  const environment = await chromiumEnvironment();
  if (!environment) say("test:studio: no Chromium on this machine, the tests of the page are skipped");
  return node(["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.studio.config.ts", ...args], environment);
}

if (isMain(import.meta.url) && attempt(build)) process.exitCode = await testStudio(process.argv.slice(2));
