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
  throw new Error(`--backend is webgpu, not ${options.backend}; without it the projectors run on wasm`);
if (options.software && !process.env.VK_DRIVER_FILES) process.exitCode = runOnSoftware();
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
  const { only, rounds = "5", size, views } = options;
  const report = await runGpuBenchmarks({
    ...{ only, say },
    ...{ size: Number(size), views: Number(views), rounds: Number(rounds) },
  });
  write(report);
  printGpu(report);
}

/** This again, in a process that finds the driver. */
function runOnSoftware() {
  const environment = softwareGpuEnvironment();
  if (!environment) throw new Error("there is no GPU in software for this system");
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, process.argv.slice(1), { stdio: "inherit", env }).status ?? 1;
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

function printGpu({ machine, load, adapter, threads, size, views, cases }) {
  console.log(`${adapter}\n${machine.cpu}, ${machine.cores} cores, wasm on ${threads} threads, Node ${machine.node}`);
  console.log(
    `load ${load.average1min.toFixed(1)}; ${size}³ voxels, ${views} views of ${size} x ${size} pixels a call`,
  );
  console.log("\n                                     ms a view   giga voxel-   worst      rms   wasm: ms   times");
  console.log("                                   (or a call)   views a s    error    error     a view  slower");
  for (const { name, msPerView, gigaPerSecond, error, wasmMsPerView, wasmOverGpu } of cases) {
    const [worst, rms] = [error.worst, error.rms].map((value) => value.toExponential(1).padStart(8));
    const speed = [msPerView.toFixed(3).padStart(12), gigaPerSecond.toPrecision(3).padStart(13)];
    const other = [wasmMsPerView.toFixed(3).padStart(10), wasmOverGpu.toFixed(2).padStart(7)];
    console.log(`${name.padEnd(34)} ${[...speed, worst, rms, ...other].join(" ")}`);
  }
  console.log("\nerrors over the largest magnitude; voxel-views of kernels without a volume are pixels");
}
