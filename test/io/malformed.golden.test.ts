import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTomogradError, type TomogradError } from "../../src/core/errors.js";
import { readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";
import { expectWords } from "../helpers/refusalWords.js";

const folder = join(dataFolder, "malformed");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Case {
  readonly file: string;
  readonly wrong: string;
  readonly action: "refuse" | "read";
  readonly defect: string | null;
  readonly detail: string;
  readonly tag?: string;
  readonly columnK?: readonly number[];
  readonly truncatedFile?: string;
}

const cases: Case[] = present ? readManifest(folder).cases : [];
/** Where `detail` names an alternative, both answers are right. */
const mayBeRead = ({ detail }: Case) => /\b(or|else) read\b/.test(detail);
const otherRefusal = ({ detail }: Case) => /refusing with ([\w-]+) is also right/.exec(detail)?.[1];

const read = async (file: string) => {
  const start = performance.now();
  try {
    return { volume: await readVolume(join(folder, file)), seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    return { error, seconds: (performance.now() - start) / 1000 };
  }
};

describe.skipIf(!present)("malformed files", () => {
  test.each(cases)("$file: $wrong ($action, $defect)", async (entry) => {
    const { action, defect } = entry;
    const { volume, error, seconds } = await read(entry.file);
    // Far above the manifest's 2 s, which `malformedLimits` measures in processor time: this machine is shared.
    expect(seconds).toBeLessThan(10);
    if (action === "refuse" && error === undefined && mayBeRead(entry)) {
      if (/\bwarn/.test(entry.detail)) expect(volume!.warnings).not.toEqual([]);
      return;
    }
    if (error !== undefined && otherRefusal(entry)) {
      expect((error as TomogradError).detail.defect).toBe(otherRefusal(entry));
      return;
    }
    if (action === "refuse") {
      expect(isTomogradError(error), `${error}`).toBe(true);
      const refusal = error as TomogradError;
      expect(refusal.detail.defect).toBe(defect);
      expectWords(refusal);
      if (entry.tag) expect(refusal.detail.tag).toBe(entry.tag);
      if (entry.truncatedFile) expect(refusal.message).toContain(entry.truncatedFile);
      return;
    }
    if (error) throw error;
    const defects = volume!.warnings.map((warning) => warning.defect);
    if (defect) expect(defects).toContain(defect);
    else expect(defects).toEqual([]);
    expect(volume!.grid.indexToWorld.every(Number.isFinite)).toBe(true);
    const [nx, ny, nz] = volume!.grid.size;
    expect(volume!.values.length).toBe(nx * ny * nz);
    if (entry.columnK) {
      const m = volume!.grid.indexToWorld;
      [m[2], m[6], m[10]].forEach((value, i) => void expect(value).toBeCloseTo(entry.columnK![i], 4));
    }
  });
});
