/**
 * `npm run bench`: builds and times the kernels. `npm run bench -- --only siddon` runs the cases whose names contain
 * that, `--json FILE` writes the figures, `--rounds N` sets how many are measured, `--ct FOLDER` takes a real chest CT.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
    ct: { type: "string" },
  },
});

if (attempt(build)) {
  const { runBenchmarks } = await import("../bench/run.mjs");
  const { only, rounds, ct } = options;
  const chest = ct && (await readChest(ct));
  const report = await runBenchmarks({ only, chest, say, ...(rounds && { rounds: Number(rounds) }) });
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  print(report);
}

async function readChest(folder) {
  const { readVolume } = await import("tomograd/io");
  const { volume } = await readVolume(folder);
  return volume;
}

function print({ machine, load, cases }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  console.log(
    `load ${load.average1min.toFixed(1)}, two busy threads receive ${load.coresForTwoThreads.toFixed(1)} cores`,
  );
  console.log("\nms a view                      threads     CPU    wall   CPU / reference");
  for (const { name, threads, medianCpuMs, medianWallMs, views, reference } of cases) {
    const perView = [medianCpuMs, medianWallMs].map((ms) => (ms / views).toFixed(1).padStart(7)).join(" ");
    const ratio = reference ? (medianCpuMs / views / reference.cpuMsPerView).toFixed(2) : "";
    console.log(`${name.padEnd(32)} ${String(threads).padStart(4)} ${perView}   ${ratio}`);
  }
}
