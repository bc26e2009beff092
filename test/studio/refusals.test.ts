/** What the page says of files that it cannot read; and that it reads every DICOM transfer syntax as the library does. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { zipSync } from "fflate";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readVolume } from "../../src/io/index.js";
import { sliceVolume } from "../../src/report/slices.js";
import { gridCenter } from "../../src/volume/gridFrame.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";
import { INTERNAL } from "../helpers/refusalWords.js";
import { becomes, missing, type Opened, type Studio, startStudio } from "./studioPage.js";

const malformed = join(dataFolder, "malformed");
const syntaxes = join(dataFolder, "dicom-transfer-syntaxes");
const absent = missing ?? (hasData ? undefined : "there is no data beside the repository");

interface Case {
  readonly file: string;
  readonly wrong: string;
  readonly defect: string | null;
}
interface Encoded {
  readonly file: string;
  readonly frames: number;
  readonly transferSyntax: string;
}
interface Told {
  readonly code: string;
  readonly defect?: string;
  readonly message: string;
}

/** A quarter of a gigabyte of zeros in a small file, which is a right one: it is cancelled, below. */
const isHuge = ({ defect }: Case) => defect === "too-large";
const cases: Case[] = absent ? [] : readManifest(malformed).cases;
/** The first file of one frame of every transfer syntax. */
const encoded: Encoded[] = absent
  ? []
  : (readManifest(syntaxes).encoded as Encoded[]).filter(
      (entry, i, all) =>
        entry.frames === 1 &&
        all.findIndex((one) => one.transferSyntax === entry.transferSyntax && one.frames === 1) === i,
    );

/** Options, functions and paths of the library and the command line, which the page does not have. */
const FOREIGN =
  /\b(readVolume|readRadiograph|readImage|maxBytes|path)\b|the option\b|'(series|frame|dataset|affine|voxels)'/;
/** A finding, and what to do about it. */
const ACTIONABLE = /^.{10,}(; |\? [A-Z]|: |\. )\S.{8,}$/;
/** s: far above what any takes, because machines that run tests are shared. */
const LONGEST = 20;

