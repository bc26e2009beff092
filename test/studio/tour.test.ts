import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNifti, readVolume } from "../../src/io/index.js";
import { createGrid, gridCenter, resample, spacing } from "../../src/volume/index.js";
import { root } from "../package/sourceImports.js";
import { becomes, drop, exactImage, missing, type Opened, type Studio, startStudio } from "./studioPage.js";

/** The middle of the example chest in voxels twice as large: a slab that reconstructs in a sixth of the time. */
async function slab() {
  const chest = await readVolume(join(root, "data/chest-lidc-idri-0001-small.nii.gz"));
  const [dx, dy, dz] = spacing(chest.grid);
  const grid = createGrid({ size: [64, 64, 10], spacing: [2 * dx, 2 * dy, dz], center: gridCenter(chest.grid) });
  return encodeNifti({ ...chest, grid, values: Int16Array.from(resample(chest, grid).values, Math.round) });
}

const mean = (x: ArrayLike<number>) => Array.from(x).reduce((sum, value) => sum + value, 0) / x.length;

/** Root mean square of the difference over that of the second. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(mean(Array.from(a, (value, i) => (value - b[i]) ** 2)) / mean(Array.from(b, (value) => value ** 2)));

describe.skipIf(missing)(`the guided tour${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await drop(page, [{ name: "slab.nii", bytes: await slab() }]);
    await becomes(page, "tomogradStudio.patient()?.name === 'slab.nii'");
    await page.evaluate("tomogradStudio.steer({ rows: 96, columns: 96, pixel: 5 })");
    await page.getByRole("tab", { name: "Reconstruct" }).click();
  });
  afterAll(() => studio?.close());

  const press = (name: string | RegExp) => page.locator("#panel").getByRole("button", { name }).click();
  /** Goes on or back; resolves when the step has come to its end. */
  async function go(name: string | RegExp): Promise<void> {
    await press(name);
    await becomes(page, "!document.querySelector('.masthead .task')", 100);
  }
  const heading = () => page.locator(".tour h3").textContent();
  const words = () => page.locator(".tour").innerText();
  /** `method` and `psnr` of the result, where there is one. */
  const facts = () =>
    page.evaluate<{ views: number; method?: string; psnr: number }>(
      "({ views: tomogradStudio.scan().views, method: tomogradStudio.reconstruction()?.method, psnr: tomogradStudio.reconstruction()?.psnr })",
    );
  /** How far the X-ray of the result is from that of the truth, in the view on the page. */
  async function misfit(): Promise<number> {
    const pictures: number[][] = [];
    for (const [of, shown] of [
      ["Truth", "volume"],
      ["Reconstruction", "reconstruction"],
    ]) {
      await page.locator("#panel .segments").nth(1).getByText(of, { exact: true }).click();
      await becomes(page, `tomogradStudio.shown().shown === '${shown}'`);
      pictures.push([...(await exactImage(page)).values]);
    }
    return distance(pictures[1], pictures[0]);
  }
  let given: number;

  test("step 1 takes one X-ray, from the front", async () => {
    await go(/^Take the tour/);
    expect(await heading()).toBe("Tour, 1 of 6: One X-ray");
    expect(await words()).toContain("source in front (AP)");
    expect((await facts()).views).toBe(1);
    expect(await page.evaluate("tomogradStudio.reconstruction()")).toBeUndefined();
  });

  test("step 2 fits it: the result's X-ray from there is the same", async () => {
    await go("Next");
    expect(await heading()).toBe("Tour, 2 of 6: Fit it");
    expect(await words()).toContain("101 steps of Adam");
    expect(await page.evaluate("tomogradStudio.steps().length")).toBe(101);
    given = await misfit();
    // 0.074: voxels of 7.5 mm do not show the edges of the slab as they are
    expect(given).toBeLessThan(0.1);
  });

  test("step 3 looks from the side, where it is another", async () => {
    await go("Next");
    expect(await heading()).toBe("Tour, 3 of 6: Look from the side");
    expect(await words()).toContain("knows nothing of depth");
    expect((await facts()).method).toBe("fit");
    // 0.34
    expect(await misfit()).toBeGreaterThan(3 * given);
  });

  test("10, 25 and 120 views come ever closer to the truth, by the same method", async () => {
    const reached = [await facts()];
    for (const [k, text] of ["The body appears", "ribs, vessels and heart", "closest to the truth"].entries()) {
      await go("Next");
      reached.push(await facts());
      const { views, psnr } = reached[k + 1];
      expect(await heading()).toBe(`Tour, ${k + 4} of 6: ${views} views`);
      expect(await words()).toContain(text);
      expect(await words()).toContain(`${views}\u00a0views\u00a0${psnr.toFixed(1)}\u00a0dB`);
      // from a side that was not measured
      expect(await misfit()).toBeLessThan(2 * given);
      expect(await page.getByRole("region", { name: "Axial" }).innerText()).toContain("reconstruction");
    }
    expect(reached.map(({ views }) => views)).toEqual([1, 10, 25, 120]);
    expect(reached.map(({ method }) => method)).toEqual(["fit", "auto-tv", "auto-tv", "auto-tv"]);
    const psnr = reached.map((step) => step.psnr);
    expect(psnr).toEqual([...psnr].sort((a, b) => a - b));
    // 19.2, 29.2, 32.1, 32.8 dB
    expect(psnr[3]).toBeGreaterThan(psnr[2] + 0.3);
    expect(await page.locator("#panel").getByRole("button", { name: "Next" }).isDisabled()).toBe(true);
  }, 180_000);

  test("who comes back to the third step finds the fit of one view there", async () => {
    await press("End");
    await go(/^Take the tour/);
    for (const k of [2, 3, 4]) {
      await go("Next");
      expect(await heading()).toContain(`${k} of 6`);
    }
    expect(await facts()).toMatchObject({ views: 10 });
    await go("Back");
    expect(await heading()).toBe("Tour, 3 of 6: Look from the side");
    expect(await facts()).toMatchObject({ views: 1, method: "fit" });
    await press("End");
    expect(await page.locator(".tour").count()).toBe(0);
  });

  test("nothing went wrong on the way", () => expect(opened.problems).toEqual([]));
});
