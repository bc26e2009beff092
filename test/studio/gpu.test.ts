import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page, Worker } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readVolume } from "../../src/io/index.js";
import { psnr } from "../../src/metric/index.js";
import { hounsfieldToAttenuation } from "../../src/physics/index.js";
import { resample } from "../../src/volume/index.js";
import { root } from "../package/sourceImports.js";
import { repeated } from "./commandLine.js";
import { becomes, exactImage, missing, type Studio, startStudio } from "./studioPage.js";

/** What lets Chromium compute on a GPU in software. */
const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

describe.skipIf(missing)(`computing on another backend${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  const work = mkdtempSync(join(tmpdir(), "tomograd-gpu-"));
  beforeAll(async () => {
    studio = await startStudio(SOFTWARE_GPU);
  });
  afterAll(async () => {
    await studio?.close();
    rmSync(work, { recursive: true, force: true });
  });

  /** A page with a scan, on a GPU that a test can destroy: `device` of the worker. */
  async function onGpu(views: number): Promise<{ readonly page: Page; readonly worker: Worker }> {
    const { page } = await studio.open();
    await page.evaluate("tomogradStudio.steer({ rows: 24, columns: 32, pixel: 14 })");
    await page.evaluate(`tomogradStudio.simulate({ views: ${views}, rows: 48, columns: 48 })`);
    const worker = page.workers().find((one) => /assets\/worker/.test(one.url()))!;
    await worker.evaluate(`
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (options) {
        return (self.device = await requestDevice.call(this, options));
      };
    `);
    await page.getByLabel("Compute on").selectOption("webgpu");
    await becomes(page, "tomogradStudio.backend().name === 'webgpu'");
    return { page, worker };
  }

  test("the GPU and float64 give the picture of the processor, and the corner says what runs", async () => {
    const { page, problems } = await studio.open();
    await page.evaluate("tomogradStudio.steer({ rows: 24, columns: 32, pixel: 14, laoDeg: 20 })");
    const { values } = await exactImage(page);
    const largest = Math.max(...values);
    const choice = page.getByLabel("Compute on");
    for (const [name, tolerance] of [
      ["webgpu", 1e-5],
      ["reference", 1e-5],
    ] as const) {
      await choice.selectOption(name);
      await becomes(page, `tomogradStudio.backend().name === "${name}"`);
      await becomes(page, "tomogradStudio.shown() !== undefined");
      expect(await page.locator(".status .lamp").textContent()).toContain(name);
      const other = (await exactImage(page)).values;
      const error = Math.max(...other.map((value, i) => Math.abs(value - values[i])));
      expect(error).toBeLessThan(tolerance * largest);
      // another backend rounds differently: it is not the old picture
      expect(error).toBeGreaterThan(0);
    }
    expect(problems.filter((problem) => !/webgpu|adapter/i.test(problem))).toEqual([]);
    await page.close();
  }, 120_000);

  test("60 views on 32 voxels a side give on the GPU what the command line makes of their run files", async () => {
    const { page } = await onGpu(60);
    const done = await page.evaluate<{ psnr: number }>(
      "tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 3 })",
    );
    expect(await page.evaluate("tomogradStudio.backend().name")).toBe("webgpu");
    expect(Math.abs((await repeated(page, work)).psnr - done.psnr)).toBeLessThan(0.05);
    expect(done.psnr).toBeGreaterThan(25);
    await page.close();
  }, 120_000);

  test("a lost GPU is told in words, and the processor goes on from what was kept", async () => {
    const { page, worker } = await onGpu(8);
    await page.evaluate("void tomogradStudio.reconstruct({ method: 'sirt', size: 32, iterations: 20 })");
    await becomes(page, "tomogradStudio.steps().length > 6", 60);
    await worker.evaluate("device.destroy()");
    await becomes(page, "tomogradStudio.backend().name === 'wasm'");
    expect(await page.getByRole("alert").textContent()).toMatch(
      /^The GPU was lost: the processor goes on, from iteration \d+\. Nothing that is open was lost\./,
    );
    expect(await page.locator(".status .lamp").textContent()).toMatch(/wasm.*not webgpu: the GPU is gone \(destroyed/);
    expect(await page.getByLabel("Compute on").inputValue()).toBe("wasm");
    await becomes(page, "!document.querySelector('progress')");
    const iterations = await page.evaluate("tomogradStudio.steps().map(({ iteration }) => iteration)");
    expect(iterations).toEqual(Array.from({ length: 20 }, (_, i) => i));
    await page.evaluate("tomogradStudio.steer({ rows: 24, columns: 32, pixel: 14, laoDeg: 7 })");
    expect((await exactImage(page)).values.some((value) => value > 1)).toBe(true);
    await page.close();
  }, 120_000);

  test("a run on the GPU is cancelled, and what it did is handed out as NIfTI", async () => {
    const { page } = await onGpu(8);
    await page.getByRole("tab", { name: "Reconstruct" }).click();
    await page.evaluate("void tomogradStudio.reconstruct({ method: 'sirt', size: 24, iterations: 5000 })");
    await becomes(page, "tomogradStudio.steps().length > 2", 60);
    await page.locator("#panel").getByRole("button", { name: "Cancel" }).click();
    await becomes(page, "!document.querySelector('progress')");
    const done = await page.evaluate<{ stopped: string; psnr: number }>("tomogradStudio.reconstruction()");
    expect(done.stopped).toBe("aborted");
    // better than water
    expect(done.psnr).toBeGreaterThan(10);
    await page.getByRole("tab", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Reconstruction as NIfTI" }).click(),
    ]);
    const file = await readVolume(new Uint8Array(readFileSync(await download.path())));
    const chest = hounsfieldToAttenuation(await readVolume(join(root, "data/chest-lidc-idri-0001-small.nii.gz")));
    expect(file.quantity).toBe("attenuation");
    expect(psnr(file.values, resample(chest, file.grid).values)).toBeCloseTo(done.psnr, 3);
    expect(await page.evaluate("tomogradStudio.failure()")).toBeUndefined();
    expect(await page.evaluate("tomogradStudio.backend().name")).toBe("webgpu");
    await page.close();
  }, 120_000);

  test("a hidden pose is found on the GPU to half a millimeter", async () => {
    const { page } = await onGpu(1);
    await page.getByRole("tab", { name: "Register" }).click();
    await page.evaluate(
      "(() => { const draws = [0.9, 0.2, 0.7, 0.85, 0.3]; let at = 0; return tomogradStudio.hideXRay(() => draws[at++]); })()",
    );
    const { before, after } = await page.evaluate<{ before: number; after: number }>(
      "tomogradStudio.register().then(({ error }) => error)",
    );
    expect(before).toBeGreaterThan(5);
    expect(after).toBeLessThan(0.5);
    expect(await page.evaluate("tomogradStudio.backend().name")).toBe("webgpu");
    await page.close();
  }, 300_000);

  test("without a GPU the choice is refused in words, and the processor goes on", async () => {
    const plain = await startStudio();
    const { page } = await plain.open();
    await page.getByLabel("Compute on").selectOption("webgpu");
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    expect(await page.evaluate("tomogradStudio.backend().name")).toBe("wasm");
    await page.evaluate("tomogradStudio.steer({ rows: 24, columns: 32, pixel: 14, laoDeg: 21 })");
    expect((await exactImage(page)).columns).toBe(32);
    await plain.close();
  });
});
