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
/** The manifest says which files ITK reads as the format has it, and which a reader may refuse; on the others it is no judge. */
const itkAgrees = ({ checkedWith, shape, note }: Entry) =>
  checkedWith["plastimatch (ITK)"] === "ok" && shape.length === 3 && !/\brefuse\b/.test(note);

describe.skipIf(!present)("oriented volumes against ITK", () => {
  test.each(entries.filter(itkAgrees))("$file lies where ITK puts it: $note", async ({ file }) => {
    const itk = await readByItk(join(folder, file));
    const { grid, values } = await readVolume(join(folder, file), { frame: 0 });
    expect(itk.size.slice(0, 3)).toEqual([...grid.size]);
    grid.indexToWorld.forEach((value, i) => {
      // ITK keeps float32 quaternions and spacings: a few units of 1e-7 of some hundred mm.
      expect(Math.abs(value - itk.indexToWorld[i])).toBeLessThan(1e-3);
    });
    const [nx, ny, nz] = grid.size;
    for (const [i, j, k] of [
      [0, 0, 0],
      [nx - 1, 0, 0],
      [0, ny - 1, 0],
      [0, 0, nz - 1],
    ]) {
      const at = i + nx * (j + ny * k);
      // Scaled values pass through float32.
      expect(Math.abs(values[at] - itk.values[at])).toBeLessThan(1e-3);
    }
  });
});