describe.skipIf(absent)(`files that cannot be read${absent ? ` (skipped: ${absent})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  const scratch = mkdtempSync(join(tmpdir(), "tomograd-refusals-"));
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await page.evaluate("tomogradStudio.steer({ rows: 32, columns: 32, pixel: 8 })");
    await page.getByRole("tab", { name: "Open" }).click();
  });
  afterAll(async () => {
    await studio?.close();
    rmSync(scratch, { recursive: true });
  });

  const failure = () => page.evaluate<Told | undefined>("tomogradStudio.failure()");
  const pick = async (path: string) => {
    const dismiss = page.getByRole("button", { name: "Dismiss" });
    if (await dismiss.count()) await dismiss.click();
    await page.getByLabel(statSync(path).isDirectory() ? "Folder…" : "Files…").setInputFiles(path);
  };
  /** Opens a file or a folder; what the page tells of it, or undefined if it shows it, or asks for one of its series. */
  const open = async (path: string): Promise<Told | undefined> => {
    await pick(path);
    const files = statSync(path).isDirectory() ? readdirSync(path) : [];
    const name = files.length === 1 ? files[0] : basename(path);
    const shown = `tomogradStudio.patient().name === ${JSON.stringify(name)}`;
    const asked = "document.querySelector('fieldset.series') !== null";
    await becomes(page, `tomogradStudio.failure() !== undefined || ${shown} || ${asked}`, LONGEST);
    return failure();
  };
  const written = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(scratch, name), bytes);
    return join(scratch, name);
  };
  const expectWords = async ({ message }: Told) => {
    expect(message).toMatch(ACTIONABLE);
    expect(message).not.toMatch(INTERNAL);
    expect(message).not.toMatch(FOREIGN);
    expect(await page.getByRole("alert").textContent()).toContain(message);
  };

  test.each(cases.filter((entry) => !isHuge(entry)))("$file: $wrong", async ({ file }) => {
    const path = join(malformed, file);
    const error = await readVolume(path).then(
      () => undefined,
      (thrown) => thrown,
    );
    const told = await open(path);
    if (error?.detail.series) {
      const choice = page.getByRole("group", { name: /Several series/ });
      expect(await choice.locator("> button").count()).toBe(error.detail.series.length);
      await choice.getByRole("button", { name: "Cancel" }).click();
      return;
    }
    expect(told?.defect).toBe(error?.detail.defect);
    if (told) await expectWords(told);
    else
      for (const note of await page.getByRole("list", { name: "Warnings" }).getByRole("listitem").allTextContents()) {
        expect(note).not.toMatch(INTERNAL);
        expect(note).not.toMatch(FOREIGN);
      }
  });

  test("no bytes, an archive, a folder without a scan and one without any file are refused in words", async () => {
    const folder = join(scratch, "notes");
    mkdirSync(folder);
    for (const name of ["readme.txt", "more.txt"]) writeFileSync(join(folder, name), "not an image");
    for (const [path, words] of [
      [written("empty.nii", new Uint8Array(0)), /empty\.nii is empty; copy or download it again/],
      [written("archive.zip", zipSync({ "a.txt": new Uint8Array(9) })), /unpack it and open what is in it/],
      [folder, /no DICOM images.*; open a file of another format by itself/],
    ] as const) {
      const told = await open(path);
      expect(told?.message).toMatch(words);
      await expectWords(told!);
    }
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.evaluate(`document.querySelector("main").dispatchEvent(
      new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() }))`);
    await expect.poll(failure).toMatchObject({ code: "NOT_FOUND", message: expect.stringMatching(/no file/) });
    await expectWords((await failure())!);
  });

  test("what would become a quarter of a gigabyte is read with progress, and cancelled at once", async () => {
    const before = await page.evaluate("tomogradStudio.patient()");
    await pick(join(malformed, cases.find(isHuge)!.file));
    const share = () => page.getByRole("progressbar", { name: /^Reading/ }).getAttribute("value");
    await expect.poll(async () => Number(await share()), { timeout: 1000 * LONGEST }).toBeGreaterThan(0);
    const asked = performance.now();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect.poll(() => page.getByRole("button", { name: "Cancel" }).count(), { timeout: 10_000 }).toBe(0);
    // The thread looks for messages every 50 ms; the rest is this machine's.
    expect(performance.now() - asked).toBeLessThan(5000);
    expect(await failure()).toBeUndefined();
    expect(await page.evaluate("tomogradStudio.patient()")).toEqual(before);
  });

  test.each(encoded)(
    "DICOM transfer syntax $transferSyntax ($file) shows the values that the library reads",
    async ({ file }) => {
      const path = join(syntaxes, file);
      const { grid, values, quantity } = await readVolume(path);
      await page.evaluate("globalThis.before = tomogradStudio.slice('axial')");
      expect(await open(path)).toBeUndefined();
      await becomes(page, "tomogradStudio.slice('axial') !== before");
      const wanted = sliceVolume({ grid, values, quantity }, "axial", { through: gridCenter(grid), outside: -1000 });
      const shown = await page.evaluate<{ rows: number; columns: number; values: number[] }>(`(() => {
      const { rows, columns, values } = tomogradStudio.slice("axial");
      return { rows, columns, values: [...values] };
    })()`);
      expect([shown.rows, shown.columns]).toEqual([wanted.rows, wanted.columns]);
      expect(shown.values).toEqual([...wanted.values]);
    },
  );

  test("DICOM in a syntax that the page does not decode is refused with what converts it", async () => {
    const { file } = encoded.find(({ transferSyntax }) => transferSyntax.endsWith(".4.201"))!;
    const bytes = readFileSync(join(syntaxes, file));
    const at = bytes.indexOf("1.2.840.10008.1.2.4.201");
    for (const [ending, words] of [
      ["110", /JPEG XL.*npm install tomograd dcmjs-codecs, then npx tomograd convert/],
      ["299", /transfer syntax 1\.2\.840\.10008\.1\.2\.4\.299 is not read; convert it .* dcmdjpeg or gdcmconv --raw/],
    ] as const) {
      const other = Buffer.from(bytes);
      other.write(ending, at + 20, "latin1");
      const told = await open(written(`syntax-${ending}.dcm`, other));
      expect(told?.message).toMatch(words);
      await expectWords(told!);
    }
  });

  test("the browser complains of nothing", () => {
    expect(opened.problems).toEqual([]);
  });
});
