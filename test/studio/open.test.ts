import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { transformPoint } from "../../src/core/index.js";
import { dicomSeriesFiles, encodeNifti, npyPieces, writeVolume } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { boxGrid } from "../../src/volume/index.js";
import { labelColor } from "../../studio/src/labelColors.js";
import {
  becomes,
  type Dropped,
  drop,
  exactImage,
  missing,
  type Opened,
  type Studio,
  settled,
  startStudio,
} from "./studioPage.js";

const size = [24, 20, 16] as const;
/** mm, RAS: a bead at the patient's left (-x), in front (+y), near the head (+z). */
const BEAD = [-24, 18, 20] as const;

/** A block of soft tissue in air, with a bead of bone; voxels of 4 mm about the origin. */
function phantom(): Volume<"hounsfield"> {
  const indexToWorld = [4, 0, 0, -46, 0, 4, 0, -38, 0, 0, 4, -30, 0, 0, 0, 1];
  const values = new Int16Array(size[0] * size[1] * size[2]).fill(-1000);
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        const point = [4 * i - 46, 4 * j - 38, 4 * k - 30];
        if (point.every((value, axis) => Math.abs(value) < [36, 28, 24][axis])) values[at] = 40;
        if (Math.hypot(...point.map((value, axis) => value - BEAD[axis])) < 5) values[at] = 2000;
      }
  return { quantity: "hounsfield", grid: { size, indexToWorld }, values };
}

const nifti = async (volume: Volume, name: string): Promise<Dropped> => ({ name, bytes: await encodeNifti(volume) });
const patient = (page: Page) =>
  page.evaluate<{ name: string; format: string; quantity: string; grid: Volume["grid"]; notes: unknown[] }>(
    "tomogradStudio.patient()",
  );
const named = (page: Page, name: string) => becomes(page, `tomogradStudio.patient().name === ${JSON.stringify(name)}`);

async function dicom(volume: Volume<"hounsfield">, description: string): Promise<Dropped[]> {
  const files: Dropped[] = [];
  for (const [name, bytes] of await dicomSeriesFiles(volume, { seriesDescription: description }))
    files.push({ name: `${description}-${name}`, bytes });
  return files;
}

