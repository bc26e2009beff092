import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readProjections } from "../../src/io/index.js";
import { cliJson, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
  await writeFile(join(folder, "one.csv"), "energy,weight\n70,1\n");
  await writeFile(join(folder, "two.csv"), "energy,weight\n40,0.4\n80,0.6\n");
});
const simulate = async (name: string, ...more: string[]) => {
  const out = join(folder, `${name}.npy`);
  const size = ["--views", "6", "--size", "24x32", "--pixel", "12,12"];
  const result = await cliJson("simulate", ct, ...size, "--out", out, ...more);
  return { ...result, values: result.code === 0 ? (await readProjections(out)).values : new Float32Array() };
};
const largest = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => Math.max(a, b), 0);

test("--i0 and --noise scatter the line integrals as photons do, from a seed that the run file keeps", async () => {
  const [exact, a, b, other] = [
    await simulate("exact"),
    await simulate("a", "--i0", "1e5", "--noise", "10", "--seed", "4"),
    await simulate("b", "--i0", "1e5", "--noise", "10", "--seed", "4"),
    await simulate("other", "--i0", "1e5", "--noise", "10", "--seed", "5"),
  ];
  expect(a.values).toEqual(b.values);
  expect(a.values).not.toEqual(other.values);
  let sum = 0;
  for (const [i, p] of exact.values.entries()) {
    const photons = 1e5 * Math.exp(-p);
    sum += (a.values[i] - p) ** 2 / (1 / photons + 100 / photons ** 2);
  }
  // a mean of squares of 4608 standard normal numbers; five standard errors
  expect(Math.abs(sum / exact.values.length - 1)).toBeLessThan(5 * Math.sqrt(2 / exact.values.length));
});

test("a spectrum of one line at the reference energy changes nothing but rounding; two lines harden", async () => {
  const exact = await simulate("exact");
  const one = await simulate("one", "--spectrum", join(folder, "one.csv"));
  const differences = one.values.map((p, i) => Math.abs(p - exact.values[i]));
  expect(largest(differences)).toBeLessThan(1e-5 * largest(exact.values));
  const two = await simulate("two", "--spectrum", join(folder, "two.csv"));
  expect(largest(two.values)).toBeGreaterThan(0.5 * largest(exact.values));
  // the thicker, the less of the 40 keV is left: the ratio of measured to monochromatic falls with p
  const order = Array.from(exact.values.keys()).filter((i) => exact.values[i] > 0.1);
  order.sort((i, j) => exact.values[i] - exact.values[j]);
  const ratio = (i: number) => two.values[i] / exact.values[i];
  expect(ratio(order[0])).toBeGreaterThan(ratio(order[order.length - 1]));
});

test("refuses --noise without --i0, --reference-kev without --spectrum, and a spectrum of density", async () => {
  for (const argv of [
    ["--noise", "10"],
    ["--count-scale", "2"],
    ["--reference-kev", "60"],
    ["--spectrum", join(folder, "two.csv"), "--attenuation", "density"],
  ]) {
    const { code, json } = await simulate("refused", ...argv);
    expect([code, json.error.defect]).toEqual([2, "contradictory-options"]);
  }
});
