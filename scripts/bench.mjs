/**
 * `npm run bench`: builds and times the kernels. `npm run bench -- --only siddon` runs the cases whose names contain
 * that, `--json FILE` writes the figures, `--rounds N` sets how many are measured, `--ct FOLDER` takes a real chest CT.
 * `-- --backend webgpu`: every kernel on the machine's GPU against wasm and float64, with `--size N` (256³ voxels, N x N
 * pixels) and `--views V` (32) a call; `--software` takes a GPU in software.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gpuRefusal, gpuTable } from "../bench/gpuTable.mjs";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";
import { softwareGpuEnvironment } from "./softwareGpu.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
    ct: { type: "string" },
    backend: { type: "string" },
    size: { type: "string", default: "256" },
    views: { type: "string", default: "32" },
    software: { type: "boolean", default: false },
  },
});

if (options.backend !== undefined && options.backend !== "webgpu")
  refuse(`--backend is webgpu, not ${options.backend}; without it the projectors run on wasm`);
else if (options.software && !process.env.VK_DRIVER_FILES) process.exitCode = runOnSoftware();
else if (attempt(build)) await (options.backend ? benchGpu() : benchProjectors());

async function benchProjectors() {
  const { runBenchmarks } = await import("../bench/run.mjs");
  const { only, rounds, ct } = options;
  const chest = ct && (await readChest(ct));
  const timed = await runBenchmarks({ only, chest, say, ...(rounds && { rounds: Number(rounds) }) });
  const report = { ...timed, memory: measureMemory(ct) };
  write(report);
  print(report);
}

async function benchGpu() {
  const { runGpuBenchmarks } = await import("../bench/gpu.mjs");
  const { only, rounds = "5", size, views, software } = options;
  const settings = { only, say, size: Number(size), views: Number(views), rounds: Number(rounds) };
  const report = await runGpuBenchmarks(settings).catch((error) => refuse(gpuRefusal(error, software)));
  if (!report) return;
  write(report);
  for (const line of gpuTable(report)) console.log(line);
}

/** This again, in a process that finds the driver. */
function runOnSoftware() {
  const environment = softwareGpuEnvironment();
  if (!environment) {
    refuse("there is no GPU in software for this system; Linux on x64 has one, from npm install");
    return 1;
  }
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, process.argv.slice(1), { stdio: "inherit", env }).status ?? 1;
}

/** What the user can mend, in one line. */
function refuse(message) {
  console.error(message);
  process.exitCode = 1;
}

function write(report) {
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
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
