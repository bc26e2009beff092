/** X-rays as DICOM files in the Register panel: their values, what they say of the C-arm, and where they were taken. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { viewToPinhole } from "../../src/geometry/index.js";
import type { ConeView } from "../../src/geometry/view.js";
import { risingValues } from "../../src/io/dicom/radiographProjections.js";
import { dicomSeriesFiles, readRadiograph, readVolume } from "../../src/io/index.js";
import { createGrid, innerCorners, type Volume } from "../../src/volume/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";
import { tomograd } from "./commandLine.js";
import { becomes, folder, missing, type Opened, type Studio, startStudio } from "./studioPage.js";

const syntaxes = join(dataFolder, "dicom-transfer-syntaxes");

/** A file with what its maker wrote of the machine: degrees and mm. */
interface Case {
  readonly file: string;
  readonly note: string;
  readonly primaryAnglesDeg?: readonly number[];
  readonly sdd?: number;
  /** Source to patient: XA. */
  readonly sod?: number;
  /** Source to axis and source to image: RT image. */
  readonly sad?: number;
  readonly sid?: number;
}
interface XRay {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
}

const cases: Case[] =
  hasData && existsSync(syntaxes)
    ? (readManifest(syntaxes).constructed as Case[]).filter(({ note }) => /^(XA|DX|CR|RT Image)\b/.test(note))
    : [];

