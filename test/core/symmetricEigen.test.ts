import fc from "fast-check";
import { expect, test } from "vitest";
import { symmetricEigen } from "../../src/core/symmetricEigen.js";

const entry = fc.double({ min: -1, max: 1, noNaN: true });

test("A v = l v, vectors orthonormal, values ascending, to 1e-14 of |A|", () => {
  fc.assert(
    fc.property(fc.constantFrom(3, 4), fc.array(entry, { minLength: 16, maxLength: 16 }), (n, numbers) => {
      const a = Array.from({ length: n * n }, (_, i) => numbers[Math.floor(i / n) * 4 + (i % n)]);
      const symmetric = a.map((value, i) => (value + a[(i % n) * n + Math.floor(i / n)]) / 2);
      const { values, vectors } = symmetricEigen(a, n);
      expect([...values].sort((x, y) => x - y)).toEqual(values);
      vectors.forEach((v, k) => {
        for (let r = 0; r < n; r++) {
          const av = v.reduce((sum, x, c) => sum + symmetric[r * n + c] * x, 0);
          expect(Math.abs(av - values[k] * v[r])).toBeLessThan(1e-14);
        }
        vectors.forEach((w, m) => {
          const product = v.reduce((sum, x, i) => sum + x * w[i], 0);
          expect(Math.abs(product - (k === m ? 1 : 0))).toBeLessThan(1e-14);
        });
      });
    }),
  );
});

test("the zero matrix and repeated eigenvalues are no trouble", () => {
  expect(symmetricEigen(new Array(16).fill(0), 4).values).toEqual([0, 0, 0, 0]);
  expect(symmetricEigen([2, 0, 0, 0, 2, 0, 0, 0, 2], 3).values).toEqual([2, 2, 2]);
});
