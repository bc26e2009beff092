import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNifti, encodePng } from "../../src/io/index.js";
import { createGrid, sheppLogan } from "../../src/volume/index.js";
import { becomes, drop, exactImage, missing, type Studio, startStudio } from "./studioPage.js";

const restore = (page: Page) => page.getByRole("button", { name: "Restore", exact: true });
const session = (page: Page) =>
  page.locator("section").filter({ has: page.getByRole("heading", { name: "Session", exact: true }) });
const state = (page: Page) =>
  page.evaluate(
    "[tomogradStudio.patient(), tomogradStudio.arm(), tomogradStudio.crosshair(), tomogradStudio.scan(), tomogradStudio.commands()]",
  );

/** In the page: what the browser keeps, as it is written. */
const keptText = `async () => {
  const root = await navigator.storage.getDirectory();
  const index = await (await root.getDirectoryHandle("last-session")).getFileHandle("session.json");
  return (await index.getFile()).text();
}`;

/** Opens a volume of its own on the page. */
async function dropPhantom(page: Page): Promise<void> {
  const grid = createGrid({ size: [24, 20, 16], spacing: [8, 8, 8] });
  const volume = sheppLogan({ radius: 80, density: 0.02 }).voxelize(grid);
  await drop(page, [{ name: "phantom.nii", bytes: await encodeNifti(volume) }]);
  await becomes(page, "tomogradStudio.patient().name === 'phantom.nii'");
}