describe.skipIf(missing)(`X-rays as DICOM files${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  const scratch = mkdtempSync(join(tmpdir(), "tomograd-xray-"));
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await page.getByRole("tab", { name: "Register" }).click();
  });
  afterAll(async () => {
    await studio?.close();
    rmSync(scratch, { recursive: true });
  });

  const openXRay = async (path: string): Promise<XRay> => {
    await page.getByLabel("Open X-ray…").setInputFiles(path);
    await becomes(page, `tomogradStudio.xray()?.name === ${JSON.stringify(basename(path))}`);
    return page.evaluate(
      "(({ name, rows, columns, values }) => ({ name, rows, columns, values: [...values] }))(tomogradStudio.xray())",
    );
  };

  test.skipIf(cases.length === 0).each(cases)(
    "$note: the values rise with attenuation, the C-arm is set",
    async (entry) => {
      const path = join(syntaxes, entry.file);
      const radiograph = await readRadiograph(path);
      const { values } = risingValues(radiograph);
      const xray = await openXRay(path);
      const [across, down] = radiograph.pixelSize!;
      // rows nearer to or farther from each other than columns become square pixels
      expect(xray.columns).toBe(radiograph.columns);
      expect(xray.rows).toBe(Math.round((radiograph.rows * down) / across));
      const first = [...values.subarray(0, radiograph.rows * radiograph.columns)];
      if (across === down) expect(xray.values).toEqual(first);
      else {
        const column = (numbers: readonly number[], at: number) => numbers.filter((_, i) => i % xray.columns === at);
        for (const at of [0, 64, xray.columns - 1]) {
          const [stored, shown] = [column(first, at), column(xray.values, at)];
          // linear between the stored rows, with the middle in the middle
          shown.forEach((value, row) => {
            const place = Math.min(
              stored.length - 1,
              Math.max(0, ((row + 0.5 - xray.rows / 2) * across) / down + radiograph.rows / 2 - 0.5),
            );
            const from = Math.min(stored.length - 2, Math.floor(place));
            const wanted = stored[from] + (place - from) * (stored[from + 1] - stored[from]);
            expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-6 * Math.abs(wanted) + 1e-3);
          });
        }
      }
      const arm = await page.evaluate<Record<string, number>>("tomogradStudio.arm()");
      const { primaryAnglesDeg: [laoDeg] = [], sdd = entry.sid, sod = entry.sad } = entry;
      const told = { laoDeg, sdd, sid: sod };
      for (const [name, value] of Object.entries(told)) if (value !== undefined) expect(arm[name], name).toBe(value);
      expect(arm).toMatchObject({ rows: xray.rows, columns: xray.columns });
      const notes = page.getByRole("list").filter({ hasText: /\d frames; the first is shown/ });
      expect(await notes.count()).toBe(radiograph.frames > 1 ? 1 : 0);
    },
  );

  test("what is no X-ray is refused with what to do, and the X-ray before stays", async () => {
    await page.evaluate("tomogradStudio.hideXRay(() => 0.5)");
    const buffer = Buffer.from("no image");
    await page.getByLabel("Open X-ray…").setInputFiles({ name: "a.dcm", mimeType: "application/dicom", buffer });
    await expect.poll(() => page.getByRole("alert").textContent()).toMatch(/a\.dcm.*is it the right file\?/i);
    // formats of pictures, as volumes are not read there
    await expect.poll(() => page.getByRole("alert").textContent()).toMatch(/convert other pictures, e\.g\. to PNG/);
    expect(await page.evaluate("tomogradStudio.xray().name")).toBe("hidden X-ray");
    await page.getByRole("button", { name: "Dismiss" }).click();
    const air: Volume<"hounsfield"> = {
      quantity: "hounsfield",
      grid: createGrid({ size: [4, 4, 1], spacing: [1, 1, 1] }),
      values: new Int16Array(16).fill(-1000),
    };
    const [[name, bytes]] = await dicomSeriesFiles(air, {});
    const slice = { name, mimeType: "application/dicom", buffer: Buffer.from(bytes) };
    await page.getByLabel("Open X-ray…").setInputFiles(slice);
    await expect
      .poll(() => page.getByRole("alert").textContent())
      .toContain(`${name} is a slice (CT), not a radiograph; open it as a scan, under Open`);
    expect(await page.evaluate("tomogradStudio.xray().name")).toBe("hidden X-ray");
    await page.getByRole("button", { name: "Dismiss" }).click();
  });

  test("an RT image of the command line puts the C-arm where it was taken, and is registered to half a millimeter", async () => {
    const chest = join(folder, "data/chest-lidc-idri-0001-small.nii.gz");
    await page.evaluate("tomogradStudio.openSample()");
    const pose = { laoDeg: 11, cranDeg: -7, table: [6, -9, 12], rows: 192, columns: 192, pixel: 2.2 };
    await page.evaluate(`tomogradStudio.steer(${JSON.stringify(pose)})`);
    const truth = await page.evaluate<ConeView>("tomogradStudio.beam().view");
    await page.evaluate("tomogradStudio.image()");
    const [command] = await page.evaluate<string[]>("tomogradStudio.commands()");
    const args = command
      .replace(/ --(preset|window) \S+/g, "")
      .split(/\s+/)
      .slice(command.startsWith("npx") ? 2 : 1)
      .map((word) => (word === "xray.png" ? "xray.dcm" : word.endsWith(".nii.gz") ? chest : word));
    await tomograd(args, scratch);
    await page.evaluate("tomogradStudio.steer({ laoDeg: 0, cranDeg: 0, table: [0, 0, 0] })");
    await openXRay(join(scratch, "xray.dcm"));
    const told = await page.evaluate<ConeView>("tomogradStudio.beam().view");
    await page.evaluate("tomogradStudio.steer({ laoDeg: 0, cranDeg: 0, table: [0, 0, 0] })");
    const started = await page.evaluate<ConeView>("tomogradStudio.beam().view");
    await page.getByRole("button", { name: "Register", exact: true }).click();
    await becomes(page, "document.querySelector('.verdict') !== null", 120);
    const { view } = await page.evaluate<{ view: ConeView }>("tomogradStudio.registration()");
    const points = innerCorners((await readVolume(readFileSync(chest))).grid);
    const inCamera = (one: ConeView) => {
      const m = viewToPinhole(one).extrinsics;
      return points.map((p) => [0, 4, 8].map((r) => m[r] * p[0] + m[r + 1] * p[1] + m[r + 2] * p[2] + m[r + 3]));
    };
    const off = (one: ConeView) => {
      const [a, b] = [inCamera(one), inCamera(truth)];
      return a.reduce((sum, p, i) => sum + Math.hypot(...p.map((value, axis) => value - b[i][axis])), 0) / a.length;
    };
    // the file's decimal strings have 16 characters
    expect(off(told)).toBeLessThan(1e-3);
    expect(off(started)).toBeGreaterThan(10);
    expect(off(view)).toBeLessThan(0.5);
  });

  test("the browser complains of nothing", () => expect(opened.problems).toEqual([]));
});
