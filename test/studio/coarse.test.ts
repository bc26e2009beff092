import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBackend } from "../../src/backend/index.js";
import type { ConeView, Detector } from "../../src/geometry/index.js";
import { encodeNifti, readVolume } from "../../src/io/index.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { createVolumePyramid } from "../../src/registration/index.js";
import { createGrid, spacing, type Volume } from "../../src/volume/index.js";
import { becomes, drop, missing, type Opened, type Studio, settled, startStudio } from "./studioPage.js";

/** A picture that followed the hand, and where it was taken from. */
interface Followed {
  readonly coarsening: number;
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
  readonly view: ConeView;
  readonly detector: Detector;
}

/** Five pixels cover 10 mm at the isocenter. */
const POSE = { rows: 256, columns: 256, pixel: 2.5, sid: 800, sdd: 1000 };

/** Turns the arm; the first picture of the new view. */
const follow = (page: Page, laoDeg: number) =>
  page.evaluate<Followed>(`new Promise((take) => {
    const before = tomogradStudio.shown();
    tomogradStudio.steer({ laoDeg: ${laoDeg} });
    const look = () => {
      const now = tomogradStudio.shown();
      if (now === before || now.view !== tomogradStudio.beam().view) return requestAnimationFrame(look);
      const { coarsening, rows, columns, values, view, detector } = now;
      take({ coarsening, rows, columns, values: [...values], view, detector });
    };
    look();
  })`);

/** The largest difference from what the library makes of each volume, over the largest value; the volume's first. */
async function misfits(picture: Followed, volume: Volume): Promise<number[]> {
  await using backend = await createBackend({ prefer: "wasm", threads: 1 });
  const { view, detector, rows, columns } = picture;
  const [across, down] = [detector.columns / columns, detector.rows / rows];
  const moved = (k: number) =>
    view.firstPixel[k] + ((across - 1) / 2) * view.columnStep[k] + ((down - 1) / 2) * view.rowStep[k];
  const scaled = (step: readonly number[], by: number) => [step[0] * by, step[1] * by, step[2] * by] as const;
  const coarse = {
    ...view,
    firstPixel: [moved(0), moved(1), moved(2)] as const,
    columnStep: scaled(view.columnStep, across),
    rowStep: scaled(view.rowStep, down),
  };
  const summed: Volume = { ...volume, quantity: "density" };
  using own = toDevice(backend, summed);
  using pyramid = createVolumePyramid(backend, summed);
  const largest = Math.max(...picture.values);
  const found: number[] = [];
  for (const one of [own, ...pyramid.levels]) {
    const coarser = { rows, columns, pixelSize: [POSE.pixel * across, POSE.pixel * down] as const };
    using A = createProjector({ backend, grid: one.grid, detector: coarser, views: [coarse], model: "siddon" });
    using image = A.apply(one);
    const { values } = await toHost(image);
    found.push(Math.max(...picture.values.map((value, i) => Math.abs(value - values[i]))) / largest);
  }
  return found;
}

describe.skipIf(missing)(`pictures that follow a hand${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await page.evaluate(`tomogradStudio.steer(${JSON.stringify(POSE)})`);
  });
  afterAll(() => studio?.close());

  test("are of a reconstruction's larger voxels", async () => {
    await page.evaluate("tomogradStudio.simulate({ views: 40, rows: 64, columns: 64 }).then(() => undefined)");
    await page.evaluate("tomogradStudio.reconstruct({ method: 'fdk', size: 96 }).then(() => undefined)");
    // float64 is slow on any machine: coarse pictures have large pixels
    await page.evaluate("tomogradStudio.start({ prefer: 'reference' })");
    await page.getByRole("tab", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Reconstruction as NIfTI" }).click(),
    ]);
    const volume = await readVolume(new Uint8Array(readFileSync(await download.path())));
    expect(spacing(volume.grid)[0]).toBeLessThan(4);
    await page.getByRole("tab", { name: "Reconstruct" }).click();
    await page.locator("#panel .segments").nth(1).getByText("Reconstruction", { exact: true }).click();
    await settled(page);
    const picture = await follow(page, 20);
    const [exact, ...levels] = await misfits(picture, volume);
    expect(exact).toBeGreaterThan(1e-3);
    expect(Math.min(...levels)).toBeLessThan(1e-5);
  });

  test("are of a label map's larger voxels, where that is the volume", async () => {
    const grid = createGrid({ size: [64, 64, 64], spacing: [4, 4, 4], center: [0, 0, 0] });
    const values = Uint8Array.from({ length: 64 ** 3 }, (_, i) => {
      const [x, y, z] = [i % 64, Math.floor(i / 64) % 64, Math.floor(i / 4096)].map((at) => at - 31.5);
      return Math.hypot(x, y, z) < 25 ? 1 + (Math.floor(i / 5) % 3) : 0;
    });
    const volume: Volume = { quantity: "label", grid, values };
    await drop(page, [{ name: "labels.nii", bytes: await encodeNifti(volume) }]);
    await becomes(page, "tomogradStudio.patient()?.name === 'labels.nii'");
    expect(await page.evaluate("tomogradStudio.patient().quantity")).toBe("label");
    await settled(page);
    const picture = await follow(page, 30);
    const [exact, ...levels] = await misfits(picture, volume);
    expect(exact).toBeGreaterThan(1e-3);
    expect(Math.min(...levels)).toBeLessThan(1e-5);
    await page.getByRole("tab", { name: "Open" }).click();
    expect(await page.getByRole("list", { name: "Warnings" }).innerText()).toContain("rays sum their numbers");
  });

  test("and nothing went wrong on the way", () => expect(opened.problems).toEqual([]));
});
