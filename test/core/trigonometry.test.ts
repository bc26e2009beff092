import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { atan, cos, sin } from "../../src/core/trigonometry.js";

/** The distance of float64 numbers of that size. */
const lastPlace = (value: number) => 2 ** (Math.floor(Math.log2(Math.abs(value))) - 52);

/** Numbers from 0 to 1 that are the same every time. */
function* uniform(count: number) {
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (state * 16807) % 2147483647;
    yield state / 2147483647;
  }
}

test.each([
  ["sin", sin, Math.sin, 10, 2],
  ["sin", sin, Math.sin, 1e6, 2],
  ["cos", cos, Math.cos, 10, 2],
  ["cos", cos, Math.cos, 1e6, 2],
  ["atan", atan, Math.atan, 5, 3],
] as const)("%s is within a few units in the last place of the engine's", (_, own, engine, limit, most) => {
  // the engine's is less than one from the true value; here a sine or cosine is within 1.5, an arctangent, after a square
  // root and two quotients, within 2.5: whole units
  for (const u of uniform(20_000)) {
    const x = (2 * u - 1) * limit;
    expect(Math.abs(own(x) - engine(x)) / lastPlace(engine(x))).toBeLessThanOrEqual(most);
  }
});

test("the bits are these, in any engine", () => {
  const values = [...uniform(2000)].flatMap((u) => [sin(7 * u), cos(7 * u), atan(7 * u)]);
  const bytes = new Uint8Array(Float64Array.from(values).buffer);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(
    "d3ffdd18203c3ac246822092c3c3695e2aa8a1c10b023866ccc67288b8f2ceae",
  );
});

test("the sine of zero keeps its sign, numbers that are none stay none", () => {
  expect([sin(-0), cos(-0)]).toEqual([-0, 1]);
  expect([sin(Number.NaN), cos(Number.POSITIVE_INFINITY), atan(Number.NaN)]).toEqual([NaN, NaN, NaN]);
  expect([atan(Number.POSITIVE_INFINITY), atan(-1e300)]).toEqual([Math.PI / 2, -Math.PI / 2]);
});
