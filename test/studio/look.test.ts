import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBackend } from "../../src/backend/index.js";
import { positionerView } from "../../src/geometry/index.js";
import { readVolume } from "../../src/io/index.js";
import { hounsfieldToAttenuation } from "../../src/physics/index.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { gridCenter } from "../../src/volume/index.js";
import { root } from "../package/sourceImports.js";
import { exactImage, missing, type Opened, type Studio, settled, startStudio } from "./studioPage.js";

const arm = (page: Page) =>
  page.evaluate<{ laoDeg: number; cranDeg: number; table: number[]; sid: number; sdd: number }>("tomogradStudio.arm()");
const crosshair = (page: Page) => page.evaluate<number[]>("tomogradStudio.crosshair()");

type Place = readonly [number, number];

/** Moves fingers from some places of the page to others. */
async function touches(page: Page): Promise<(from: readonly Place[], to: readonly Place[]) => Promise<void>> {
  const devtools = await page.context().newCDPSession(page);
  const send = (type: "touchStart" | "touchMove" | "touchEnd", places: readonly Place[]) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: places.map(([x, y], id) => ({ x, y, id })) });
  return async (from, to) => {
    for (let fingers = 1; fingers <= from.length; fingers++) await send("touchStart", from.slice(0, fingers));
    for (const share of [0.25, 0.5, 0.75, 1])
      await send(
        "touchMove",
        from.map(([x, y], i) => [x + share * (to[i][0] - x), y + share * (to[i][1] - y)]),
      );
    await send("touchEnd", []);
  };
}