describe.skipIf(missing)(`the last session${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await startStudio();
  });
  afterAll(() => studio?.close());

  test("a reload brings back volume, view, display, tab, scan and result on request, and again after that", async () => {
    const { page, problems } = await studio.open();
    expect(await restore(page).count()).toBe(0);
    await dropPhantom(page);
    await page.evaluate("tomogradStudio.steer({ laoDeg: 31.5, rows: 40, columns: 48, pixel: 6 })");
    await page.evaluate("tomogradStudio.pointAt([8, -16, 24])");
    await page.evaluate("tomogradStudio.simulate({ views: 12, rows: 24, columns: 24, photons: 1e5, seed: 3 })");
    await page.evaluate("tomogradStudio.reconstruct({ method: 'os-sart', size: 16, iterations: 3 })");
    await page.getByRole("tab", { name: "Reconstruct" }).click();
    await page.locator("#panel .segments").nth(1).getByText("Reconstruction", { exact: true }).click();
    await page.getByRole("tab", { name: "Open" }).click();
    await expect.poll(() => session(page).textContent(), { timeout: 20_000 }).toContain("Kept at");
    const before = await state(page);
    const { values } = await exactImage(page);
    for (const _ of ["first", "second"]) {
      await page.reload();
      await becomes(page, "window.tomogradStudio?.shown() !== undefined");
      await restore(page).click();
      await becomes(page, "tomogradStudio.patient().name === 'phantom.nii' && tomogradStudio.commands().length === 3");
      expect(await state(page)).toEqual(before);
      expect((await exactImage(page)).values).toEqual(values);
      expect(await page.getByRole("tab", { name: "Open" }).getAttribute("aria-selected")).toBe("true");
      expect(await restore(page).count()).toBe(0);
    }
    // what was reconstructed can be exported, and the scan reconstructed again to the same
    const record = JSON.parse(await page.evaluate<string>("tomogradStudio.runFile('reconstruct')"));
    const again = await page.evaluate("tomogradStudio.reconstruct().then(({ psnr }) => psnr)");
    expect(JSON.parse(await page.evaluate<string>("tomogradStudio.runFile('reconstruct')")).outputs).toEqual(
      record.outputs,
    );
    expect(again).toBeGreaterThan(10);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("it brings back an X-ray, where its search began and what it found, and the file of an X-ray", async () => {
    const { page, problems } = await studio.open();
    await dropPhantom(page);
    const again = async (becameKept: string) => {
      await becomes(page, `(${keptText})().then((text) => ${becameKept})`);
      await page.reload();
      await becomes(page, "window.tomogradStudio?.shown() !== undefined");
      await restore(page).click();
      await becomes(page, "tomogradStudio.xray() !== undefined");
    };
    const xray = () =>
      page.evaluate(
        "(({ name, rows, columns, values, truth, file }) => ({ name, rows, columns, values: [...values], truth, file }))(tomogradStudio.xray())",
      );
    await page.evaluate("tomogradStudio.hideXRay(() => 0.6)");
    await page.evaluate("tomogradStudio.register()");
    const found = await page.evaluate("tomogradStudio.registration()");
    expect(found).toMatchObject({ error: { before: expect.any(Number) } });
    const code = await page.evaluate("tomogradStudio.codeOfRegistration()");
    const [hidden, arm] = [await xray(), await page.evaluate("tomogradStudio.arm()")];
    await again("text.includes('evaluations')");
    expect(await xray()).toEqual(hidden);
    expect(await page.evaluate("tomogradStudio.registration()")).toEqual(found);
    expect(await page.evaluate("tomogradStudio.codeOfRegistration()")).toEqual(code);
    await expect.poll(() => page.evaluate("tomogradStudio.arm()")).toEqual(arm);
    expect(await page.getByRole("region", { name: "Comparison" }).count()).toBe(1);

    await page.getByRole("tab", { name: "Register" }).click();
    const values = Float32Array.from({ length: 20 * 24 }, (_, i) => 1 + (i % 24));
    const buffer = Buffer.from(await encodePng({ rows: 20, columns: 24, values }, { window: [0, 255] }));
    await page.getByLabel("Open X-ray…").setInputFiles({ name: "measured.png", mimeType: "image/png", buffer });
    await becomes(page, "tomogradStudio.xray().name === 'measured.png'");
    const measured = await xray();
    expect(measured).toMatchObject({ rows: 20, columns: 24, values: [...values] });
    await again("text.includes('measured.png')");
    expect(await xray()).toEqual(measured);
    expect(await page.evaluate("tomogradStudio.registration()")).toBeUndefined();
    await page.getByText("Bone dark", { exact: true }).click();
    await becomes(page, "tomogradStudio.xray().values[0] === 23");
    expect(problems).toEqual([]);
    await page.close();
  });

  test("it is deleted where it is not wanted", async () => {
    const { page } = await studio.open();
    await dropPhantom(page);
    await page.getByRole("tab", { name: "Open" }).click();
    await expect.poll(() => session(page).textContent(), { timeout: 20_000 }).toContain("Kept at");
    for (const deleted of [false, true]) {
      await page.reload();
      await becomes(page, "window.tomogradStudio?.shown() !== undefined");
      await page.getByRole("tab", { name: "Open" }).click();
      await expect
        .poll(() => session(page).textContent())
        .toContain(deleted ? "Kept from the first change on" : "waits to be restored or deleted");
      expect(await restore(page).count()).toBe(deleted ? 0 : 1);
      if (!deleted) await page.getByRole("button", { name: "Delete", exact: true }).click();
      await expect.poll(() => restore(page).count()).toBe(0);
    }
    await session(page).getByText("Keep it in this browser").click();
    await dropPhantom(page);
    await page.waitForTimeout(1500);
    expect(await session(page).textContent()).not.toContain("Kept at");
    await page.close();
  });

  test("a browser without room says so, and keeps nothing", async () => {
    const { page, problems } = await studio.open();
    const devtools = await page.context().newCDPSession(page);
    const { origin } = new URL(studio.server.address);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 10_000 });
    await dropPhantom(page);
    await page.getByRole("tab", { name: "Open" }).click();
    await expect
      .poll(() => session(page).textContent(), { timeout: 20_000 })
      .toMatch(/The session is not kept: the browser has no room for it/);
    expect(await session(page).textContent()).not.toContain("defect of tomograd");
    await page.reload();
    await becomes(page, "window.tomogradStudio?.shown() !== undefined");
    await page.waitForTimeout(500);
    expect(await restore(page).count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a browser without files of its own says so, and all else goes on", async () => {
    const { page: first } = await studio.open();
    const [script] = first
      .workers()
      .map((worker) => worker.url())
      .filter((url) => url.includes("assets/worker"));
    const body = await (await fetch(script)).text();
    await first.close();
    const page = await studio.browser.newPage();
    await page.route(script, (route) =>
      route.fulfill({
        contentType: "text/javascript",
        headers: { "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin" },
        body: `delete StorageManager.prototype.getDirectory;\n${body}`,
      }),
    );
    await page.goto(studio.server.address);
    await becomes(page, "window.tomogradStudio?.shown() !== undefined");
    await dropPhantom(page);
    await page.getByRole("tab", { name: "Open" }).click();
    await expect.poll(() => session(page).textContent()).toMatch(/This browser keeps no files for this page/);
    expect(await session(page).textContent()).not.toContain("defect of tomograd");
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.close();
  });
});
