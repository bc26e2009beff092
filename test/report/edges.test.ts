import { expect, test } from "vitest";
import { findEdges } from "../../src/report/index.js";

const [rows, columns] = [24, 30];
const imageOf = (value: (r: number, c: number) => number) => ({
  rows,
  columns,
  values: Float32Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns)),
});
const at = (edges: Uint8Array) => [...edges.keys()].filter((i) => edges[i]);

test("a step between two columns is one line of one pixel's width, at the step", () => {
  const edges = findEdges(imageOf((_, c) => (c < 12 ? 0 : 5)));
  for (let r = 1; r < rows - 1; r++) {
    const line = at(edges.subarray(r * columns, (r + 1) * columns));
    expect(line).toHaveLength(1);
    expect([11, 12]).toContain(line[0]);
  }
});

test("turning the image turns its edges: a step between rows is a line along the row", () => {
  const edges = findEdges(imageOf((r) => (r < 9 ? 3 : -1)));
  const found = new Set(at(edges).map((i) => Math.floor(i / columns)));
  expect(found.size).toBe(1);
  expect([8, 9]).toContain([...found][0]);
  expect(at(edges)).toHaveLength(columns - 2);
});

test("the edge of a disc lies within a pixel of its circle, all round", () => {
  const [r0, c0, radius] = [11.3, 14.6, 7];
  const edges = at(findEdges(imageOf((r, c) => (Math.hypot(r - r0, c - c0) < radius ? 1 : 0))));
  const off = edges.map((i) => Math.hypot(Math.floor(i / columns) - r0, (i % columns) - c0) - radius);
  expect(Math.max(...off.map(Math.abs))).toBeLessThan(1.3);
  const octants = new Set(
    edges.map((i) => Math.floor((4 * Math.atan2(Math.floor(i / columns) - r0, (i % columns) - c0)) / Math.PI)),
  );
  expect(octants.size).toBe(8);
});

test("gain and offset move no edge, and images without contrast have none", () => {
  const image = imageOf((r, c) => Math.sin(r / 3) * Math.cos(c / 4));
  const scaled = { ...image, values: image.values.map((value) => 4 * value) };
  expect(findEdges(scaled)).toEqual(findEdges(image));
  expect(at(findEdges(imageOf(() => 7)))).toEqual([]);
  expect(at(findEdges(imageOf(() => Number.NaN)))).toEqual([]);
  expect(at(findEdges({ rows: 1, columns: 1, values: [1] }))).toEqual([]);
});

test("`share` bounds how many pixels are edges", () => {
  const image = imageOf((r, c) => Math.sin(r * 1.3 + c * c * 0.11));
  const few = at(findEdges(image, { share: 0.05 })).length;
  expect(few).toBeGreaterThan(0);
  expect(few).toBeLessThanOrEqual(0.05 * rows * columns);
  expect(at(findEdges(image, { share: 0.3 })).length).toBeGreaterThan(few);
});
