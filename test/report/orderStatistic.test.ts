import fc from "fast-check";
import { expect, test } from "vitest";
import { orderStatistic } from "../../src/report/orderStatistic.js";

test("what stands at a rank is what sorting puts there, of any values, equal ones too", () => {
  const few = fc.integer({ min: -3, max: 3 });
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  const lists = fc.oneof(fc.array(few, { minLength: 1 }), fc.array(any, { minLength: 1 }));
  fc.assert(
    fc.property(lists, fc.nat(), fc.nat(), (list, a, b) => {
      const sorted = Float64Array.from(list).sort();
      const values = Float64Array.from(list);
      // the second rank of the same, reordered array
      for (const rank of [a % list.length, b % list.length])
        expect(orderStatistic(values, rank) + 0).toBe(sorted[rank] + 0);
    }),
  );
});

test("sorted, reversed and constant values of a large image take no quadratic time", () => {
  const n = 400_000;
  for (const values of [Float64Array.from({ length: n }, (_, i) => i), new Float64Array(n).fill(7)]) {
    expect(orderStatistic(values.slice(), 1234)).toBe(values[1234]);
    expect(orderStatistic(values.slice().reverse(), n - 1)).toBe(values[n - 1]);
  }
});
