import { decode } from "fast-png";
import { expect, test } from "vitest";
import { windowedFigures } from "../../src/report/index.js";

const image = { rows: 2, columns: 3, values: Float32Array.of(0, 0.005, 0.01, 0.0199, 0.04, Number.NaN) };
const { markup } = windowedFigures([[{ image, caption: "axial <slice>" }]], {
  window: { low: 0, high: 0.02 },
  unit: "1/mm",
});

test("a picture carries its values in 16 bits of the whole range, not of the window", () => {
  const [, uri] = markup.match(/data-exact="data:image\/png;base64,([^"]+)"/) ?? [];
  const { data } = decode(Uint8Array.from(atob(uri), (character) => character.charCodeAt(0)));
  const [, low, high] = markup.match(/data-low="([^"]+)" data-high="([^"]+)"/)?.map(Number) ?? [];
  expect([low, high]).toEqual([0, Math.fround(0.04)]);
  for (const [i, value] of image.values.entries()) {
    const found = low + ((256 * data[3 * i] + data[3 * i + 1]) / 65535) * (high - low);
    // half a step of 16 bits; NaN is the low end
    expect(Math.abs(found - (value || 0))).toBeLessThanOrEqual((0.51 * (high - low)) / 65535);
  }
});

test("it opens with the window that is asked for, and captions are escaped", () => {
  const [, uri] = markup.match(/src="data:image\/png;base64,([^"]+)"/) ?? [];
  const { data } = decode(Uint8Array.from(atob(uri), (character) => character.charCodeAt(0)));
  expect([...data]).toEqual([0, 64, 127, 254, 255, 0]);
  expect(markup).toContain("axial &lt;slice&gt;");
  expect(markup.match(/type="range"/g)).toHaveLength(2);
});

test("a group without pictures is refused", () => {
  expect(() => windowedFigures([], { window: { low: 0, high: 1 }, unit: "" })).toThrow(/at least one picture/);
});
