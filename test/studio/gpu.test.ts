import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { becomes, exactImage, missing, type Studio, startStudio } from "./studioPage.js";

/** What lets Chromium compute on a GPU in software. */
const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

describe.skipIf(missing)(`computing on another backend${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await startStudio(SOFTWARE_GPU);
  });
  afterAll(() => studio?.close());

  test("the GPU and float64 give the picture of the processor, and the corner says what runs", async () => {
    const { page, problems } = await studio.open();
    await page.evaluate("tomogradStudio.steer({ rows: 24, columns: 32, pixel: 14, laoDeg: 20 })");
    const { values } = await exactImage(page);
    const largest = Math.max(...values);
    const choice = page.getByLabel("compute on");
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

  test("without a GPU the choice is refused in words, and the processor goes on", async () => {
    const plain = await startStudio();
    const { page } = await plain.open();
    await page.getByLabel("compute on").selectOption("webgpu");
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    expect(await page.evaluate("tomogradStudio.backend().name")).toBe("wasm");
    await page.evaluate("tomogradStudio.steer({ rows: 24, columns: 32, pixel: 14, laoDeg: 21 })");
    expect((await exactImage(page)).columns).toBe(32);
    await plain.close();
  });
});
