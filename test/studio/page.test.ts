import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveFiles } from "../helpers/fileServer.js";
import { root } from "../package/sourceImports.js";
import { becomes, exactImage, folder, missing, type Studio, settled, startStudio } from "./studioPage.js";

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

  test.each(["dark", "light"])("axe finds nothing serious in the %s theme, in any panel", async (theme) => {
    const { page } = await studio.open();
    if (theme === "light") await page.getByRole("button", { name: "Light" }).click();
    await settled(page);
    const axe = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
    await page.evaluate(axe);
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      const { violations, passes } = await page.evaluate<AxeResults>("axe.run()");
      expect(passes.length).toBeGreaterThan(20);
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)).toEqual([]);
    }
    await page.close();
  });

  test("every control is reached by the Tab key, and has a name", async () => {
    const { page } = await studio.open();
    const reached: string[] = [];
    for (let k = 0; k < 60; k++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate<string>(
          "document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent",
        ),
      );
    }
    for (const name of [
      /^X-ray,/,
      /^Axial slice/,
      /^Source, detector/,
      /^LAO/,
      /^Source–isocenter/,
      /^Lock the window/,
    ])
      expect(reached.some((one) => name.test(one))).toBe(true);
    expect(reached.filter((one) => one.trim() === "")).toEqual([]);
    await page.close();
  });

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
    const files = new Map<string, Uint8Array>();
    const { page: first, requests } = await studio.open();
    for (const request of requests) {
      const path = new URL(request.url()).pathname.slice(1) || "index.html";
      if (request.url().startsWith("http")) files.set(path, readFileSync(join(folder, path)));
    }
    await first.close();
    const host = await serveFiles(files);
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
});
