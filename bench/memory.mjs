/**
 * Memory of the seed's gradient (one view, density): prints JSON. Run as a process of its own with --expose-gc, so that
 * nothing else is counted. Argument: a CT to read instead of the synthetic volume.
 */
import { createBackend } from "tomograd/backend";
import { readVolume } from "tomograd/io";
import { attenuationKnots, mapOnDevice } from "tomograd/physics";
import { toDevice } from "tomograd/projector";
import { seedGradients, syntheticChest } from "./seed.mjs";

const settle = async () => {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage.rss();
};

/** The volume goes to the device, is mapped there, and its host copy is let go. */
async function load(backend, path) {
  const host = path ? await readVolume(path) : syntheticChest();
  const device = toDevice(backend, host);
  if (host.quantity === "hounsfield") mapOnDevice(device.array, attenuationKnots());
  await backend.idle();
  return device;
}

const idleBytes = await settle();
const backend = await createBackend({ prefer: "wasm" });
const truth = await load(backend, process.argv[2]);
const { runs, dispose } = seedGradients(backend, truth);
await runs["seed-siddon-density-gradient"]();
await backend.idle();
const backendBytes = backend.liveBytes;
const processBytes = await settle();
const [nx, ny, nz] = truth.grid.size;
const needBytes = 4 * (2 * nx * ny * nz + 200 * 200);
dispose();
await backend[Symbol.asyncDispose]();
console.log(
  JSON.stringify({
    name: "seed-siddon-density-gradient",
    threads: backend.threads,
    needBytes,
    backendBytes,
    backendOverNeed: backendBytes / needBytes,
    processAboveIdleBytes: processBytes - idleBytes,
    processOverNeed: (processBytes - idleBytes) / needBytes,
  }),
);
