/**
 * `npm run bench:studio`: what the page of `tomograd studio` weighs, how soon it shows a picture, how pictures follow the
 * hand, what stays in memory, and how the tour goes. `-- --only load|drag|memory|tour`, `--rounds N` (5), `--json FILE`
 * (those of a release: bench/results/studio.json). The exit code is 1 where a bar is missed.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";
import { startStudioBrowser } from "./studioBrowser.mjs";

const { values: options } = parseArgs({
  options: { only: { type: "string" }, rounds: { type: "string", default: "5" }, json: { type: "string" } },
});

if (attempt(build)) {
  const { runStudioBenchmark } = await import("../bench/studio.mjs");
  const studio = await startStudioBrowser();
  try {
    const report = await runStudioBenchmark({ studio, only: options.only, rounds: Number(options.rounds), say });
    const text = `${JSON.stringify(report, null, 2)}\n`;
    if (options.json) writeFileSync(options.json, text);
    process.stdout.write(text);
    if (report.missed.length > 0) process.exitCode = 1;
  } finally {
    await studio.close();
  }
}
