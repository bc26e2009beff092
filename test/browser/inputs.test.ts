import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeVolume } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { executablePath } from "../helpers/chromium.js";
import { type FileServer, serveFiles } from "../helpers/fileServer.js";
import { root } from "../package/sourceImports.js";

const built = join(root, "dist/index.js");

const volume: Volume = {
  quantity: "hounsfield",
  grid: { size: [40, 30, 50], indexToWorld: [2, 0, 0, -3, 0, 3, 0, 4, 0, 0, 4, 5, 0, 0, 0, 1] },
  values: Int16Array.from({ length: 60_000 }, (_, i) => (i % 4001) - 1000),
};
const expected = {
  size: volume.grid.size,
  quantity: "hounsfield",
  sum: (volume.values as Int16Array).reduce((a, b) => a + b, 0),
  warnings: [],
};

const PAGE = `
  import { readVolume } from "tomograd";
  const facts = ({ grid, quantity, values, warnings }) =>
    ({ size: grid.size, quantity, sum: values.reduce((a, b) => a + b, 0), warnings });
  const copyTo = async (folder, paths) => {
    for (const path of paths) {
      const [name, ...above] = path.split("/").reverse();
      let at = folder;
      for (const one of above.reverse()) at = await at.getDirectoryHandle(one, { create: true });
      const writable = await (await at.getFileHandle(name, { create: true })).createWritable();
      await writable.write(await (await fetch(path)).arrayBuffer());
      await writable.close();
    }
    return folder;
  };
  window.byAddress = async (path) => facts(await readVolume(new URL(path, location.href)));
  window.byInput = async () => facts(await readVolume(document.querySelector("input").files));
  window.byHandle = async (name, paths, inside) => {
    const storage = await navigator.storage.getDirectory();
    const folder = await copyTo(await storage.getDirectoryHandle(name, { create: true }), paths);
    return facts(await readVolume(inside ? await folder.getDirectoryHandle(inside) : folder));
  };
  window.ready = true;`;

describe.skipIf(!executablePath || !existsSync(built))(
  "in Chromium (skipped without one: TOMOGRAD_CHROMIUM names it, npm run build comes first)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "tomograd-browser-"));
    const files = new Map<string, Uint8Array>();
    let server: FileServer;
    let browser: Browser;
    beforeAll(async () => {
      writeFileSync(join(folder, "page.js"), PAGE);
      await build({
        root: folder,
        configFile: false,
        logLevel: "silent",
        resolve: { alias: { tomograd: built } },
        build: {
          outDir: join(folder, "bundle"),
          target: "es2022",
          lib: { entry: join(folder, "page.js"), formats: ["es"], fileName: () => "page.js" },
          rollupOptions: { external: ["h5wasm", "dcmjs-codecs"] },
        },
      });
      for (const ending of ["nii.gz", "mhd", "zarr"]) await writeVolume(join(folder, `ct.${ending}`), volume);
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
        if (statSync(join(folder, name)).isFile())
          files.set(name.replaceAll("\\", "/").replace(/^bundle\//, ""), readFileSync(join(folder, name)));
      const html = `<input type="file" multiple><script type="module" src="page.js"></script>`;
      files.set("index.html", new TextEncoder().encode(html));
      server = await serveFiles(files);
      browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      server?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test("an address, a Zarr address, picked files and a folder's handle give what Node gives", async () => {
      const page = await browser.newPage();
      await page.goto(`${server.address}/index.html`);
      await page.waitForFunction("window.ready");
      const run = (call: string) => page.evaluate(call);
      expect(await run(`byAddress("ct.nii.gz")`)).toEqual(expected);
      expect(await run(`byAddress("ct.zarr")`)).toEqual(expected);
      await page.setInputFiles("input", [join(folder, "ct.mhd"), join(folder, "ct.raw")]);
      expect(await run("byInput()")).toEqual(expected);
      expect(await run(`byHandle("pair", ["ct.mhd", "ct.raw"])`)).toEqual(expected);
      const zarr = [...files.keys()].filter((path) => path.startsWith("ct.zarr/"));
      expect(await run(`byHandle("zarr", ${JSON.stringify(zarr)}, "ct.zarr")`)).toEqual(expected);
    }, 60_000);
  },
);
