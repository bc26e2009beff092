import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";
import { readByItk } from "../helpers/volumes.js";

const folder = join(dataFolder, "oriented");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly shape: readonly number[];
  readonly checkedWith: Readonly<Record<string, unknown>>;
}

const entries: Entry[] = present ? readManifest(folder).volumes : [];
/** The manifest names the files that ITK reads otherwise than their format has it; on these it is no judge. */
const itkIsWrong = ({ checkedWith }: Entry) => checkedWith["plastimatch (ITK)"] !== "ok";

/** Colors, complex numbers, rare encodings. */
const mayBeRefused = ({ note }: Entry) => /\brefuse\b/.test(note);

describe.skipIf(!present)("oriented volumes against ITK, left and right, head and foot", () => {
  const judged = entries.filter((entry) => !itkIsWrong(entry) && !mayBeRefused(entry));
  test.each(judged)("$file lies where ITK puts it: $note", async ({ file }) => {
    const itk = await readByItk(join(folder, file));
    const { grid, values } = await readVolume(join(folder, file), { frame: 0 });
    expect(itk.size.slice(0, 3)).toEqual([...grid.size]);
    grid.indexToWorld.forEach((value, i) => {
      // ITK keeps float32 quaternions and spacings: a few units of 1e-7 of some hundred mm.
      expect(Math.abs(value - itk.indexToWorld[i])).toBeLessThan(1e-3);
    });
    const [nx, ny, nz] = grid.size;
    // The first voxel and those at the other ends of the three axes; scaled values pass through float32.
    for (const at of [0, nx - 1, nx * (ny - 1), nx * ny * (nz - 1)])
      expect(Math.abs(values[at] - itk.values[at])).toBeLessThan(1e-3);
  });

  test("it is the judge of most; the others the manifest names, as read otherwise by ITK or as to be refused", () => {
    const others = entries.filter((entry) => !judged.includes(entry));
    console.info(`ITK is no judge of ${others.length} of ${entries.length} files: ${others.map(({ file }) => file)}`);
    expect(judged.length).toBeGreaterThan(entries.length / 2);
  });
});
