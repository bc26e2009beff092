import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decode } from "fast-png";
import type { Page } from "playwright-core";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../src/cli/version.js";
import { type ConeView, positionerView } from "../../src/geometry/index.js";
import { parseGeometry, readVolume } from "../../src/io/index.js";
import { decodeRunRecord, greyImage } from "../../src/report/index.js";
import { gridCenter } from "../../src/volume/index.js";
import { root } from "../package/sourceImports.js";
import { run, tomograd } from "./commandLine.js";
import { becomes, exactImage, missing, type Opened, type Studio, settled, startStudio } from "./studioPage.js";

const CHEST = "data/chest-lidc-idri-0001-small.nii.gz";
const POSE = { laoDeg: 25, cranDeg: -12, sid: 800, sdd: 1100, table: [10, -20, 30], rows: 60, columns: 72, pixel: 6 };

/** ms for tests that start Node several times. */
const COMMANDS = 180_000;

/** Presses a button of the panel and takes the file that it saves. */
async function saved(page: Page, section: string, button: string): Promise<{ name: string; bytes: Buffer }> {
  const waiting = page.waitForEvent("download");
  const place = page.locator("section").filter({ has: page.getByRole("heading", { name: section, exact: true }) });
  await place.getByRole("button", { name: button, exact: true }).click();
  const download = await waiting;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

describe.skipIf(missing)(`taking things home${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tomograd-export-"));
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await page.evaluate(`tomogradStudio.steer(${JSON.stringify(POSE)})`);
    await settled(page);
    await page.getByRole("tab", { name: "Export" }).click();
  });
  afterAll(async () => {
    await studio?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a program of the page in `folder`, with this package. */
  async function runCode(code: string): Promise<void> {
    const address = (entry: string) => pathToFileURL(join(root, "dist", entry, "index.js")).href;
    const linked = code
      .replace(/from "tomograd(?:\/(\w+))?"/g, (_, entry = "") => `from "${address(entry)}"`)
      .replace(CHEST, join(root, CHEST));
    const { outputText } = ts.transpileModule(linked, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(join(folder, "program.mjs"), outputText);
    await run(process.execPath, ["program.mjs"], { cwd: folder });
  }

  test("the PNG is the picture as it is shown, the one of 16 bits follows the line integrals", async () => {
    const { values } = await exactImage(page);
    const [window] = await page.evaluate<{ low: number; high: number }[]>("[tomogradStudio.shown().windows.film]");
    const shown = decode((await saved(page, "X-ray", "PNG")).bytes);
    expect([shown.width, shown.height, shown.depth]).toEqual([72, 60, 8]);
    expect([...shown.data]).toEqual([...greyImage(values, { preset: "radiograph", window })]);
    const deep = decode((await saved(page, "X-ray", "PNG, 16 bits")).bytes);
    expect([deep.depth, deep.channels]).toEqual([16, 1]);
    const step = (window.high - window.low) / 65535;
    for (const [i, value] of values.entries()) {
      const inside = Math.min(window.high, Math.max(window.low, value));
      expect(Math.abs(window.low + deep.data[i] * step - inside)).toBeLessThanOrEqual(0.51 * step);
    }
  });

  test("the geometry of the view is read as the view, and drawn", async () => {
    const { name, bytes } = await saved(page, "Geometry", "View as JSON");
    expect(name).toBe("xray.geometry.json");
    const { views, detector } = await parseGeometry(JSON.parse(bytes.toString()));
    const { grid } = await readVolume(join(root, CHEST));
    const [x, y, z] = gridCenter(grid);
    expect(detector).toMatchObject({ rows: 60, columns: 72, pixelSize: [6, 6] });
    const gantry = { detector, sid: 800, sdd: 1100, isocenter: [x + 10, y + 20, z - 30] } as const;
    const { source, firstPixel } = positionerView(gantry, 25, -12);
    for (const axis of [0, 1, 2]) {
      expect((views[0] as ConeView).source[axis]).toBeCloseTo(source[axis], 9);
      expect(views[0].firstPixel[axis]).toBeCloseTo(firstPixel[axis], 9);
    }
    const svg = (await saved(page, "Geometry", "View as SVG")).bytes.toString();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" .*<\/svg>$/s);
    // the detector, the box's twelve edges
    expect(svg.match(/class="detector"/g)).toHaveLength(1);
    expect(svg.match(/class="box"/g)).toHaveLength(12);
  });

  test("the opened volume comes back from its NIfTI voxel by voxel", async () => {
    const file = await readVolume(new Uint8Array((await saved(page, "Volumes", "Scan as NIfTI")).bytes));
    const chest = await readVolume(join(root, CHEST));
    expect(file.quantity).toBe("hounsfield");
    expect(file.grid).toEqual(chest.grid);
    expect(file.values.every((value, i) => value === chest.values[i])).toBe(true);
  });

  test(
    "the run file of the X-ray runs again, in any folder, to the same bytes; the command gives that picture",
    async () => {
      const { values } = await exactImage(page);
      await page.getByRole("tab", { name: "Look" }).click();
      await page.getByText("Joseph", { exact: true }).click();
      await page.getByRole("tab", { name: "Export" }).click();
      const smoother = (await exactImage(page)).values;
      expect(Math.max(...smoother.map((value, i) => Math.abs(value - values[i])))).toBeGreaterThan(0.01);
      const { name, bytes } = await saved(page, "Run files", "X-ray");
      const record = decodeRunRecord(bytes.toString());
      expect(record).toMatchObject({ operation: "render", versions: { tomograd: VERSION }, inputs: [{ path: CHEST }] });
      writeFileSync(join(folder, name), bytes);
      const { stdout, stderr } = await tomograd(["run", name], folder);
      expect(stdout + stderr).toContain("xray.png: the same bytes as then");
      const [command] = await page.evaluate<string[]>("tomogradStudio.commands()");
      expect(command).toMatch(
        /^npx tomograd render data\/chest-lidc-idri-0001-small\.nii\.gz --out xray\.png --rotation/,
      );
      expect(command).toContain("--model joseph");
      cpSync(join(root, "data"), join(folder, "data"), { recursive: true });
      await tomograd(command.split(" ").slice(2), folder);
      const picture = decode((await saved(page, "X-ray", "PNG")).bytes).data;
      const commanded = decode(readFileSync(join(folder, "xray.png"))).data;
      // a gray level where the two differ in the last bit of a number
      expect(Math.max(...picture.map((level, i) => Math.abs(level - commanded[i])))).toBeLessThanOrEqual(1);
    },
    COMMANDS,
  );

  test("the code is a program that writes the picture on the page", async () => {
    rmSync(join(folder, "xray.png"), { force: true });
    await runCode(await page.evaluate<string>("tomogradStudio.code()"));
    const written = decode(readFileSync(join(folder, "xray.png"))).data;
    const picture = decode((await saved(page, "X-ray", "PNG")).bytes).data;
    expect(Math.max(...picture.map((level, i) => Math.abs(level - written[i])))).toBeLessThanOrEqual(1);
  });

  test(
    "run files of a scan and its reconstruction run again to the same bytes",
    async () => {
      await page.evaluate(
        "tomogradStudio.simulate({ views: 20, rows: 24, columns: 24, photons: 1e5, seed: 3 }).then(() => undefined)",
      );
      await page.evaluate(
        "tomogradStudio.reconstruct({ method: 'os-sqs', size: 16, iterations: 3 }).then(() => undefined)",
      );
      for (const button of ["Scan", "Reconstruction"]) {
        const { name, bytes } = await saved(page, "Run files", button);
        writeFileSync(join(folder, name), bytes);
      }
      const scan = await tomograd(["run", "scan.run.json"], folder);
      const text = scan.stdout + scan.stderr;
      expect(text).toContain("scan.npy: the same bytes as then");
      expect(text).toContain("scan.geometry.json: the same bytes as then");
      const back = await tomograd(["run", "back.run.json"], folder);
      expect(back.stdout + back.stderr).toContain("back.nii: the same bytes as then");
      const file = await readVolume(new Uint8Array((await saved(page, "Volumes", "Reconstruction as NIfTI")).bytes));
      const again = await readVolume(join(folder, "back.nii"));
      expect(file.quantity).toBe("attenuation");
      expect([...file.values]).toEqual([...again.values]);
      const commands = await page.evaluate<string[]>("tomogradStudio.commands()");
      expect(commands.map((command) => command.split(" ")[2])).toEqual(["simulate", "reconstruct", "render"]);
    },
    COMMANDS,
  );

  test(
    "the code of the reconstruction is a program that makes the same volume",
    async () => {
      const code = await page.evaluate<string>("tomogradStudio.codeOfReconstruction()");
      expect(code).toContain("({ ...gantry, views: 20 });");
      await runCode(code);
      const programmed = await readVolume(join(folder, "back.nii.gz"));
      const commanded = await readVolume(join(folder, "back.nii"));
      expect(programmed.grid).toEqual(commanded.grid);
      expect([...programmed.values]).toEqual([...commanded.values]);
      await page.evaluate("tomogradStudio.reconstruct({ method: 'fdk', size: 16 }).then(() => undefined)");
      const direct = await page.evaluate<string>("tomogradStudio.codeOfReconstruction()");
      expect(direct).toContain("fdk(A, { detector, views, about, values });");
    },
    COMMANDS,
  );

  test("a link carries the view", async () => {
    await page.evaluate("tomogradStudio.pointAt([12.3456789, 20, -180])");
    await page.evaluate("tomogradStudio.steer({ laoDeg: -33.5 })");
    await page.getByRole("tab", { name: "Look" }).click();
    await page.getByText("Lung", { exact: true }).click();
    await page.getByText("Fluoroscopy", { exact: true }).click();
    await page.getByText("Trilinear", { exact: true }).click();
    const link = await page.evaluate<string>("tomogradStudio.link()");
    const other = await studio.open({ address: link });
    await becomes(other.page, "tomogradStudio.arm().laoDeg === -33.5");
    await becomes(other.page, "tomogradStudio.crosshair()[2] === -180");
    expect(await other.page.evaluate("tomogradStudio.arm()")).toEqual({ ...POSE, laoDeg: -33.5 });
    expect(await other.page.evaluate("tomogradStudio.crosshair()")).toEqual([12.3456789, 20, -180]);
    await expect.poll(() => other.page.getByText(/^Level -500, width 1500 HU/).count()).toBe(1);
    expect(await other.page.getByRole("radio", { name: "Fluoroscopy" }).isChecked()).toBe(true);
    expect(await other.page.getByRole("radio", { name: "Trilinear" }).isChecked()).toBe(true);
    expect((await exactImage(other.page)).values).toEqual((await exactImage(page)).values);
    // the same address with other words, typed into the page that is open; what is wrong there stays as it was
    await other.page.evaluate("location.hash = '#angles=10,5&detector=0,0,-1'");
    await becomes(other.page, "tomogradStudio.arm().laoDeg === 10");
    expect(await other.page.evaluate("tomogradStudio.arm()")).toEqual({ ...POSE, laoDeg: 10, cranDeg: 5 });
    expect(other.problems).toEqual([]);
    await other.page.close();
  });

  test(
    "the run file of a registration, its command and its code find the view that the page found",
    async () => {
      await page.evaluate(
        "(() => { const draws = [0.9, 0.2, 0.7, 0.75, 0.4]; let at = 0; return tomogradStudio.hideXRay(() => draws[at++]); })()",
      );
      await page.evaluate("tomogradStudio.steer({ laoDeg: 4.3, cranDeg: -3.1 })");
      await page.getByRole("tab", { name: "Export" }).click();
      const found = await page.evaluate<ConeView>("tomogradStudio.register().then(({ view }) => view)");
      await settled(page);
      const elsewhere = join(folder, "elsewhere");
      mkdirSync(elsewhere);
      for (const [section, button] of [
        ["Registration", "Measured X-ray"],
        ["Run files", "Registration"],
      ]) {
        const { name, bytes } = await saved(page, section, button);
        writeFileSync(join(folder, name), bytes);
      }
      // the X-ray lies beside the run file, the CT in the package
      const again = await tomograd(["run", join(folder, "found.run.json")], elsewhere);
      expect(again.stdout + again.stderr).toContain("found.geometry.json: the same bytes as then");
      const view = (path: string) =>
        parseGeometry(JSON.parse(readFileSync(path, "utf8"))).then(({ views }) => views[0]);
      expect(await view(join(elsewhere, "found.geometry.json"))).toEqual(found);
      const shown = JSON.parse((await saved(page, "Registration", "View found")).bytes.toString());
      expect((await parseGeometry(shown)).views[0]).toEqual(found);

      const command = (await page.evaluate<string[]>("tomogradStudio.commands()")).find((line) =>
        / register /.test(line),
      )!;
      await tomograd([...command.split(" ").slice(2), "--no-report"], folder);
      expect(await view(join(folder, "found.geometry.json"))).toEqual(found);
      rmSync(join(folder, "found.geometry.json"));
      await runCode(await page.evaluate<string>("tomogradStudio.codeOfRegistration()"));
      expect(await view(join(folder, "found.geometry.json"))).toEqual(found);
    },
    COMMANDS,
  );

  test("nothing was complained of", () => {
    expect(opened.problems).toEqual([]);
  });
});
