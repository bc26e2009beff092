import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { AxeResults } from "axe-core";
import type { Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveFiles } from "../helpers/fileServer.js";
import { root } from "../package/sourceImports.js";
import { becomes, exactImage, folder, missing, type Studio, settled, startStudio } from "./studioPage.js";

/** The files of the page that were asked for, for another host. */
function filesOf(requests: readonly Request[]): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const request of requests) {
    const path = new URL(request.url()).pathname.slice(1) || "index.html";
    if (request.url().startsWith("http")) files.set(path, readFileSync(join(folder, path)));
  }
  return files;
}

/** gzipped bytes of all that is loaded up to the first picture, the example CT left out. */
const MOST = 300_000;

describe.skipIf(missing)(`the page${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await startStudio();
  });
  afterAll(() => studio?.close());

  test(`loads at most ${MOST / 1000} kB gzipped to its first picture, and asks no other host`, async () => {
    const { page, problems, requests } = await studio.open();
    const own = requests.filter((request) => request.url().startsWith("http"));
    const paths = [...new Set(own.map((request) => new URL(request.url()).pathname.slice(1) || "index.html"))];
    // the worker and its kernels are part of it
    expect(paths.some((path) => path.startsWith("assets/worker"))).toBe(true);
    expect(paths.some((path) => path.startsWith("assets/wasm"))).toBe(true);
    const bytes = paths
      .filter((path) => !path.startsWith("data/"))
      .map((path) => gzipSync(readFileSync(join(folder, path)), { level: 9 }).length);
    const total = bytes.reduce((sum, one) => sum + one, 0);
    console.log(`${total} bytes gzipped in ${bytes.length} files`);
    expect(total).toBeLessThanOrEqual(MOST);
    expect(problems).toEqual([]);
    await page.close();
  });

  test.each(["dark", "light"] as const)(
    "axe finds nothing serious in the %s theme, in any panel, before and after there are results",
    async (theme) => {
      const { page } = await studio.open({ theme });
      await settled(page);
      const axe = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
      await page.evaluate(axe);
      const inspect = async (state: string) => {
        const { violations, passes } = await page.evaluate<AxeResults>("axe.run()");
        expect(passes.map(({ id }) => id)).toContain("color-contrast");
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
        expect(found, state).toEqual([]);
      };
      const inspectPanels = async (state: string) => {
        for (const tab of await page.getByRole("tab").all()) {
          await tab.click();
          await inspect(`${await tab.textContent()}, ${state}`);
        }
      };
      await inspectPanels("at first");
      await page.evaluate("tomogradStudio.simulate({ views: 8, rows: 24, columns: 24, photons: 1e5 })");
      await page.evaluate("tomogradStudio.reconstruct({ method: 'sirt', size: 16, iterations: 3 })");
      await page.evaluate("tomogradStudio.hideXRay(() => 0.55)");
      await page.evaluate("tomogradStudio.register()");
      // something that went wrong, what computes, and an exposure that cannot be
      await page.evaluate("tomogradStudio.open({ source: { from: 'files', files: [] }, name: 'nothing' })");
      await page.getByRole("alert").waitFor();
      await inspectPanels("with results and a message");
      await page.getByRole("button", { name: /^wasm/ }).click();
      await inspect("what computes");
      await page.evaluate("tomogradStudio.steer({ sid: 1100, sdd: 1000 })");
      await inspect("no beam");
      await page.close();
    },
    120_000,
  );

  test("a view is enlarged by its button and put back by Escape", async () => {
    const { page } = await studio.open();
    await page.getByRole("button", { name: "Enlarge X-ray" }).click();
    expect(await page.getByRole("region", { name: "Axial" }).count()).toBe(0);
    expect((await page.getByRole("region", { name: "X-ray" }).boundingBox())!.height).toBeGreaterThan(600);
    await page.keyboard.press("Escape");
    expect(await page.getByRole("region", { name: "Axial" }).count()).toBe(1);
    await page.close();
  });

  test("line integrals are saved as the page has them: float32 in NumPy's format", async () => {
    const { page } = await studio.open();
    await page.evaluate("tomogradStudio.steer({ rows: 40, columns: 50, pixel: 9 })");
    const { values } = await exactImage(page);
    await page.getByRole("tab", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Line integrals" }).click(),
    ]);
    const bytes = readFileSync(await download.path());
    expect(bytes.toString("latin1", 1, 6)).toBe("NUMPY");
    expect(bytes.toString("latin1", 10, 90)).toContain("(40, 50)");
    const saved = new Float32Array(bytes.buffer.slice(bytes.byteOffset + bytes.length - 4 * 40 * 50));
    expect([...saved]).toEqual([...values]);
    await page.close();
  });

  test("on a host that sends no headers the page isolates itself by its service worker", async () => {
    const { page: first, requests } = await studio.open();
    await first.close();
    const host = await serveFiles(filesOf(requests));
    try {
      const { page } = await studio.open({ address: `${host.address}/index.html` });
      await becomes(page, "window.crossOriginIsolated && tomogradStudio.backend()?.isolated === true");
      await becomes(page, "tomogradStudio.shown() !== undefined");
      expect(await page.locator(".status").textContent()).toContain("cross-origin isolated");
      await page.close();
    } finally {
      host.close();
    }
  });

  test("where that is forbidden too it computes on one thread, says why, and gives the same picture to 1e-5", async () => {
    const { page: threads, requests } = await studio.open();
    const POSE = "tomogradStudio.steer({ laoDeg: 25, cranDeg: -12, rows: 60, columns: 72, pixel: 6 })";
    await threads.evaluate(POSE);
    expect(await threads.evaluate("tomogradStudio.backend().threads")).toBeGreaterThan(1);
    const expected = (await exactImage(threads)).values;
    const host = await serveFiles(filesOf(requests));
    await threads.close();
    try {
      const address = `${host.address}/index.html`;
      const { page, problems } = await studio.open({ address, context: { serviceWorkers: "block" } });
      expect(await page.evaluate("typeof SharedArrayBuffer")).toBe("undefined");
      expect(await page.evaluate("tomogradStudio.backend()")).toMatchObject({
        ...{ name: "wasm", threads: 1, isolated: false },
      });
      await page.evaluate(POSE);
      const { values } = await exactImage(page);
      const largest = Math.max(...expected);
      expect(largest).toBeGreaterThan(3);
      expect(Math.max(...values.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-5 * largest);
      const status = page.locator(".status");
      expect(await status.textContent()).toContain("not cross-origin isolated: one thread");
      await status.getByRole("button", { name: /^wasm, 1 thread: SharedArrayBuffer is missing/ }).click();
      expect(await status.locator(".note").innerText()).toMatch(/its host sends no headers for it/);
      expect(problems.filter((problem) => !/Service Worker registration blocked/.test(problem))).toEqual([]);
      await page.close();
    } finally {
      host.close();
    }
  });
});
