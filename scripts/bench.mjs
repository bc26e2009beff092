/**
 * `npm run bench`: builds and times the kernels. `npm run bench -- --only siddon` runs the cases whose names contain
 * that, `--json FILE` writes the figures, `--rounds N` sets how many are measured, `--ct FOLDER` takes a real chest CT.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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
  const timed = await runBenchmarks({ only, chest, say, ...(rounds && { rounds: Number(rounds) }) });
  const report = { ...timed, memory: measureMemory(ct) };
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  print(report);
}

async function readChest(folder) {
  const { readVolume } = await import("tomograd/io");
  return readVolume(folder);
}

/** Memory of the seed's gradient, in a process of its own. */
function measureMemory(ct) {
  const script = fileURLToPath(new URL("../bench/memory.mjs", import.meta.url));
  const child = spawnSync(process.execPath, ["--expose-gc", script, ...(ct ? [ct] : [])], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(child.stdout);
}

function print({ machine, load, cases, memory }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  console.log(
    `load ${load.average1min.toFixed(1)}, two busy threads receive ${load.coresForTwoThreads.toFixed(1)} cores`,
  );
  console.log("\nms a view                      threads     CPU    wall   CPU / reference");
  for (const { name, threads, medianCpuMs, medianWallMs, reference } of cases) {
    const perView = [medianCpuMs, medianWallMs].map((ms) => ms.toFixed(1).padStart(7)).join(" ");
    const ratio = reference ? (medianCpuMs / reference.cpuMsPerView).toFixed(2) : "";
    console.log(`${name.padEnd(32)} ${String(threads).padStart(4)} ${perView}   ${ratio}`);
  }
  const MiB = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(
    `\nmemory of ${memory.name}: volume, gradient and image ${MiB(memory.needBytes)}; backend ${MiB(memory.backendBytes)} (${memory.backendOverNeed.toFixed(3)} times), process above idle ${MiB(memory.processAboveIdleBytes)} (${memory.processOverNeed.toFixed(2)} times)`,
  );
}
