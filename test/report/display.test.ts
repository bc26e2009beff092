import { decode } from "fast-png";
import { expect, test } from "vitest";
import {
  commonWindow,
  differenceFigure,
  displayWindow,
  formatNumber,
  greyFigure,
  greyImage,
  pngDataUri,
  signedImage,
  valueWindow,
} from "../../src/report/index.js";

const ramp = Float32Array.from({ length: 1001 }, (_, i) => i / 100);

const pixelsOf = (uri: string) =>
  decode(Uint8Array.from(atob(uri.replace("data:image/png;base64,", "")), (character) => character.charCodeAt(0)));

test("line-integral greys are proportional to the value, from 0 to the maximum", () => {
  const grey = greyImage(ramp, { preset: "line-integral" });
  expect([grey[0], grey[200], grey[500], grey[1000]]).toEqual([0, 51, 128, 255]);
});

test("in a radiograph the thickest part is white, in fluoroscopy black, and one is the other's negative", () => {
  const radiograph = greyImage(ramp);
  const fluoroscopy = greyImage(ramp, { preset: "fluoroscopy" });
  expect([radiograph[0], radiograph[1000]]).toEqual([0, 255]);
  expect([fluoroscopy[0], fluoroscopy[1000]]).toEqual([255, 0]);
  // Both round a half up, so a sum may be 256.
  for (let i = 0; i < ramp.length; i++) expect([255, 256]).toContain(radiograph[i] + fluoroscopy[i]);
  for (let i = 1; i < ramp.length; i++) expect(radiograph[i]).toBeGreaterThanOrEqual(radiograph[i - 1]);
});

test("a radiograph's window leaves out 1 % of the dark and 0.3 % of the bright pixels", () => {
  expect(displayWindow(ramp)).toEqual({ low: ramp[10], high: ramp[997] });
  const outlier = Float32Array.of(...ramp, 1e6);
  expect(displayWindow(outlier).high).toBeLessThan(10);
});

test("windows of constant, empty and unclean images are finite, and NaN is drawn as the dark end", () => {
  expect(valueWindow([])).toEqual({ low: 0, high: 1 });
  expect(valueWindow([3, 3])).toEqual({ low: 3, high: 4 });
  expect(valueWindow([Number.NaN, 2, 5, Number.POSITIVE_INFINITY])).toEqual({ low: 2, high: 5 });
  expect([...greyImage([Number.NaN, 0, 1], { preset: "line-integral" })]).toEqual([0, 0, 255]);
  expect([...greyImage([7, 7], { preset: "radiograph" })]).toEqual([0, 0]);
});

test("an unknown preset is refused by name", () => {
  // biome-ignore lint/suspicious/noExplicitAny: a caller without types
  expect(() => greyImage([1], { preset: "xray" as any })).toThrow(/radiograph, line-integral, fluoroscopy.*'xray'/);
});

test("signed values are blue below zero, white at zero, red above, and saturate at the limit", () => {
  expect([...signedImage([-2, 0, 2, 4, Number.NaN], 2)]).toEqual([
    ...[33, 102, 172],
    ...[255, 255, 255],
    ...[178, 24, 43],
    ...[178, 24, 43],
    ...[0, 0, 0],
  ]);
});

test("a figure holds the pixels as PNG, in the proportion of its mm, with letters, scale and escaped caption", () => {
  const image = { rows: 2, columns: 3, values: [0, 1, 2, 3, 4, 5], pixelSize: [1, 3] as const };
  const figure = greyFigure(
    { ...image, letters: { left: "R", right: "L", top: "S", bottom: "I" } },
    { preset: "line-integral", width: 90, caption: "a < b" },
  ).markup;
  const png = pixelsOf(/src="([^"]+)"/.exec(figure)?.[1] ?? "");
  expect([png.width, png.height, png.channels, [...png.data]]).toEqual([3, 2, 1, [0, 51, 102, 153, 204, 255]]);
  expect(figure).toContain(`width="90" height="180"`);
  expect(figure).toContain(`<span class="left">R</span>`);
  expect(figure).toContain("a &lt; b");
  expect(figure).toContain(">2.5</text>");
});

test("a difference picture shows a - b and refuses images of two sizes", () => {
  const a = { rows: 1, columns: 2, values: [1, 5] };
  const png = pixelsOf(/src="([^"]+)"/.exec(differenceFigure(a, { ...a, values: [3, 3] }).markup)?.[1] ?? "");
  expect([...png.data]).toEqual([33, 102, 172, 178, 24, 43]);
  expect(() => differenceFigure(a, { rows: 1, columns: 1, values: [1] })).toThrow(/2 and 1 pixels/);
});

test("a common window covers every image, so that one grey means one value", () => {
  const images = [2, 8].map((top) => ({ rows: 1, columns: 2, values: [0, top] }));
  expect(commonWindow(images, "line-integral")).toEqual({ low: 0, high: 8 });
});

test("pixels that fit no picture are refused", () => {
  expect(() => pngDataUri(new Uint8Array(5), 2, 2)).toThrow(/4 or 12 numbers, got 5/);
});

test("numbers on scales have three digits", () => {
  expect([0, 0.01923, 55.55, 1020, 123456, 1.2e-5, -3e9, 0.5].map(formatNumber)).toEqual(
    "0 0.0192 55.5 1020 123456 1.2e-5 -3e9 0.5".split(" "),
  );
});
