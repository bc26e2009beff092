import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import { expect, test } from "vitest";
import { KERNEL_NAMES } from "../../src/backend/kernels.js";
import { executablePath } from "../helpers/chromium.js";
import { serveFiles } from "../helpers/fileServer.js";
import { root } from "../package/sourceImports.js";

const built = join(root, "dist");

/** Runs the suite with a runner of a few lines; resolves to the names of its tests and what failed. */
const PAGE = `
  import { backendSuite } from ${JSON.stringify(join(built, "testing/index.js"))};
  import { createWebGpuBackend } from ${JSON.stringify(join(built, "backend/webgpu/index.js"))};
  const [tests, after, names] = [[], [], []];
  const fail = (message, found, wanted) => {
    throw new Error((message ?? "") + ": " + JSON.stringify(found)?.slice(0, 200) + ", wanted " + JSON.stringify(wanted)?.slice(0, 200));
  };
  const expect = (found, message) => ({
    toBe: (wanted) => Object.is(found, wanted) || fail(message, found, wanted),
    toEqual: (wanted) => JSON.stringify(found) === JSON.stringify(wanted) || fail(message, found, wanted),
    toBeLessThanOrEqual: (bound) => found <= bound || fail(message, found, bound),
    toBeGreaterThanOrEqual: (bound) => found >= bound || fail(message, found, bound),
    toContain: (part) => found.includes(part) || fail(message, found, part),
  });
  const describe = (name, body) => { names.push(name); body(); names.pop(); };
  const test = (name, body) => tests.push([[...names, name].join(" > "), body]);
  test.skipIf = (skipped) => (name, body) => { if (!skipped) test(name, body); };
  window.runSuite = async () => {
    const api = { describe, test, expect, afterAll: (body) => after.push(body) };
    await backendSuite(() => createWebGpuBackend(), api);
    const failed = [];
    for (const [name, body] of tests)
      try { await body(); } catch (error) { failed.push(name + ": " + error.message); }
    for (const body of after) await body();
    return { names: tests.map(([name]) => name), failed };
  };
  window.noGpu = async () => ((await navigator.gpu?.requestAdapter()) ? undefined : "this Chromium gives no adapter");
  window.ready = true;`;

test.skipIf(!executablePath || !existsSync(join(built, "testing/index.js")))(
  "the contract of backends holds on webgpu in Chromium (skipped without one)",
  { timeout: 240_000 },
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "tomograd-contract-"));
    writeFileSync(join(folder, "page.js"), PAGE);
    const outDir = join(folder, "bundle");
    await build({
      ...{ root: folder, configFile: false, logLevel: "silent" },
      build: {
        ...{ outDir, target: "es2022" },
        lib: { entry: join(folder, "page.js"), formats: ["es"], fileName: () => "page.js" },
        rollupOptions: { external: ["h5wasm", "dcmjs-codecs"] },
      },
    });
    const files = new Map<string, Uint8Array>(
      readdirSync(outDir).map((name) => [name, readFileSync(join(outDir, name))]),
    );
    files.set("index.html", new TextEncoder().encode(`<script type="module" src="page.js"></script>`));
    const server = await serveFiles(files);
    const browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.address}/index.html`);
      await page.waitForFunction("window.ready");
      const missing = await page.evaluate<string | undefined>("window.noGpu()");
      // where a Chromium was chosen for the tests, a skip is a failure
      if (process.env.TOMOGRAD_CHROMIUM) expect(missing).toBeUndefined();
      if (missing) return context.skip(missing);
      const { names, failed } = await page.evaluate<{ names: string[]; failed: string[] }>("runSuite()");
      expect(failed).toEqual([]);
      for (const kernel of KERNEL_NAMES)
        expect(names.filter((name) => name.startsWith(`webgpu: ${kernel} > `)).length, kernel).toBeGreaterThan(1);
      expect(names.length).toBeGreaterThan(700);
    } finally {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
