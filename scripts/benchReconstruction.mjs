/**
 * `npm run bench:reconstruction`: builds and times reconstruction methods. `-- --only fdk-upright` runs the cases whose
 * names contain that, `--json FILE` writes the figures (those of a release: bench/results/reconstruction.json).
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";

const { values: options } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });

if (attempt(build)) {
  const { runReconstructionBenchmarks } = await import("../bench/reconstruction.mjs");
  const report = await runReconstructionBenchmarks({ only: options.only, say });
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  print(report);
}

function print({ machine, load, peakProcessBytes, cases }) {
  const { average1min, coresForTwoThreads } = load;
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  console.log(`load ${average1min.toFixed(1)}, two busy threads receive ${coresForTwoThreads.toFixed(1)} cores`);
  console.log("\n                     threads   CPU ms a view   CPU / reference   wall s   backend MiB");
  for (const { name, threads, cpuMsPerView, wallSeconds, backendPeakBytes, reference } of cases) {
    const ratio = reference ? (cpuMsPerView / reference.cpuMsPerView).toFixed(2) : "";
    const cells = [cpuMsPerView.toFixed(1).padStart(15), ratio.padStart(17), wallSeconds.toFixed(1).padStart(8)];
    const MiB = Math.round(backendPeakBytes / 2 ** 20);
    console.log(`${name.padEnd(20)} ${String(threads).padStart(7)} ${cells.join(" ")} ${String(MiB).padStart(13)}`);
  }
  console.log(`\nprocess at most ${Math.round(peakProcessBytes / 2 ** 20)} MiB`);
}
