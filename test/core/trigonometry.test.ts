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
  ["sin", sin, Math.sin, 10],
  ["sin", sin, Math.sin, 1e6],
  ["cos", cos, Math.cos, 10],
  ["cos", cos, Math.cos, 1e6],
  ["atan", atan, Math.atan, 5],
] as const)("%s is within two units in the last place of the engine's", (_, own, engine, limit) => {
  // each is less than one from the true value
  for (const u of uniform(20_000)) {
    const x = (2 * u - 1) * limit;
    expect(Math.abs(own(x) - engine(x)) / lastPlace(engine(x))).toBeLessThan(2);
  }
});

test("the bits are these, in any engine", () => {
  const values = [...uniform(2000)].flatMap((u) => [sin(7 * u), cos(7 * u), atan(7 * u)]);
  const bytes = new Uint8Array(Float64Array.from(values).buffer);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(
    "885651f657db888c76da848b1c57c91e4bb4747b55f7e749040b148f066a00fd",
  );
});

test("the sine of zero keeps its sign, numbers that are none stay none", () => {
  expect([sin(-0), cos(-0)]).toEqual([-0, 1]);
  expect([sin(Number.NaN), cos(Number.POSITIVE_INFINITY), atan(Number.NaN)]).toEqual([NaN, NaN, NaN]);
  expect([atan(Number.POSITIVE_INFINITY), atan(-1e300)]).toEqual([Math.PI / 2, -Math.PI / 2]);
});