describe.skipIf(missing)(`looking at the chest${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
  });
  afterAll(() => studio?.close());

  test("the chest is there with a radiograph of the whole detector, computed in threads that share memory", async () => {
    expect(await page.evaluate("tomogradStudio.patient().name")).toContain("LIDC-IDRI-0001");
    expect(await settled(page)).toEqual({ rows: 512, columns: 512, coarsening: 1 });
    expect(await page.evaluate("tomogradStudio.backend().isolated")).toBe(true);
  });

  test("the picture is the library's own to 1e-5 of its largest value", async () => {
    const pose = { laoDeg: 25, cranDeg: -12, sid: 800, sdd: 1100, table: [10, -20, 30] };
    await page.evaluate(`tomogradStudio.steer(${JSON.stringify({ ...pose, rows: 80, columns: 96, pixel: 5 })})`);
    const { values } = await exactImage(page);
    const ct = await readVolume(new Uint8Array(readFileSync(join(root, "data/chest-lidc-idri-0001-small.nii.gz"))));
    const [x, y, z] = gridCenter(ct.grid);
    const detector = { rows: 80, columns: 96, pixelSize: [5, 5] } as const;
    // the table carries the patient: what the arm turns about moves the other way in the patient
    const isocenter = [x + 10, y + 20, z - 30] as const;
    const view = positionerView({ detector, sid: 800, sdd: 1100, isocenter }, 25, -12);
    await using backend = await createBackend({ prefer: "wasm", threads: 1 });
    using volume = toDevice(backend, hounsfieldToAttenuation({ ...ct, quantity: "hounsfield" }));
    using projector = createProjector({ backend, grid: ct.grid, detector, views: [view] });
    using image = projector.apply(volume);
    const expected = (await toHost(image)).values;
    const largest = Math.max(...expected);
    expect(largest).toBeGreaterThan(3);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - values[i])))).toBeLessThan(1e-5 * largest);
  });

  test("typed angles, dragging and arrow keys turn the arm, and the matrix takes it back", async () => {
    const before = await page.evaluate<number[]>("tomogradStudio.matrix()");
    await page.getByLabel("LAO (+) / RAO (−)", { exact: true }).fill("40");
    expect((await arm(page)).laoDeg).not.toBe(40);
    await page.keyboard.press("Enter");
    expect((await arm(page)).laoDeg).toBe(40);
    const surface = page.getByRole("application", { name: /^X-ray/ });
    const box = (await surface.boundingBox())!;
    await page.mouse.move(box.x + 100, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 150, box.y + 120, { steps: 5 });
    await page.mouse.up();
    // to the right: the near side follows the hand, the receptor goes to the patient's right
    expect((await arm(page)).laoDeg).toBeCloseTo(40 - 0.35 * 50, 6);
    expect((await arm(page)).cranDeg).toBeCloseTo(-12 + 0.35 * 20, 6);
    await surface.press("ArrowRight");
    await surface.press("Shift+ArrowUp");
    expect((await arm(page)).laoDeg).toBeCloseTo(21.5, 6);
    expect((await arm(page)).cranDeg).toBeCloseTo(-15, 6);

    await page.getByText("Projection matrix", { exact: true }).click();
    const field = page.getByLabel("Projection matrix, three rows of four numbers");
    await field.fill("1 2 3");
    await page.getByRole("button", { name: "Apply" }).click();
    await expect.poll(() => page.getByRole("alert").textContent()).toContain("12 numbers are needed");
    await field.fill(before.join(" "));
    await page.getByRole("button", { name: "Apply" }).click();
    const { laoDeg, cranDeg, sdd } = await arm(page);
    expect([laoDeg, cranDeg, sdd].map((value) => Number(value.toFixed(6)))).toEqual([25, -12, 1100]);
    const after = await page.evaluate<number[]>("tomogradStudio.matrix()");
    expect(Math.max(...after.map((value, i) => Math.abs(value - before[i])))).toBeLessThan(1e-6);
  });

  test("a finger turns the arm, two carry the table", async () => {
    const touch = await touches(page);
    const box = (await page.getByRole("application", { name: /^X-ray/ }).boundingBox())!;
    const [x, y] = [box.x + 100, box.y + 100];
    const before = await arm(page);
    await touch([[x, y]], [[x + 40, y - 20]]);
    const turned = await arm(page);
    expect(turned.laoDeg).toBeCloseTo(before.laoDeg - 0.35 * 40, 6);
    expect(turned.cranDeg).toBeCloseTo(before.cranDeg - 0.35 * 20, 6);
    expect(turned.table).toEqual(before.table);
    await touch(
      [
        [x, y],
        [x + 60, y],
      ],
      [
        [x, y - 30],
        [x + 60, y - 30],
      ],
    );
    const carried = await arm(page);
    expect([carried.laoDeg, carried.cranDeg]).toEqual([turned.laoDeg, turned.cranDeg]);
    // up in the picture: the table goes towards the head
    expect(carried.table[2]).toBeGreaterThan(turned.table[2] + 5);
  });

  test.each(["mouse", "touch"])(
    "in the scene the source is held and dragged, elsewhere one walks around: %s",
    async (by) => {
      await page.evaluate("tomogradStudio.steer({ laoDeg: 0, cranDeg: 0, table: [0, 0, 0] })");
      // the detector carries the exact picture
      await settled(page);
      const surface = page.getByRole("application", { name: /^Source, detector/ });
      const box = (await surface.boundingBox())!;
      // where the pointer says that it takes hold of the source
      const [[x, y], free] = await surface.evaluate((element) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const canvas = element.querySelector("canvas") as HTMLCanvasElement;
        const grips: number[][] = [];
        let other = [0, 0];
        for (let v = 4; v < height; v += 8)
          for (let u = 4; u < width; u += 8) {
            element.dispatchEvent(
              new PointerEvent("pointermove", { clientX: left + u, clientY: top + v, bubbles: true }),
            );
            if (canvas.style.cursor === "grab") grips.push([u, v]);
            else other = [u, v];
          }
        const middle = (axis: number) => grips.reduce((sum, grip) => sum + grip[axis], 0) / grips.length;
        return [[middle(0), middle(1)], other];
      });
      const touch = await touches(page);
      const drag = async ([u, v]: readonly number[], dx: number, dy: number) => {
        const from = [box.x + u, box.y + v] as const;
        const to = [from[0] + dx, from[1] + dy] as const;
        if (by === "touch") return touch([from], [to]);
        await page.mouse.move(...from);
        await page.mouse.down();
        await page.mouse.move(...to, { steps: 4 });
        await page.mouse.up();
      };
      const picture = () => surface.evaluate((element) => element.querySelector("canvas")!.toDataURL());
      const still = await picture();
      await drag(free, -60, 0);
      await expect.poll(picture).not.toBe(still);
      expect(await arm(page)).toMatchObject({ laoDeg: 0, cranDeg: 0 });
      await drag([free[0] - 60, free[1]], 60, 0);
      await expect.poll(picture).toBe(still);
      await drag([x, y], 0, -40);
      const { laoDeg, cranDeg } = await arm(page);
      expect(Math.hypot(laoDeg, cranDeg)).toBeGreaterThan(5);
    },
  );

  test("while the hand moves pictures are coarse, and the exact one comes when it rests", async () => {
    await page.evaluate("tomogradStudio.steer({ rows: 720, columns: 720, pixel: 0.64 })");
    await settled(page);
    const seen = await page.evaluate<{ coarsening: number; mean: number; exact: number }[]>(`(async () => {
      const mean = ({ values }) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const pictures = [];
      for (let k = 0; k < 12; k++) {
        tomogradStudio.steer({ laoDeg: k });
        await new Promise((done) => setTimeout(done, 40));
        pictures.push(tomogradStudio.shown());
      }
      const exact = await tomogradStudio.image();
      return pictures.map((picture) => ({ coarsening: picture.coarsening, mean: mean(picture), exact: mean(exact) }));
    })()`);
    expect(Math.max(...seen.map(({ coarsening }) => coarsening))).toBeGreaterThan(1);
    // larger voxels are means of the others: the picture as a whole is as bright, but for few rays and 11 degrees
    for (const { mean, exact } of seen) expect(Math.abs(mean / exact - 1)).toBeLessThan(0.03);
    expect(await settled(page)).toEqual({ rows: 720, columns: 720, coarsening: 1 });
    await page.evaluate("tomogradStudio.steer({ rows: 256, columns: 256, pixel: 1.8 })");
    await settled(page);
  });

  test("the three slices share a crosshair: keys, wheel and clicks move it by voxels", async () => {
    await page.evaluate("tomogradStudio.pointAt([0, 0, -175])");
    const [pixel] = await page.evaluate<number[]>("tomogradStudio.patient().spacing");
    const axial = page.getByRole("application", { name: /^Axial/ });
    await axial.press("ArrowLeft"); // to the picture's left: the patient's right, +x
    await axial.press("ArrowUp"); // to the front, +y
    await axial.press("PageUp"); // to the head, +z
    const moved = await crosshair(page);
    for (const [axis, value] of [pixel, pixel, -175 + pixel].entries()) expect(moved[axis]).toBeCloseTo(value, 4);
    await page.getByRole("application", { name: /^Coronal/ }).hover();
    await page.mouse.wheel(0, 100);
    await expect.poll(async () => (await crosshair(page))[1]).toBeCloseTo(0, 4);
    const box = (await page.getByRole("application", { name: /^Sagittal/ }).boundingBox())!;
    await page.mouse.click(box.x + 0.25 * box.width, box.y + 0.5 * box.height);
    // the left of a sagittal slice is the front; x stays
    const clicked = await crosshair(page);
    expect(clicked[0]).toBeCloseTo(pixel, 4);
    expect(clicked[1]).toBeGreaterThan(20);
  });

  test("a window is chosen by name and dragged with the right button", async () => {
    await page.getByText("Lung", { exact: true }).click();
    await expect.poll(() => page.getByText(/^Level -500, width 1500 HU/).count()).toBe(1);
    const box = (await page.getByRole("application", { name: /^Axial/ }).boundingBox())!;
    await page.mouse.move(box.x + 60, box.y + 60);
    await page.mouse.down({ button: "right" });
    await page.mouse.move(box.x + 85, box.y + 60);
    await page.mouse.up({ button: "right" });
    await expect.poll(() => page.getByText(/^Level -500, width 1650 HU/).count()).toBe(1);
  });

  test("nothing was complained of, and no other host was asked", () => {
    expect(opened.problems).toEqual([]);
    expect(opened.requests.length).toBeGreaterThan(5);
  });
});
