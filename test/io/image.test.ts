import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { encodePng } from "../../src/io/index.js";

const values = Float32Array.from([0, 0.5, 1, -1, 2, 0.25]);
const image = { rows: 2, columns: 3, values };

describe("gray PNG", () => {
  test("8 bits: the window [0, 1] maps to 0..255 and clips, row by row", async () => {
    const png = decode(await encodePng(image, { window: [0, 1] }));
    expect([png.width, png.height, png.depth, png.channels]).toEqual([3, 2, 8, 1]);
    expect([...png.data]).toEqual([0, 128, 255, 0, 255, 64]);
  });

  test("16 bits: without a window lowest and highest value are black and white", async () => {
    const png = decode(await encodePng(image, { bits: 16 }));
    expect(png.depth).toBe(16);
    expect([...png.data]).toEqual([-1, -0.5, 0, -2, 1, -0.75].map((_, i) => Math.round(((values[i] + 1) / 3) * 65535)));
  });

  test("a window from high to low inverts; a constant image is black", async () => {
    expect([...decode(await encodePng(image, { window: [1, 0] })).data]).toEqual([255, 128, 0, 255, 0, 191]);
    expect([...decode(await encodePng({ rows: 1, columns: 2, values: [3, 3] })).data]).toEqual([0, 0]);
  });

  test("NaN, a wrong number of pixels and an unknown option are refused", async () => {
    const broken = { rows: 1, columns: 2, values: [1, Number.NaN] };
    await expect(encodePng(broken)).rejects.toMatchObject({ code: "NOT_FINITE" });
    await expect(encodePng(broken, { window: [0, 1] })).rejects.toMatchObject({ code: "NOT_FINITE" });
    await expect(encodePng({ ...image, rows: 3 })).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await expect(encodePng(image, { windw: [0, 1] } as object)).rejects.toThrow(/did you mean 'window'/);
  });

  test("one view of projections is chosen by its number", async () => {
    const step = {
      firstPixel: [0, 0, 0],
      columnStep: [1, 0, 0],
      rowStep: [0, 0, 1],
      beam: "parallel",
      direction: [0, 1, 0],
    } as const;
    const stack = {
      about: "",
      detector: { rows: 1, columns: 3, pixelSize: [1, 1] },
      views: [step, step],
      values,
    } as const;
    expect([...decode(await encodePng(stack, { view: 1, window: [0, 1] })).data]).toEqual([0, 255, 64]);
    await expect(encodePng(stack, { view: 2 })).rejects.toThrow(/there is no number 2/);
  });
});
