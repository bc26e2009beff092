/**
 * `npm run webgpu-smoke`: few-view reconstruction (SV-B, 32³ from 25 views) and the demo at 32 voxels on a GPU in software,
 * together within 3 minutes
 * of processor time (on an idle machine they take no longer), to the PSNR of wasm within 0.05 dB. `-- --hardware` takes the machine's own driver instead.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { attempt, node, root } from "./node.mjs";
import { softwareGpuEnvironment } from "./softwareGpu.mjs";

const INSIDE = "--inside";
const MOST_SECONDS = 180;
const MOST_DIFFERENCE = 0.05;
const CHEST = join(root, "data/chest-lidc-idri-0001-small.nii.gz");

if (process.argv.includes(INSIDE)) process.exitCode = (await smoke()) ? 0 : 1;
else {
  const environment = process.argv.includes("--hardware") ? {} : softwareGpuEnvironment();
  if (!environment)
    console.log("webgpu-smoke skipped: a GPU in software runs on Linux on x64 only; --hardware takes yours");
  else if (attempt(build)) {
    Object.assign(process.env, environment);
    process.exitCode = node(["scripts/webgpuSmoke.mjs", INSIDE]);
  }
}

async function smoke() {
  const seconds = { webgpu: 0, wasm: 0 };
  const figures = { webgpu: {}, wasm: {} };
  for (const backend of ["wasm", "webgpu"]) {
    const before = process.cpuUsage();
    figures[backend] = { ...(await fewViews(backend)), ...(await demo(backend)) };
    const { user, system } = process.cpuUsage(before);
    seconds[backend] = (user + system) / 1e6;
    console.log(`${backend}: ${seconds[backend].toFixed(0)} s of processor time`);
  }
  let passed = seconds.webgpu <= MOST_SECONDS;
  for (const [name, wasm] of Object.entries(figures.wasm)) {
    const webgpu = figures.webgpu[name];
    const good = Math.abs(webgpu - wasm) <= MOST_DIFFERENCE;
    passed &&= good;
    console.log(`${good ? "ok  " : "FAIL"} ${name}: ${webgpu.toFixed(3)} dB on webgpu, ${wasm.toFixed(3)} on wasm`);
  }
  console.log(
    `webgpu-smoke ${passed ? "passed" : "FAILED"}: ${seconds.webgpu.toFixed(0)} s of processor time on the GPU, at most ${MOST_SECONDS}`,
  );
  return passed;
}

/** PSNR of the default method on noisy data of the chest CT. */
async function fewViews(prefer) {
  const { METHODS } = await import("../bench/sparseView/methods.mjs");
  const { makeData } = await import("../bench/sparseView/protocol.mjs");
  const { runMethod } = await import("../bench/sparseView/run.mjs");
  const { openVolume } = await import("../bench/sparseView/volumes.mjs");
  const { createBackend } = await import("tomograd/backend");
  const volume = await openVolume(CHEST);
  const host = await createBackend({ prefer: "wasm" });
  const set = await makeData(host, volume, { size: 32, views: 25, i0: 1e4, seed: 0, data: "SV-B" });
  await host[Symbol.asyncDispose]();
  const backend = await createBackend({ prefer });
  console.log(backend.about);
  const { psnr } = await runMethod(backend, METHODS["auto-tv"], set);
  await backend[Symbol.asyncDispose]();
  return { "SV-B, auto-tv": psnr };
}

/** PSNRs of the demo. */
async function demo(backend) {
  const { runCli } = await import("../dist/cli/program.js");
  const folder = mkdtempSync(join(tmpdir(), "tomograd-smoke-"));
  try {
    const silent = { stdout: { write: () => true }, stderr: { write: () => true } };
    const asked = ["demo", "--size", "32", "--backend", backend, "--out", folder, "--quiet"];
    const code = await runCli(asked, silent, new AbortController().signal);
    if (code !== 0) throw new Error(`the demo on ${backend} ended with ${code}`);
    const { oneView, manyViews } = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
    return Object.fromEntries(
      Object.entries({ oneView, manyViews }).flatMap(([part, figures]) =>
        Object.entries(figures)
          .filter(([name]) => name.startsWith("psnr"))
          .map(([name, value]) => [`demo, ${part}.${name}`, value]),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
