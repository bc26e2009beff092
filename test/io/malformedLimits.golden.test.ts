import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { dataFolder, goodSeries, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "malformed");
const present = hasData && existsSync(join(folder, "manifest.json"));
const built = fileURLToPath(new URL("../../dist/io/index.js", import.meta.url));
const reader = fileURLToPath(new URL("../helpers/readInChild.mjs", import.meta.url));

interface Case {
  readonly file: string;
  readonly wrong: string;
}
interface Cost {
  readonly peakBytes: number;
  readonly seconds: number;
  /** Of the values, if it was read. */
  readonly needBytes: number;
}

const cases: Case[] = present ? readManifest(folder).cases : [];
/** The manifest's limits. */
const [SECONDS, BYTES] = [2, 64 * 2 ** 20];
/** Nothing is wrong with it: what the process itself needs. */
const control = goodSeries();

const cost = async (path: string): Promise<Cost> => {
  const { stdout } = await promisify(execFile)(process.execPath, [reader, path]);
  return JSON.parse(stdout);
};

describe.skipIf(!present || !existsSync(built))("malformed files in a process of their own (needs dist)", () => {
  const costs = new Map<string, Cost>();
  let base: number;
  beforeAll(async () => {
    base = (await cost(control!)).peakBytes;
    const waiting = cases.map(({ file }) => file);
    const work = async () => {
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop())
        costs.set(file, await cost(join(folder, file)));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  }, 240_000);

  test("the control is there", () => expect(control).toBeDefined());

  test.each(cases)("$file: within 2 s of processor time and 64 MiB beyond the image's need", ({ file }) => {
    const { peakBytes, seconds, needBytes } = costs.get(file)!;
    expect(peakBytes - base - needBytes).toBeLessThan(BYTES);
    // Of the processor, because machines that run tests are shared.
    expect(seconds).toBeLessThan(SECONDS);
  });
});
