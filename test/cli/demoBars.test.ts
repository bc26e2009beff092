import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, createBackend } from "../../src/backend/index.js";
import { wasmUnavailable } from "../../src/backend/wasm/index.js";
import { SAMPLE_CT } from "../../src/cli/commands/demo.js";
import { scanProjector, scoreNovelViews } from "../../src/cli/demo/manyViews.js";
import { oneViewStory } from "../../src/cli/demo/oneView.js";
import { readVolume } from "../../src/io/index.js";
import { psnr } from "../../src/metric/index.js";
import { hounsfieldToAttenuation, hounsfieldToDensity } from "../../src/physics/index.js";
import { toDevice } from "../../src/projector/index.js";
import type { Volume } from "../../src/volume/grid.js";

/** Gaussian blur of a volume by `sigma` voxels along each axis; beyond the border the outermost voxel goes on. */
function blurred(volume: Volume, sigma: number): Volume {
  const { size } = volume.grid;
  const reach = Math.ceil(4 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, t) => Math.exp(-((t - reach) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, w) => sum + w);
  let values = Float32Array.from(volume.values);
  for (const [axis, stride] of [1, size[0], size[0] * size[1]].entries()) {
    const out = new Float32Array(values.length);
    for (let n = 0; n < out.length; n++) {
      const at = Math.floor(n / stride) % size[axis];
      let sum = 0;
      for (let t = -reach; t <= reach; t++) {
        const clamped = Math.min(size[axis] - 1, Math.max(0, at + t));
        sum += weights[t + reach] * values[n + (clamped - at) * stride];
      }
      out[n] = sum / total;
    }
    values = out;
  }
  return { ...volume, values };
}

const unavailable = wasmUnavailable();

describe.skipIf(unavailable)(`the demo's bars${unavailable ? ` (no wasm: ${unavailable})` : ""}`, () => {
  let backend: Backend;
  let ct: Volume;
  beforeAll(async () => {
    backend = await createBackend({ prefer: "wasm" });
    ct = await readVolume(SAMPLE_CT, { quantity: "hounsfield" });
  });
  afterAll(() => backend[Symbol.asyncDispose]());

  test("one view ends within 1 dB of DiffDRR at the trained pose and at each novel one", async () => {
    const { images, losses } = await oneViewStory(backend, hounsfieldToDensity(ct), () => undefined);
    const within1dB = (found: number, diffDrr: number) => expect(Math.abs(found - diffDrr)).toBeLessThanOrEqual(1);
    within1dB(images.trained.psnr, 55.5);
    within1dB(images.closer.psnr, 16.2);
    within1dB(images.rotated.psnr, 12.8);
    within1dB(images.turned90.psnr, 7.7);
    expect(losses.length).toBe(101);
  });

  test("the truth blurred by 1.5 voxels misses both bars of many views: 41 dB in novel views, 35 dB in the volume", async () => {
    const truth = hounsfieldToAttenuation(ct);
    const soft = blurred(truth, 1.5);
    using A = scanProjector(backend, truth.grid);
    using sharpOnDevice = toDevice(backend, truth);
    using softOnDevice = toDevice(backend, soft);
    const { psnrNovel, pairs } = await scoreNovelViews(A, sharpOnDevice, softOnDevice);
    expect(pairs.length).toBe(121);
    expect(psnrNovel).toBeLessThan(41);
    expect(psnr(soft.values as Float32Array, truth.values as Float32Array)).toBeLessThan(35);
  });
});

test("checkDemo names the figures that miss their bars", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tomograd-demo-"));
  const script = fileURLToPath(new URL("../../scripts/checkDemo.mjs", import.meta.url));
  const check = async (psnrNovel: number) => {
    const path = join(folder, "demo.json");
    const oneView = { loss: [0.3, 3e-6], psnrTrained: 55.4, psnrCloser: 16, psnrRotated: 13, psnr90: 8 };
    await writeFile(path, JSON.stringify({ oneView, manyViews: { psnrNovel, psnrVolume: 38 } }));
    return spawnSync(process.execPath, [script, path], { encoding: "utf8" });
  };
  expect((await check(43)).status).toBe(0);
  const { status, stderr } = await check(40.9);
  expect(status).toBe(1);
  expect(stderr).toContain("manyViews.psnrNovel is 40.9 dB, wanted at least 41 dB");
  await rm(folder, { recursive: true });
});
