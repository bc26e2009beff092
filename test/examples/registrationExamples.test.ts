import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeVolume } from "../../src/io/index.js";
import { createGrid, createPhantom } from "../../src/volume/index.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe.skipIf(!existsSync(join(root, "dist/index.js")))("the examples of registration, run as a reader would", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tomograd-registration-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (name: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(root, "examples", name), ...args], { cwd: folder, encoding: "utf8" });

  test("biplane: the bundled CT is placed to half a millimeter by one X-ray, closer by two, along the beam above all", async () => {
    const { status, stdout, stderr } = run("biplane.mjs", "--out", "biplane");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [one, two] = [
      ...stdout.matchAll(/: ([\d.]+) mm off \(across the first beam ([\d.]+), along it ([\d.]+)\)/g),
    ].map(([, all, across, along]) => ({ all: Number(all), across: Number(across), along: Number(along) }));
    expect(one.across).toBeLessThan(0.5);
    expect(two.all).toBeLessThan(0.5);
    expect(two.along).toBeLessThan(one.along);
    for (const count of [1, 2])
      expect(decode(await readFile(join(folder, `biplane/checkerboard-${count}.png`)))).toMatchObject({ width: 128 });
  }, 60_000);

  test("image-model: a picture as a screen shows it gives the pose to 0.1 mm by its model, not without", () => {
    const { status, stdout, stderr } = run("image-model.mjs");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [modeled, plain] = [...stdout.matchAll(/: ([\d.]+) mm off, after \d+ evaluations ([\d.]+) mm/g)].map(
      ([, before, after]) => ({ before: Number(before), after: Number(after) }),
    );
    expect(modeled.before).toBeGreaterThan(20);
    expect(modeled.after).toBeLessThan(0.1);
    expect(plain.after).toBeGreaterThan(5);
  }, 60_000);

  test("two-bones: bones that moved against each other are each found by their label", async () => {
    const grid = createGrid({ size: [40, 28, 36], spacing: [6, 6, 6] });
    const bone = (x: number, y: number, z: number, radii: readonly [number, number, number]) =>
      ({ kind: "ellipsoid", center: [x, y, z], radii, density: 1000 }) as const;
    const shapes = [
      [bone(-55, 10, 20, [14, 9, 40]), bone(-40, 15, -15, [24, 8, 10])],
      [bone(50, 5, 15, [10, 12, 36]), bone(62, -10, 40, [24, 12, 8])],
    ];
    const others = [
      { kind: "ellipsoid", center: [0, 0, 0], radii: [105, 70, 95], density: 1000 } as const,
      ...[-60, -20, 20, 60].map((z) => bone(0, -40, z, [12, 12, 14])),
    ];
    const body = createPhantom([...others, ...shapes.flat()]).voxelize(grid);
    const inside = shapes.map((some) => createPhantom(some).voxelize(grid).values);
    const labels = Uint8Array.from(body.values, (_, i) => (inside[0][i] > 500 ? 3 : inside[1][i] > 500 ? 7 : 0));
    const values = Float32Array.from(body.values, (value) => value - 1000);
    await writeVolume(join(folder, "ct.nii.gz"), { quantity: "hounsfield", grid, values });
    await writeVolume(join(folder, "labels.nii.gz"), { quantity: "label", grid, values: labels });
    const { status, stdout, stderr } = run("two-bones.mjs", "ct.nii.gz", "labels.nii.gz", "--bones", "3,7");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const found = [...stdout.matchAll(/^bone (\d): ([\d.]+) mm off, after registration ([\d.]+) mm/gm)];
    expect(found.map(([, bone]) => bone)).toEqual(["3", "7"]);
    for (const [, , before, after] of found) {
      expect(Number(before)).toBeGreaterThan(7);
      expect(Number(after)).toBeLessThan(0.15 * Number(before));
    }
  }, 60_000);

  test("two-bones and measured-radiograph say what they need", () => {
    expect(run("two-bones.mjs")).toMatchObject({ status: 2, stderr: expect.stringContaining("CT LABELS") });
    const { status, stderr } = run("measured-radiograph/main.mjs", "no-such-folder", "ct.nii.gz");
    expect(status).toBe(2);
    expect(stderr).toContain("neurolabusc/dcm_qa_ct");
  });
});