describe.skipIf(missing)(`opening scans${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await page.evaluate("tomogradStudio.steer({ rows: 64, columns: 80, pixel: 2 })");
  });
  afterAll(() => studio?.close());

  test("a dropped NIfTI file shows the patient the right way up in the radiograph and in the slices", async () => {
    await drop(page, [await nifti(phantom(), "bead.nii")]);
    await named(page, "bead.nii");
    expect(await patient(page)).toMatchObject({ format: "nifti-1", quantity: "hounsfield", grid: { size: [...size] } });
    const { values, columns } = await exactImage(page);
    const brightest = values.indexOf(Math.max(...values));
    // frontal: the patient's left is at the picture's right, the head at the top
    expect(brightest % columns).toBeGreaterThan(columns / 2 + 5);
    expect(Math.floor(brightest / columns)).toBeLessThan(64 / 2 - 5);
    await page.evaluate(`tomogradStudio.pointAt([${BEAD}])`);
    const readout = (plane: string) => page.locator(`section[aria-label=${plane}] .readout b`).textContent();
    for (const plane of ["Axial", "Coronal", "Sagittal"])
      await expect.poll(async () => Number.parseFloat((await readout(plane))!)).toBeGreaterThan(1200);
    // the crosshair's vertical line stands right of the middle in the axial slice, its horizontal line above
    const lines = page.locator("section[aria-label=Axial] .crosshair line");
    expect(Number.parseFloat((await lines.nth(0).getAttribute("x1"))!)).toBeCloseTo(50 + (100 * 24) / (4 * size[0]), 1);
    expect(Number.parseFloat((await lines.nth(2).getAttribute("y1"))!)).toBeCloseTo(50 - (100 * 18) / (4 * size[1]), 1);
  });

  test("under the pointer stand the value and the place in mm with the letters of the patient's sides", async () => {
    // HU that rise along all three axes on a grid turned by 20 degrees: trilinear interpolation is exact, and each
    // place has a value of its own
    const [c, s] = [Math.cos(Math.PI / 9), Math.sin(Math.PI / 9)];
    const indexToWorld = [-3 * c, -2 * s, 0, 40, 3 * s, -2 * c, 0, 30, 0, 0, 4, -32, 0, 0, 0, 1] as const;
    const grid = { size: [24, 30, 16] as const, indexToWorld };
    const gradient = [2, -3, 5] as const;
    const hounsfield = (point: readonly number[]) => 100 + gradient.reduce((sum, g, axis) => sum + g * point[axis], 0);
    const values = new Float32Array(24 * 30 * 16);
    for (let k = 0, at = 0; k < 16; k++)
      for (let j = 0; j < 30; j++)
        for (let i = 0; i < 24; i++, at++) values[at] = hounsfield(transformPoint(indexToWorld, [i, j, k]));
    await drop(page, [await nifti({ quantity: "hounsfield", grid, values }, "ramp.nii")]);
    await named(page, "ramp.nii");
    await page.getByRole("tab", { name: "Open" }).click();
    await page.getByLabel("Values are").selectOption("hounsfield");
    // at the crosshair the three slices say one number
    const crosshair = [5.3, -6.7, 1.9];
    await page.mouse.move(2, 2);
    await page.evaluate(`tomogradStudio.pointAt(${JSON.stringify(crosshair)})`);
    const numbers = () => page.locator("section.slice .readout b").allTextContents();
    // 140.2 HU: far enough from a half that float32 cannot round it the other way
    await expect.poll(numbers).toEqual(Array(3).fill(`${Math.round(hounsfield(crosshair))} HU`));
    const pixel = 2;
    for (const [title, across, down, letters] of [
      ["Axial", 0, 1, ["R", "L", "A", "P"]],
      ["Coronal", 0, 2, ["R", "L", "S", "I"]],
      ["Sagittal", 1, 2, ["A", "P", "S", "I"]],
    ] as const) {
      const view = page.locator(`section[aria-label=${title}]`);
      await expect.poll(() => view.locator(".letter").allTextContents()).toEqual(letters);
      const box = (await view.locator("canvas").boundingBox())!;
      let before: number[] | undefined;
      for (const [x, y] of [
        [0.42, 0.45],
        [0.6, 0.58],
      ]) {
        await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
        const about = () => view.locator(".about").textContent();
        await expect.poll(about).toMatch(/^[RL] [\d.]+ +[AP] [\d.]+ +[SI] [\d.]+ mm/);
        const place = [...(await about())!.matchAll(/([A-Z]) ([\d.]+)/g)].map(
          ([, letter, mm]) => ("RAS".includes(letter) ? 1 : -1) * Number(mm),
        );
        const reading = view.locator(".readout b[aria-busy=false]");
        const off = async () => Math.abs(Number.parseFloat((await reading.textContent())!) - hounsfield(place));
        // a twentieth of a mm of the words, half a HU
        const slack = gradient.reduce((sum, g) => sum + 0.05 * Math.abs(g), 0.5);
        await expect.poll(off, { message: `${title} ${place}` }).toBeLessThanOrEqual(slack);
        // to the right is towards the patient's left, or back; down is back, or towards the feet
        const shown = await page.evaluate<{ corner: number[]; rows: number; columns: number; pixel: number }>(
          `(({ corner, rows, columns, pixel }) => ({ corner, rows, columns, pixel }))(tomogradStudio.slice("${title.toLowerCase()}"))`,
        );
        expect(shown.pixel).toBeCloseTo(pixel, 9);
        for (const [axis, share, count] of [
          [across, x, shown.columns],
          [down, y, shown.rows],
        ] as const)
          expect(Math.abs(place[axis] - (shown.corner[axis] - share * count * pixel))).toBeLessThan(0.5);
        if (before) for (const axis of [across, down]) expect(place[axis]).toBeLessThan(before[axis]);
        before = place;
      }
    }
    await page.mouse.move(2, 2);
    await expect.poll(() => page.locator("section[aria-label=Axial] .about").textContent()).toMatch(/^[SI] [\d.]+ mm/);
  });

  test("a dropped DICOM series is the same volume, and of two series one is chosen", async () => {
    const first = await dicom(phantom(), "native");
    await drop(page, first);
    await named(page, `${first.length} files`);
    expect(await patient(page)).toMatchObject({ format: "dicom", quantity: "hounsfield", grid: { size: [...size] } });
    const brighter = phantom();
    const second = await dicom({ ...brighter, values: brighter.values.map((v) => v + 7) as Int16Array }, "contrast");
    await drop(page, [...first, ...second]);
    const choice = page.getByRole("group", { name: /^Several series in/ });
    await choice.getByRole("button", { name: /contrast/ }).click();
    await becomes(page, "tomogradStudio.patient().range[1] === 2007");
    expect(await choice.count()).toBe(0);
    await named(page, `CT contrast, ${size[2]} slices`);
    expect(await page.getByRole("heading", { name: `CT contrast, ${size[2]} slices` }).count()).toBe(1);
    const { values, grid } = phantom();
    const flat: Volume<"hounsfield"> = {
      quantity: "hounsfield",
      grid: { ...grid, size: [size[0], size[1], 1] },
      values: values.slice(0, size[0] * size[1]),
    };
    await drop(page, [...first, ...(await dicom(flat, "single"))]);
    await choice.getByRole("button", { name: "CT single, 1 slice", exact: true }).click();
    await named(page, "CT single, 1 slice");
  });

  test("of the arrays of a file one is chosen, of its volumes one by its number", async () => {
    const npy = (values: Float32Array, shape: number[]) => Buffer.concat(npyPieces(values, shape));
    const block = Float32Array.from({ length: 4 * 5 * 6 }, (_, i) => i);
    const arrays = { "first.npy": npy(block, [4, 5, 6]), "second.npy": npy(block, [6, 5, 4]) };
    await drop(page, [{ name: "arrays.npz", bytes: zipSync(arrays) }]);
    const choice = page.getByRole("group", { name: /^Several arrays in/ });
    await choice.getByRole("button", { name: /second, 6 × 5 × 4/ }).click();
    await named(page, "arrays.npz");
    expect((await patient(page)).grid.size).toEqual([4, 5, 6]);
    await drop(page, [{ name: "volumes.npy", bytes: npy(block, [2, 3, 4, 5]) }]);
    await named(page, "volumes.npy");
    expect((await patient(page)).notes).toContainEqual({
      defect: "several-volumes",
      message: "the file holds 2 volumes, the first is read; choose under “Volume of the file”",
    });
    expect(await page.evaluate("tomogradStudio.patient().range")).toEqual([0, 59]);
    await page.getByRole("tab", { name: "Open" }).click();
    await page.getByLabel("Volume of the file").fill("1");
    await page.keyboard.press("Enter");
    await becomes(page, "tomogradStudio.patient().range[0] === 60");
    expect(await page.evaluate<string[]>("tomogradStudio.image().then(() => tomogradStudio.commands())")).toEqual([
      expect.stringContaining("render volumes.npy --out xray.png --frame 1"),
    ]);
  });

  test("a broken file is refused in words, and the volume before stays", async () => {
    const { bytes } = await nifti(phantom(), "");
    const before = await patient(page);
    await drop(page, [{ name: "cut.nii", bytes: bytes.subarray(0, bytes.length / 2) }]);
    const alert = page.getByRole("alert");
    await expect.poll(() => alert.textContent()).toMatch(/the header asks for \d+ bytes, the file has \d+/);
    expect((await page.evaluate<{ code: string }>("tomogradStudio.failure()")).code).toBe("TRUNCATED_FILE");
    expect(await patient(page)).toEqual(before);
    await drop(page, [
      { name: "notes.txt", bytes: new TextEncoder().encode("nothing to see here, move along".repeat(40)) },
    ]);
    await expect.poll(() => alert.textContent()).toMatch(/none of the formats/);
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(await alert.count()).toBe(0);
  });

  test("a file that only an optional package reads is refused with the command that makes another of it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tomograd-open-"));
    await writeVolume(join(folder, "bead.h5"), phantom());
    await drop(page, [{ name: "bead.h5", bytes: readFileSync(join(folder, "bead.h5")) }]);
    const alert = page.getByRole("alert");
    await expect.poll(() => alert.textContent()).toMatch(/npm install tomograd h5wasm, then npx tomograd convert/);
    rmSync(folder, { recursive: true });
    await page.getByRole("button", { name: "Dismiss" }).click();
  });

  test("a folder of DICOM files is dropped from the desktop, with files beside the series", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "tomograd-open-")), "CT 1");
    mkdirSync(join(folder, "deeper"), { recursive: true });
    for (const [i, { name, bytes }] of (await dicom(phantom(), "native")).entries())
      writeFileSync(join(folder, i % 2 ? "deeper" : ".", name), bytes);
    writeFileSync(join(folder, "README.txt"), "not an image");
    const devtools = await page.context().newCDPSession(page);
    const data = { items: [], files: [folder], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await devtools.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
    await named(page, "CT 1");
    expect(await patient(page)).toMatchObject({ format: "dicom", quantity: "hounsfield", grid: { size: [...size] } });
    expect(await page.getByText("Drop a scan: files or a folder").isVisible()).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test("numbers of unknown meaning are said to be so, and are read again as what the user says", async () => {
    const { grid, values } = phantom();
    const numbers: Volume = {
      quantity: "unknown",
      grid,
      values: Float32Array.from(values, (v) => (v > -500 ? 0.02 : 0)),
    };
    await drop(page, [await nifti(numbers, "numbers.nii")]);
    await named(page, "numbers.nii");
    expect((await patient(page)).notes).toEqual([expect.objectContaining({ defect: "unknown-quantity" })]);
    await page.getByRole("tab", { name: "Open" }).click();
    await page.getByLabel("Values are").selectOption("attenuation");
    await becomes(page, `tomogradStudio.patient().quantity === "attenuation"`);
    expect((await patient(page)).notes).toEqual([]);
    // 2 mm pixels through 56 mm of 0.02/mm
    const { values: image } = await exactImage(page);
    expect(Math.max(...image)).toBeCloseTo(56 * 0.02, 1);
  });

  test("a label map lies over slices and X-ray in color and can be taken away", async () => {
    const { grid, values } = phantom();
    const labels: Volume = { quantity: "label", grid, values: Uint8Array.from(values, (v) => (v > 1000 ? 3 : 0)) };
    const { bytes } = await nifti(labels, "");
    await page.evaluate(`tomogradStudio.pointAt([${BEAD}])`);
    const file = { name: "labels.nii", mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
    await page.getByLabel("Label map…").setInputFiles([file]);
    await expect.poll(() => page.locator("section[aria-label=Axial] .readout").textContent()).toContain("label 3");
    // the bead alone lies in the X-ray in the color of label 3, where it is projected to
    await becomes(page, "document.querySelector('canvas.labels')?.width === 80");
    const shadow = await page.evaluate<{ data: number[]; width: number; height: number }>(`(() => {
      const { width, height } = document.querySelector("canvas.labels");
      const { data } = document.querySelector("canvas.labels").getContext("2d").getImageData(0, 0, width, height);
      return { data: [...data], width, height };
    })()`);
    expect([shadow.width, shadow.height]).toEqual([80, 64]);
    const [column, row] = await page.evaluate<number[]>(`(() => {
      const m = tomogradStudio.matrix();
      const [x, y, w] = [0, 4, 8].map((r) => m[r] * ${BEAD[0]} + m[r + 1] * ${BEAD[1]} + m[r + 2] * ${BEAD[2]} + m[r + 3]);
      return [x / w, y / w];
    })()`);
    let [sum, across, down] = [0, 0, 0];
    for (let i = 0; i < 80 * 64; i++) {
      const alpha = shadow.data[4 * i + 3];
      // browsers keep colors multiplied by alpha: faint ones are rounded
      if (alpha > 128)
        for (const [c, level] of [0, 158, 115].entries())
          expect(Math.abs(shadow.data[4 * i + c] - level)).toBeLessThanOrEqual(2);
      sum += alpha;
      across += alpha * ((i % 80) + 0.5);
      down += alpha * (Math.floor(i / 80) + 0.5);
    }
    expect(sum).toBeGreaterThan(255);
    expect(across / sum).toBeCloseTo(column, 0);
    expect(down / sum).toBeCloseTo(row, 0);
    await page.getByRole("button", { name: "Remove" }).click();
    await expect.poll(() => page.locator("canvas.labels").count()).toBe(0);
    await expect.poll(() => page.locator("section[aria-label=Axial] .readout").textContent()).not.toContain("label");
  });

  test("many labels lie over the exact X-ray within a second of it, each in a color of its own", async () => {
    const { page } = await studio.open();
    const { grid } = await patient(page);
    // frontal rays pass along y: each goes through one block
    const [across, up] = [5, 17];
    const values = Uint8Array.from({ length: across * up }, (_, i) => i + 1);
    const { bytes } = await nifti({ quantity: "label", grid: boxGrid(grid, [across, 1, up]), values }, "");
    await settled(page);
    await page.getByRole("tab", { name: "Open" }).click();
    const file = { name: "blocks.nii", mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
    await page.getByLabel("Label map…").setInputFiles([file]);
    const middle = `(() => {
      const { width, height } = document.querySelector("canvas.labels");
      const context = document.querySelector("canvas.labels").getContext("2d");
      return [...context.getImageData(Math.floor(width / 2), Math.floor(height / 2), 1, 1).data];
    })()`;
    await becomes(page, `document.querySelector("canvas.labels") !== null && ${middle}[3] > 128`);
    const label = 1 + 2 + across * 8;
    const [red, green, blue] = await page.evaluate<number[]>(middle);
    for (const [c, level] of [red, green, blue].entries())
      expect(Math.abs(level - labelColor(label)[c])).toBeLessThanOrEqual(2);

    await page.evaluate("tomogradStudio.steer({ laoDeg: 45 })");
    const { early, later } = await page.evaluate<{ early: number; later: number }>(`(async () => {
      let [early, at] = [0, 0];
      const before = tomogradStudio.shown().view;
      const exact = tomogradStudio.image().then(() => { at = performance.now(); });
      while (tomogradStudio.shown().view === before) await new Promise(requestAnimationFrame);
      // canvases are painted in the frame after a picture has come
      for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
      for (;;) {
        const colored = ${middle}[3] > 0;
        if (colored && at > 0) return { early, later: performance.now() - at };
        if (colored && tomogradStudio.shown().coarsening > 1) early++;
        await new Promise(requestAnimationFrame);
      }
    })()`);
    expect(early).toBe(0);
    // four passes over few voxels, whatever the number of labels: hundredths of a second; one pass for each took seconds
    expect(later).toBeLessThan(1000);

    const swatches = page.getByRole("list", { name: "Labels of blocks.nii" }).getByRole("listitem");
    const colors = await swatches.evaluateAll((all) => all.map((one) => one.style.getPropertyValue("--swatch")));
    expect(new Set(colors).size).toBe(64);
    await expect.poll(() => page.getByText("85 labels are in color, the first 64 are listed").count()).toBe(1);
    await page.close();
  });

  test("reading can be cancelled: nothing changes, and nothing is complained of", async () => {
    const before = await patient(page);
    // a host that never answers
    await page.route("**/slow.nii.gz", () => undefined);
    await page.getByLabel("Web address").fill("slow.nii.gz");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect.poll(() => page.getByRole("button", { name: "Cancel" }).count()).toBe(0);
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(await patient(page)).toEqual(before);
  });

  test("an address is read, a wrong one is refused by its answer", async () => {
    await page.getByLabel("Web address").fill("data/chest-lidc-idri-0001-small.nii.gz");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await named(page, "chest-lidc-idri-0001-small.nii.gz");
    await page.getByLabel("Web address").fill("missing.nii.gz");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await expect.poll(() => page.getByRole("alert").textContent()).toMatch(/404/);
    await page.route("**/unreachable.nii.gz", (route) => route.abort());
    await page.getByLabel("Web address").fill("https://a.example/unreachable.nii.gz");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await expect
      .poll(() => page.getByRole("alert").textContent())
      .toMatch(/cannot be fetched: check the address, and whether its host lets other pages read it \(CORS\)/);
  });

  test.each(["foo bar", "javascript:alert(1)", "file:///tmp/ct.nii.gz", "https://", "https://a.example/%zz"])(
    "%s is not taken for a web address",
    async (text) => {
      await page.getByLabel("Web address").fill(text);
      await page.getByRole("button", { name: "Open", exact: true }).click();
      await expect
        .poll(() => page.getByRole("alert").textContent())
        .toContain(`“${text}” is not a web address: begin with https://`);
      await page.getByRole("button", { name: "Dismiss" }).click();
    },
  );

  test("without a network the page's own chest asks for it", async () => {
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Example chest" }).click();
    const said = () => page.getByRole("alert").textContent();
    await expect.poll(said).toMatch(/small\.nii\.gz cannot be fetched: .*is the network there\?.*reload the page/);
    expect(await said()).not.toContain("CORS");
    await page.context().setOffline(false);
  });

  test("the browser complains of nothing but the addresses that had no answer", () => {
    expect(
      opened.problems.filter(
        (problem) =>
          !/slow\.nii\.gz|404|unreachable|ERR_FAILED|ERR_INTERNET_DISCONNECTED|^failed: .*small\.nii\.gz$/.test(
            problem,
          ),
      ),
    ).toEqual([]);
  });
});
