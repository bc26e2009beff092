import { expect, test } from "vitest";
import { addNoise, countWeights, simulateCounts } from "../../src/physics/index.js";

const PIXELS = 20000;
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
const variance = (values: ArrayLike<number>) => {
  const center = mean(values);
  return mean(Array.from(values, (x) => (x - center) ** 2));
};
const level = (p: number) => new Float64Array(PIXELS).fill(p);

test("counts have the mean I0 exp(-p / s) and the variance of photons and electronics together", () => {
  const counts = simulateCounts(level(2), { photonsPerPixel: 1e4, electronicNoise: 10, scale: 2, seed: 5 });
  const expected = 1e4 * Math.exp(-1);
  const all = expected + 100;
  expect(Math.abs(mean(counts) - expected)).toBeLessThan(5 * Math.sqrt(all / PIXELS));
  expect(Math.abs(variance(counts) - all)).toBeLessThan(5 * all * Math.sqrt(2 / PIXELS));
});

test("noisy line integrals keep their mean and get the variance s² (1 / N + electronics² / N²)", () => {
  const [scale, sigma] = [3, 10];
  const noisy = addNoise(level(1.5), { photonsPerPixel: 1e5, electronicNoise: sigma, scale, seed: 2 });
  const photons = 1e5 * Math.exp(-1.5 / scale);
  const expected = scale ** 2 * (1 / photons + sigma ** 2 / photons ** 2);
  // the logarithm is bent by s / (2 N) = 2.5e-5, a tenth of the five standard errors allowed here
  expect(Math.abs(mean(noisy) - 1.5)).toBeLessThan(5 * Math.sqrt(expected / PIXELS));
  expect(Math.abs(variance(noisy) / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / PIXELS));
});

test("empty rays scatter around 0 unless they are clipped there", () => {
  const options = { photonsPerPixel: 1e4, seed: 1 };
  const both = addNoise(new Float32Array(1000), options);
  const clipped = addNoise(new Float32Array(1000), { ...options, nonNegative: true });
  expect(both.some((p) => p < 0)).toBe(true);
  expect(clipped).toEqual(both.map((p) => Math.max(0, p)));
  expect(both).toBeInstanceOf(Float32Array);
});

test("a ray that nothing passes counts as one photon: p = s ln I0", () => {
  expect(addNoise(Float64Array.of(1e3), { photonsPerPixel: 1e4, scale: 2 })[0]).toBeCloseTo(2 * Math.log(1e4), 12);
});

test("equal seeds give equal noise, others other noise", () => {
  const noise = (seed: number) => addNoise(level(1).subarray(0, 100), { photonsPerPixel: 1e3, seed });
  expect(noise(4)).toEqual(noise(4));
  expect(noise(4)).not.toEqual(noise(5));
});

test("weights are counts² / (counts + electronics²) with mean 1, and 0 without counts", () => {
  const weights = countWeights(Float64Array.of(100, 900, 0, -3), { electronicNoise: 10 });
  expect(weights[1] / weights[0]).toBeCloseTo(810 / 50, 12);
  expect(mean(weights)).toBeCloseTo(1, 12);
  expect([weights[2], weights[3]]).toEqual([0, 0]);
});

test("refuses photons, noise and scale out of range, unknown options and NaN by place", () => {
  const one = Float64Array.of(1);
  expect(() => addNoise(one, { photonsPerPixel: 0 })).toThrow("photonsPerPixel is out of range");
  expect(() => addNoise(one, { photonsPerPixel: 1, electronicNoise: -1 })).toThrow("electronicNoise");
  expect(() => addNoise(one, { photonsPerPixel: 1, scale: 0 })).toThrow("scale");
  expect(() => addNoise(one, { photonsPerPixel: 1, sede: 1 } as never)).toThrow("did you mean 'seed'");
  expect(() => addNoise(Float64Array.of(1, Number.NaN), { photonsPerPixel: 1 })).toThrow("number 1 is NaN");
});
