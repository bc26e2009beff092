/**
 * `npm test`: installs what is missing, builds, and runs every check. Further arguments go to vitest:
 * `npm test -- test/geometry` runs one folder, `npm test -- -t "dot test"` the tests of that name.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { chromiumEnvironment } from "./chromium.mjs";
import { attempt, node, say } from "./node.mjs";
import { testStudio } from "./testStudio.mjs";
import { testWebgpu } from "./testWebgpu.mjs";

/** Counts of the report that vitest writes; a file that does not load counts as one failure. */
function countTests(path) {
  if (!existsSync(path)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(path, "utf8"));
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Lint and types count as one test each. */
function runChecks() {
  const checks = {
    lint: ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
    "types of the tests": ["node_modules/typescript/bin/tsc", "-p", "test"],
    "types of the studio": ["node_modules/typescript/bin/tsc", "-p", "studio"],
  };
  const ok = Object.entries(checks).map(([name, command]) => {
    say(`test: ${name}`);
    return node(command) === 0;
  });
  return { passed: ok.filter(Boolean).length, failed: ok.filter((one) => !one).length };
}

/** `run` gets options of vitest and returns its exit code. */
async function counted(run) {
  const folder = mkdtempSync(join(tmpdir(), "tomograd-test-"));
  try {
    const report = join(folder, "report.json");
    const code = await run(["--reporter=default", "--reporter=json", `--outputFile.json=${report}`]);
    const counts = countTests(report);
    // An error outside of every test fails the run without failing a test.
    return { ...counts, failed: Math.max(counts.failed, code === 0 ? 0 : 1) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sum = (...counts) => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
  skipped: counts.reduce((total, { skipped }) => total + skipped, 0),
});

/** The tests asked for; without a word of which, also those on a GPU and those of the page. */
async function runTests(asked) {
  const chromium = await chromiumEnvironment();
  const main = await counted((reporters) =>
    node(["node_modules/vitest/vitest.mjs", "run", ...reporters, ...asked], chromium),
  );
  if (asked.length > 0) return main;
  say("test: the GPU backend, on a GPU in software");
  const gpu = await counted(testWebgpu);
  say("test: the studio, in a browser");
  return sum(main, gpu, await counted(testStudio));
}

say("test: installs what is missing, builds, then lint, types and all tests; about 16 minutes on two cores");
for (const [name, path] of [
  ["TOMOGRAD_GOLDEN", "../shared/golden"],
  ["TOMOGRAD_DATA", "../shared/data"],
])
  if (!existsSync(process.env[name] ?? path)) say(`test: no data at ${name}: the tests that need them are skipped`);
const built = attempt(build);
const checks = built ? runChecks() : { passed: 0, failed: 1 };
const tests = built ? await runTests(process.argv.slice(2)) : { passed: 0, failed: 0, skipped: 0 };
const failed = checks.failed + tests.failed;
console.log(`\n${checks.passed + tests.passed} passed, ${failed} failed, ${tests.skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
