import { describe, expect, test } from "vitest";
import { arcOf } from "../../src/reconstruction/arc.js";
import { arcWeight, displacedWeight, parkerWeight } from "../../src/reconstruction/redundancy.js";

const DELTA = 0.3;
const grid = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, k) => from + ((to - from) * (k + 0.5)) / count);

describe("weights of a line's two measurements sum to 1", () => {
  test("Parker's, over the arc of a short scan and of over-scans, to 1e-12", () => {
    for (const delta of [DELTA, 0.8, 1.4])
      for (const g of grid(-0.29, 0.29, 11))
        for (const b of grid(0, Math.PI + 2 * delta, 50)) {
          const opposite = (b + Math.PI + 2 * g) % (2 * Math.PI);
          const other = opposite < Math.PI + 2 * delta ? parkerWeight(opposite, g === 0 ? 0 : -g, delta) : 0;
          expect(Math.abs(parkerWeight(b, g, delta) + other - 1)).toBeLessThan(1e-12);
        }
  });

  test("of any arc, wherever one of them is measured", () => {
    for (const arc of [2, Math.PI, 3.5, 5])
      for (const g of grid(-0.3, 0.3, 7))
        for (const b of grid(0, arc, 40)) {
          const opposite = (b + Math.PI + 2 * g) % (2 * Math.PI);
          const other = opposite < arc ? arcWeight(opposite, -g, arc) : 0;
          expect(Math.abs(arcWeight(b, g, arc) + other - 1)).toBeLessThan(1e-12);
        }
  });

  test("of a displaced detector, for small and large overlaps", () => {
    for (const [narrow, wide] of [
      [0.1, 1],
      [0.8, 1],
      [0.99, 1],
    ])
      for (const a of grid(-1, 1, 41))
        expect(Math.abs(displacedWeight(a, narrow, wide) + displacedWeight(-a, narrow, wide) - 1)).toBeLessThan(1e-15);
    expect(displacedWeight(-0.5, 0.1, 1)).toBe(0);
    expect(displacedWeight(0.05, 0.1, 1)).toBeCloseTo(0.5 * (1 + Math.sin(Math.PI / 4)), 14);
  });
});

describe("arcs", () => {
  const sum = (numbers: Float64Array) => numbers.reduce((total, n) => total + n, 0);
  const degrees = (list: readonly number[]) => list.map((d) => (d * Math.PI) / 180);

  test("36 views over a turn are full, each for 10 degrees, wherever they start", () => {
    const { full, covered, shares } = arcOf(degrees(Array.from({ length: 36 }, (_, k) => 10 * k - 133)), 2 * Math.PI);
    expect([full, covered]).toEqual([true, 2 * Math.PI]);
    for (const share of shares) expect(share).toBeCloseTo(Math.PI / 18, 12);
  });

  test("21 views over 200 degrees cover 210: half a step more at each end", () => {
    const arc = arcOf(degrees(Array.from({ length: 21 }, (_, k) => 300 + 10 * k)), 2 * Math.PI);
    expect(arc.full).toBe(false);
    expect((arc.covered * 180) / Math.PI).toBeCloseTo(210, 10);
    expect((arc.positions[0] * 180) / Math.PI).toBeCloseTo(5, 10);
    expect((arc.positions[20] * 180) / Math.PI).toBeCloseTo(205, 10);
    expect(sum(arc.shares)).toBeCloseTo(arc.covered, 12);
  });

  test("views at one place share what one would have; irregular ones half the way to both neighbors", () => {
    const twice = arcOf(degrees([0, 0, 90, 90, 180, 180, 270, 270]), 2 * Math.PI);
    for (const share of twice.shares) expect(share).toBeCloseTo(Math.PI / 4, 12);
    const irregular = arcOf(degrees([0, 100, 180, 290]), 2 * Math.PI);
    expect(Array.from(irregular.shares, (share) => Math.round((share * 180) / Math.PI))).toEqual([85, 90, 95, 90]);
  });
});
