import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { circularTrajectory, pixelToWorld, reverseRows, type Trajectory } from "../../src/geometry/index.js";
import {
  readProjections,
  writeGeometry,
  writeImage,
  writeNpy,
  writeProjections,
  writeVolume,
} from "../../src/io/index.js";

const detector = { rows: 3, columns: 4, pixelSize: [2, 1.5] } as const;
const scan: Trajectory = circularTrajectory({ detector, sid: 600, sdd: 900, views: 5, offset: [7, -2] });
const values = Float32Array.from({ length: 60 }, (_, i) => Math.sqrt(i));
const projections = { ...scan, values };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-projections-"));
});
afterAll(() => rm(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

describe("stacks of projections", () => {
  test.each(["s.npy", "s.nii", "s.nii.gz", "s.mha", "s.nrrd", "s.tif"])("%s comes back bit for bit", async (name) => {
    await writeProjections(path(name), projections);
    expect(await readProjections(path(name))).toEqual({ ...projections, warnings: [] });
  });

  test("are recognized by their content, not by their ending", async () => {
    await writeProjections(path("t.tif"), projections);
    await writeFile(path("t.dat"), await readFile(path("t.tif")));
    const read = await readProjections(path("t.dat"), { geometry: scan });
    expect(read.values).toEqual(values);
  });

  test("may be a folder of pictures in the order of their numbers", async () => {
    await mkdir(path("pictures"));
    for (let k = 0; k < 5; k++) {
      const image = Uint16Array.from({ length: 12 }, (_, i) => 1000 * k + i);
      await writeImage(
        path(`pictures/view${k + 8}.png`),
        { rows: 3, columns: 4, values: image },
        { bits: 16, window: [0, 65535] },
      );
    }
    const read = await readProjections(path("pictures"), { geometry: scan });
    expect(read.values).toEqual(Float32Array.from({ length: 60 }, (_, i) => 1000 * Math.floor(i / 12) + (i % 12)));
  });

  test("of another order are turned: ASTRA's [row][view][column], rows upwards, columns before rows", async () => {
    const at = (v: number, r: number, c: number) => values[12 * v + 4 * r + c];
    const stored = (sizes: number[], value: (i: number, j: number, k: number) => number) =>
      Float32Array.from({ length: 60 }, (_, n) => {
        const [i, rest] = [Math.floor(n / (sizes[1] * sizes[2])), n % (sizes[1] * sizes[2])];
        return value(i, Math.floor(rest / sizes[2]), rest % sizes[2]);
      });
    for (const [order, sizes, value] of [
      ["row,view,column", [3, 5, 4], (r: number, v: number, c: number) => at(v, r, c)],
      ["view,-row,column", [5, 3, 4], (v: number, r: number, c: number) => at(v, 2 - r, c)],
      ["-column, view, row", [4, 5, 3], (c: number, v: number, r: number) => at(v, r, 3 - c)],
    ] as const) {
      await writeNpy(path("order.npy"), stored([...sizes], value), sizes);
      expect((await readProjections(path("order.npy"), { geometry: scan, order })).values).toEqual(values);
    }
    await expect(readProjections(path("order.npy"), { geometry: scan, order: "view,row" })).rejects.toMatchObject({
      detail: { defect: "bad-order" },
    });
  });
});

describe("with the geometry of another program", () => {
  test("RTK's XML takes rows, columns, pixel size and the detector's origin from the header of its projections", async () => {
    const up = { ...projections, views: scan.views.map((view) => reverseRows(view, detector)) };
    await writeProjections(path("rtk.mha"), up);
    await writeGeometry(path("rtk.xml"), up);
    const read = await readProjections(path("rtk.mha"), { geometry: path("rtk.xml") });
    expect(read.detector).toEqual(detector);
    read.views.forEach((view, k) => {
      const [a, b] = [pixelToWorld(view, 3, 2), pixelToWorld(up.views[k], 3, 2)];
      expect(Math.hypot(...a.map((x, i) => x - b[i]))).toBeLessThan(1e-9);
    });
    // the same numbers with the first pixel at x = 10, y = -1 mm of the detector, 13 and 0.5 mm from where it was
    const moved = [-2, 0, 0, -10, 0, -1.5, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1];
    await writeVolume(path("moved.mha"), {
      grid: { size: [4, 3, 5], indexToWorld: moved },
      quantity: "unknown",
      values,
    });
    const shifted = await readProjections(path("moved.mha"), { geometry: path("rtk.xml") });
    shifted.views.forEach((view, k) => {
      const distance = Math.hypot(...view.firstPixel.map((x, i) => x - up.views[k].firstPixel[i]));
      expect(distance).toBeCloseTo(Math.hypot(13, 0.5), 9);
    });
  });

  test("matrices take them, too; without a header they are options", async () => {
    await writeProjections(path("m.nrrd"), projections);
    await writeGeometry(path("m.csv"), scan);
    expect((await readProjections(path("m.nrrd"), { geometry: path("m.csv") })).detector).toEqual(detector);
    await writeNpy(path("m.npy"), values, [5, 3, 4]);
    const read = { geometry: path("m.csv"), detector: { pixelSize: detector.pixelSize } };
    expect((await readProjections(path("m.npy"), read)).detector).toEqual(detector);
    const missing = readProjections(path("m.npy"), { geometry: path("m.csv") });
    await expect(missing).rejects.toMatchObject({ detail: { defect: "missing-detector" } });
  });
});

test("a detector on an arc is resampled to the flat one, with a warning; other programs' files cannot say it", async () => {
  const arc = { ...scan, detector: { ...detector, shape: "arc" as const }, values };
  await writeProjections(path("arc.npy"), arc);
  const read = await readProjections(path("arc.npy"));
  expect(read.detector).toEqual(detector);
  expect(read.warnings.map(({ defect }) => defect)).toEqual(["arc-resampled"]);
  await expect(writeGeometry(path("arc.csv"), arc)).rejects.toMatchObject({ detail: { defect: "not-representable" } });
});

describe("what does not fit is refused", () => {
  test("views and images that disagree in number: both are said", async () => {
    await writeNpy(path("few.npy"), values.subarray(0, 48), [4, 3, 4]);
    await expect(readProjections(path("few.npy"), { geometry: scan })).rejects.toThrow(
      "the geometry has 5 views, the stack 4 images: views and images must agree in number",
    );
  });

  test("another order of the axes is proposed", async () => {
    await writeNpy(path("turned.npy"), values, [3, 5, 4]);
    await expect(readProjections(path("turned.npy"), { geometry: scan })).rejects.toThrow(
      /shape \(3, 5, 4\); the order "row,view,column" would fit/,
    );
  });

  test.each(["c.npy", "c.nii", "c.nii.gz", "c.mha", "c.nrrd", "c.tif"])(
    "%s cut off in the middle names the first view that is not whole",
    async (name) => {
      const big = {
        ...circularTrajectory({ detector: { rows: 32, columns: 32, pixelSize: [1, 1] }, sid: 600, sdd: 900, views: 9 }),
      };
      // noise, so that compressed files are cut where the numbers are
      let state = 1;
      const noise = Float32Array.from({ length: 9 * 1024 }, () => {
        state = (state * 48271) % 2147483647;
        return state / 2147483647;
      });
      await writeProjections(path(name), { ...big, values: noise });
      const bytes = await readFile(path(name));
      await writeFile(path(name), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      const error = await readProjections(path(name)).catch((reason) => reason);
      expect(error.code).toBe("TRUNCATED_FILE");
      // 0.6 of 9 views: the sixth is cut, number 5; compressed, give or take one
      expect(error.detail.view).toBeGreaterThanOrEqual(4);
      expect(error.detail.view).toBeLessThanOrEqual(6);
      expect(error.message).toMatch(/cut off in view \d/);
    },
  );

  test("NaN and infinity are counted, in a warning", async () => {
    const bad = Float32Array.from(values);
    bad[7] = Number.NaN;
    bad[9] = Number.POSITIVE_INFINITY;
    await writeNpy(path("nan.npy"), bad, [5, 3, 4]);
    const { warnings } = await readProjections(path("nan.npy"), { geometry: scan });
    expect(warnings).toEqual([{ defect: "non-finite-values", message: "NaN or infinite: 2 pixels" }]);
  });

  test("a misspelled option is named", async () => {
    await expect(readProjections(path("nan.npy"), { geometri: scan } as never)).rejects.toThrow(/'geometry'/);
  });
});
