import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repeated } from "./commandLine.js";
import { becomes, missing, type Opened, type Studio, startStudio } from "./studioPage.js";

const valuesOf = (options: Element[]) => options.map((option) => (option as HTMLOptionElement).value);
const button = (page: Page, name: string | RegExp) => page.locator("#panel").getByRole("button", { name });

describe.skipIf(missing)(`reconstructing and registering${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  const work = mkdtempSync(join(tmpdir(), "tomograd-studio-"));
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await page.getByRole("tab", { name: "Reconstruct" }).click();
  });
  afterAll(async () => {
    await studio?.close();
    rmSync(work, { recursive: true, force: true });
  });

  test("60 views on 32 voxels a side give what the command line makes of their run files", async () => {
    await page.evaluate("tomogradStudio.simulate({ views: 60, rows: 64, columns: 64 })");
    const done = await page.evaluate<{ psnr: number }>(
      "tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 8 })",
    );
    expect(Math.abs((await repeated(page, work)).psnr - done.psnr)).toBeLessThan(0.05);
    // 8 epochs of SART on a chest of 11 mm voxels: well above a volume of water (about 10 dB)
    expect(done.psnr).toBeGreaterThan(25);
    expect(await page.getByTestId("figures").innerText()).toContain(`${done.psnr.toFixed(2)} dB`);
  });

  test("every method of the list reconstructs", async () => {
    const methods = await page.getByLabel("Method").locator("option").evaluateAll(valuesOf);
    expect(methods).toContain("fdk");
    await page.evaluate("tomogradStudio.simulate({ views: 24, rows: 32, columns: 32 })");
    for (const method of methods) {
      await page.evaluate(`tomogradStudio.reconstruct({ method: '${method}', size: 16, iterations: 3 })`);
      expect(await page.evaluate("tomogradStudio.failure()")).toBeUndefined();
      // better than a volume of water, as above
      expect(await page.evaluate<number>("tomogradStudio.reconstruction().psnr"), method).toBeGreaterThan(10);
    }
  });

  test("a volume that does not fit is refused with what would, and the page goes on", async () => {
    const worker = page.workers().find((one) => /assets\/worker/.test(one.url()))!;
    const before = await page.evaluate("tomogradStudio.patient()");
    await worker.evaluate(
      "self.granted = WebAssembly.Memory.prototype.grow; WebAssembly.Memory.prototype.grow = () => { throw new RangeError('no pages are left') };",
    );
    await page.evaluate("tomogradStudio.reconstruct({ method: 'sirt', size: 256, iterations: 2 })");
    const words = await page.getByRole("alert").textContent();
    expect(words).toMatch(/^There is not enough memory: .* MiB are taken\. Take fewer voxels per side/);
    await worker.evaluate("WebAssembly.Memory.prototype.grow = self.granted;");
    await page.evaluate("tomogradStudio.simulate({ views: 720, rows: 1024, columns: 1024 })");
    expect(await page.getByRole("alert").textContent()).toMatch(/^There is not enough memory: .* Take fewer views/);
    expect(await page.evaluate("tomogradStudio.patient()")).toEqual(before);
    const done = await page.evaluate<{ psnr: number }>(
      "tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 8 })",
    );
    expect(done.psnr).toBeGreaterThan(25);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("slices and X-ray show truth, result and difference; the profile has both curves", async () => {
    for (const name of ["Difference", "Truth", "Reconstruction"]) {
      await page.locator("#panel .segments").first().getByText(name, { exact: true }).click();
      await page.waitForTimeout(100);
    }
    await page.locator("#panel .segments").nth(1).getByText("Reconstruction", { exact: true }).click();
    await becomes(page, "tomogradStudio.shown().shown === 'reconstruction'");
    await becomes(
      page,
      "[...document.querySelectorAll('#panel figure')].at(-1).querySelectorAll('polyline').length === 2",
    );
  });

  test("a run is held, goes on, and is ended", async () => {
    await page.evaluate("void tomogradStudio.reconstruct({ method: 'sirt', size: 32, iterations: 5000 })");
    await button(page, "Pause").click();
    await page.waitForTimeout(300);
    const count = () => page.evaluate<number>("tomogradStudio.steps().length");
    const held = await count();
    await page.waitForTimeout(300);
    expect(await count()).toBe(held);
    await button(page, "Resume").click();
    await becomes(page, `tomogradStudio.steps().length > ${held}`);
    await button(page, "Cancel").click();
    await becomes(page, "!document.querySelector('progress')");
    expect(await page.evaluate("tomogradStudio.failure()")).toBeUndefined();
  });

  test("a hidden pose is found to half a millimeter", async () => {
    await page.getByRole("tab", { name: "Register" }).click();
    // five numbers of the pose: two of the angles, three of the place
    await page.evaluate(
      "(() => { const draws = [0.9, 0.2, 0.7, 0.85, 0.3]; let at = 0; return tomogradStudio.hideXRay(() => draws[at++]); })()",
    );
    await button(page, "Register").click();
    await becomes(page, "document.querySelector('.verdict') !== null", 60);
    const words = await page.getByTestId("registration").innerText();
    const [, before, after] = /([\d.]+) → ([\d.]+) mm/.exec(words) ?? [];
    expect(Number(before)).toBeGreaterThan(5);
    expect(Number(after)).toBeLessThan(0.5);
    for (const name of ["Checkerboard", "Flicker", "Edges"]) {
      await page.locator("#panel .segments").getByText(name, { exact: true }).click();
      expect(await page.getByRole("region", { name: "Comparison" }).innerText()).toContain(name.toLowerCase());
    }
  });

  test("nothing went wrong on the way", () => expect(opened.problems).toEqual([]));
});
