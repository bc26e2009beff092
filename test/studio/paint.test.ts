import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { displayWindow, greyImage } from "../../src/report/index.js";
import { becomes, exactImage, greys, missing, type Studio, settled, startStudio } from "./studioPage.js";

describe.skipIf(missing)(`painting in a thread of its own${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let page: Page;
  beforeAll(async () => {
    studio = await startStudio();
    ({ page } = await studio.open());
    await page.evaluate("tomogradStudio.steer({ rows: 60, columns: 80, pixel: 6, laoDeg: 30 })");
    await settled(page);
    await becomes(page, "tomogradStudio.painted() === tomogradStudio.shown()");
  });
  afterAll(() => studio?.close());

  test("the canvas of the X-ray holds the library's grey values of the exact picture", async () => {
    const { values } = await exactImage(page);
    const window = displayWindow(values, "radiograph");
    expect(await greys(page, ".drr canvas")).toEqual([...greyImage(values, { preset: "radiograph", window })]);
  });

  test("another preset paints the same values anew", async () => {
    const { values } = await exactImage(page);
    await page.getByText("Fluoroscopy", { exact: true }).click();
    const expected = [...greyImage(values, { preset: "fluoroscopy" })];
    await expect.poll(() => greys(page, ".drr canvas")).toEqual(expected);
  });

  test("an X-ray and the rendering of its own place are one picture, whichever flickers", async () => {
    await page.evaluate("tomogradStudio.hideXRay(() => 0.5)");
    await settled(page);
    await becomes(page, "document.querySelector('.scene canvas').width === 256");
    await page.getByRole("tab", { name: "Register" }).click();
    await page.getByText("Flicker", { exact: true }).click();
    const { values } = await exactImage(page);
    const expected = [...greyImage(values, { preset: "line-integral", window: displayWindow(values, "radiograph") })];
    await expect.poll(() => greys(page, ".scene canvas"), { timeout: 5000 }).toEqual(expected);
  });
});
