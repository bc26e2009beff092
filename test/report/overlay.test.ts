import { expect, test } from "vitest";
import {
  checkerboardFigure,
  checkerboardImage,
  EDGE_COLOR,
  edgeOverlayFigure,
  edgeOverlayImage,
  findEdges,
  plainGrey,
} from "../../src/report/index.js";

const [rows, columns] = [16, 24];
const ramp = { rows, columns, values: Float32Array.from({ length: rows * columns }, (_, i) => i) };
const disc = {
  rows,
  columns,
  values: Float32Array.from(ramp.values, (i) => (Math.hypot((i % 24) - 12, Math.floor(i / 24) - 8) < 5 ? 1 : 0)),
};

test("a checkerboard shows the one image on its first square, the other beside and below it, the one again across", () => {
  const board = checkerboardImage(ramp, disc, { squares: 3 });
  const [a, b] = [plainGrey(ramp.values), plainGrey(disc.values)];
  // 24 columns in 3 squares: 8 pixels a side
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c;
      const first = [0, 2].includes(Math.floor(c / 8)) === r < 8;
      expect(board[i]).toBe(first ? a[i] : b[i]);
    }
});

test("each image of a checkerboard has its own window: scaling one changes nothing", () => {
  const scaled = { ...disc, values: disc.values.map((value) => 1000 * value - 3) };
  expect(checkerboardImage(ramp, scaled)).toEqual(checkerboardImage(ramp, disc));
});

test("an edge overlay is the image in grey with the other's edges in color", () => {
  const overlay = edgeOverlayImage(ramp, disc);
  const edges = findEdges(disc);
  const grey = plainGrey(ramp.values);
  expect(edges.some((edge) => edge === 1)).toBe(true);
  for (let i = 0; i < edges.length; i++)
    expect([...overlay.subarray(3 * i, 3 * i + 3)]).toEqual(edges[i] ? [...EDGE_COLOR] : [grey[i], grey[i], grey[i]]);
});

test("figures hold a picture in the pixels' proportion and the escaped caption", () => {
  const tall = { ...ramp, pixelSize: [1, 3] as const };
  for (const figure of [checkerboardFigure, edgeOverlayFigure]) {
    const { markup } = figure(tall, { ...disc, pixelSize: [1, 3] }, { caption: "<before>", width: 120 });
    expect(markup).toContain("data:image/png;base64,");
    expect(markup).toContain('width="120" height="240"');
    expect(markup).toContain("&lt;before&gt;");
  }
});

test("images of two sizes are refused", () => {
  const other = { rows: 2, columns: 2, values: [1, 2, 3, 4] };
  const fault = expect.objectContaining({ code: "SHAPE_MISMATCH" });
  expect(() => checkerboardImage(ramp, other)).toThrow(fault);
  expect(() => edgeOverlayImage(ramp, other)).toThrow(fault);
  expect(() => edgeOverlayImage(ramp, { ...ramp, values: [1] })).toThrow(fault);
});

test("plain grey is proportional to the value, without 1 % of the dark and 0.3 % of the bright pixels", () => {
  const values = Float32Array.from({ length: 1001 }, (_, i) => i);
  const grey = plainGrey(values);
  expect([grey[0], grey[10], grey[997], grey[1000]]).toEqual([0, 0, 255, 255]);
  expect(grey[10 + 329]).toBe(Math.round((255 * 329) / 987));
});
