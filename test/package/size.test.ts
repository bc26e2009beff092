import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "./sourceImports.js";

/** gzipped bytes of our code and dependencies, wasm included, that a page may load to read NIfTI and render. */
const MOST = 150_000;

const PAGE = `
  import { cArmView, createBackend, createProjector, gridCenter, hounsfieldToAttenuation, readVolume, toDevice, toHost } from "tomograd";
  export async function render(bytes) {
    await using backend = await createBackend({ prefer: "wasm" });
    const ct = await readVolume(bytes);
    const detector = { rows: 64, columns: 64, pixelSize: [6.25, 6.25] };
    const views = [cArmView({ detector, sdd: 1020, isocenter: gridCenter(ct.grid), translation: [0, 850, 0] })];
    using scan = createProjector({ backend, grid: ct.grid, detector, views });
    using volume = toDevice(backend, hounsfieldToAttenuation(ct));
    using image = scan.apply(volume);
    return { backend: backend.name, values: (await toHost(image)).values };
  }`;

/** Names the modules that Node loads, one a line, on the error stream. */
const HOOKS = `export async function load(url, context, next) {
  if (url.startsWith("file:")) process._rawDebug(url);
  return next(url, context);
}`;

const folder = mkdtempSync(join(tmpdir(), "tomograd-size-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a page that only reads NIfTI and renders", () => {
  test(`loads at most ${MOST / 1000} kB gzipped, wasm included`, async () => {
    if (!existsSync(join(root, "dist/index.js"))) throw new Error("build first: npm run build");
    writeFileSync(join(folder, "page.js"), PAGE);
    const outDir = join(folder, "bundle");
    await build({
      root: folder,
      configFile: false,
      logLevel: "silent",
      resolve: { alias: { tomograd: join(root, "dist/index.js") } },
      build: {
        outDir,
        minify: true,
        target: "es2022",
        lib: { entry: join(folder, "page.js"), formats: ["es"], fileName: "page" },
        rollupOptions: { external: ["h5wasm", "dcmjs-codecs"] },
      },
    });
    // What is loaded is what running it loads: the entry, its static imports, and the dynamic ones that it comes to.
    writeFileSync(join(folder, "hooks.mjs"), HOOKS);
    const page = existsSync(join(outDir, "page.mjs")) ? "page.mjs" : "page.js";
    writeFileSync(
      join(folder, "run.mjs"),
      `import { register } from "node:module";
       import { readFileSync } from "node:fs";
       register("./hooks.mjs", import.meta.url);
       const { render } = await import("./bundle/${page}");
       const bytes = readFileSync(${JSON.stringify(join(root, "data/chest-lidc-idri-0001-small.nii.gz"))});
       const { backend, values } = await render(new Uint8Array(bytes));
       console.log(JSON.stringify({ backend, highest: Math.max(...values) }));`,
    );
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    const { stdout, stderr, status } = spawnSync(process.execPath, ["run.mjs"], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    const { backend, highest } = JSON.parse(stdout);
    expect(backend).toBe("wasm");
    // Rays through the chest attenuate by a few units.
    expect(highest).toBeGreaterThan(1);
    const prefix = pathToFileURL(outDir).href;
    const loaded = [...new Set(stderr.split("\n").filter((line) => line.startsWith(prefix)))].map((url) => ({
      name: url.slice(prefix.length + 1),
      bytes: gzipSync(readFileSync(new URL(url)), { level: 9 }).length,
    }));
    const total = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(`${total} bytes gzipped: ${loaded.map(({ name, bytes }) => `${name} ${bytes}`).join(", ")}`);
    expect(loaded.length).toBeGreaterThan(1);
    expect(total).toBeLessThanOrEqual(MOST);
  }, 60_000);
});
