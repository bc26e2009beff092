import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBackend } from "../../src/backend/create.js";
import { multiply4, transformPoint } from "../../src/core/linear.js";
import { cArmView, poseToMatrix, projectPoint, transformView } from "../../src/geometry/index.js";
import { readGeometry, writeImage, writeProjections, writeVolume } from "../../src/io/index.js";
import { hounsfieldToAttenuation } from "../../src/physics/index.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { createGrid, createPhantom, gridCenter } from "../../src/volume/index.js";
import { cli, cliJson, temporaryFolder } from "./cli.js";

const grid = createGrid({ size: [32, 24, 28], spacing: [9, 9, 9], center: [12, -30, 100] });
const detector = { rows: 64, columns: 56, pixelSize: [6, 6] } as const;
const TRUTH = { rotationDeg: [6, -4, 5], translation: [5, 842, -6] } as const;
const armAt = (rotationDeg: readonly number[], translation: readonly number[]) =>
  cArmView({
    ...{ detector, sdd: 1020, isocenter: gridCenter(grid) },
    rotationDeg: rotationDeg as [number, number, number],
    translation: translation as [number, number, number],
  });
const truth = armAt(TRUTH.rotationDeg, TRUTH.translation);
/** World mm: turns by Euler angles ZXY (degrees) about the middle of the CT and shifts. */
function motionOf(rotationDeg: readonly number[], [tx, ty, tz]: readonly number[]): number[] {
  const rotation = rotationDeg.map((degrees) => (degrees * Math.PI) / 180);
  const [x, y, z] = gridCenter(grid);
  const shift = (a: number, b: number, c: number) => [1, 0, 0, a, 0, 1, 0, b, 0, 0, 1, c, 0, 0, 0, 1];
  const turn = poseToMatrix({ parameterization: "euler_angles", rotation });
  return multiply4(shift(x + tx, y + ty, z + tz), multiply4(turn, shift(-x, -y, -z)));
}
// the lateral view of the same machine
const lateral = transformView(truth, motionOf([90, 0, 0], [0, 0, 0]));
// where the machine stood as far as it says: a few degrees and mm off
const given = [truth, lateral].map((view) => transformView(view, motionOf([4, -3, 2], [5, -7, 6])));

/** A body with bones at places that nothing is symmetric about; HU. */
function ct(): Volume {
  const [x, y, z] = gridCenter(grid);
  const bones = [
    [40, 20, 50],
    [-55, 10, 30],
    [20, -40, -20],
    [-30, 35, -55],
    [60, -15, -45],
    [-70, -30, -5],
    [5, 5, 75],
  ];
  const body = createPhantom([
    { kind: "ellipsoid", center: [x, y, z], radii: [120, 80, 105], density: 1000 },
    ...bones.map(([dx, dy, dz], i) => ({
      kind: "ellipsoid" as const,
      center: [x + dx, y + dy, z + dz] as const,
      radii: [14 + 2 * i, 22 - i, 18] as const,
      density: 900 + 100 * i,
    })),
  ]).voxelize(grid);
  return { quantity: "hounsfield", grid, values: Float32Array.from(body.values, (value) => value - 1000) };
}

let folder: string;
let at: (name: string) => string;
let images: Float32Array[];

beforeAll(async () => {
  folder = await temporaryFolder();
  at = (name) => join(folder, name);
  const volume = ct();
  await writeVolume(at("ct.nii.gz"), volume);
  const views = [truth, lateral];
  await using backend = await createBackend({ prefer: "wasm", threads: 1 });
  using A = createProjector({ backend, grid, detector, views, model: "joseph", extent: "line" });
  using x = toDevice(backend, hounsfieldToAttenuation(volume));
  using y = A.apply(x);
  const { values } = await toHost(y);
  const n = detector.rows * detector.columns;
  images = [0, 1].map((view) => Float32Array.from(values.subarray(view * n, (view + 1) * n)));
  await writeProjections(at("ap.npy"), { detector, views: [truth], values: images[0], about: "" });
  await writeProjections(at("pair.npy"), {
    ...{ detector, views: given, about: "" },
    values: Float32Array.from([...images[0], ...images[1]]),
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const START = ["--start", "9,-2,2,0,850,0", "--pixel", "6,6", "--sdd", "1020"];
const fewer = ["--search", "15,20", "--recipe", "one-start", "--mask", "none", "--backend", "wasm", "--threads", "1"];
const quick = (...argv: string[]) => cliJson("register", at("ct.nii.gz"), ...argv, ...fewer);

/** The same picture without a geometry file beside it. */
async function picture(name: string, values: ArrayLike<number>, window?: readonly [number, number]): Promise<string> {
  const { rows, columns } = detector;
  await writeImage(at(name), { rows, columns, values }, { bits: 16, ...(window && { window }) });
  return at(name);
}

/** Degrees and mm from the truth; the source of a single view is found less well along the beam. */
function expectTruth(
  pose: { cArm: { rotationDeg: number[]; translation: number[] } },
  degrees: number,
  across: number,
  along: number,
): void {
  for (const axis of [0, 1, 2]) {
    expect(Math.abs(pose.cArm.rotationDeg[axis] - TRUTH.rotationDeg[axis])).toBeLessThan(degrees);
    expect(Math.abs(pose.cArm.translation[axis] - TRUTH.translation[axis])).toBeLessThan(axis === 1 ? along : across);
  }
}

describe("register finds the pose", () => {
  test("of a PNG from --start, and writes views, page, animation and run file", async () => {
    const xray = await picture("ap.png", images[0]);
    const outputs = ["--out", at("one.json"), "--gif", at("one.gif")];
    const { code, json } = await quick(xray, ...START, ...outputs);
    expect(code).toBe(0);
    expectTruth(json.poses[0], 0.3, 0.5, 4);
    expect(["certain", "doubtful"]).toContain(json.verdict);
    expect(json.reasons.length).toBeGreaterThan(0);
    expect(json.poses[0].cArm).toMatchObject({ sdd: 1020, offset: [0, 0] });
    expect(json.score).toBeGreaterThan(0.6);
    expect(json.evaluations).toBeGreaterThan(5);
    expect(json.seconds).toBeGreaterThan(0);
    expect(["converged", "evaluations"]).toContain(json.stopped);
    // the matrix is the pose [R | R t]: its last column is the source about the isocenter
    const { views } = await readGeometry(at("one.json"));
    const [view] = views;
    if (view.beam !== "cone") throw new Error("a cone is needed");
    for (const axis of [0, 1, 2])
      expect(json.matrices[0][axis][3]).toBeCloseTo(view.source[axis] - gridCenter(grid)[axis], 6);
    expect(json.poses[0].parameterizations.length).toBe(8 + 12);
    const page = await readFile(at("one.html"), "utf8");
    for (const text of [
      "before and after",
      "data:image/gif;base64,",
      json.verdict,
      ...json.reasons,
      "quaternion_adjugate",
      "euler_angles ZXY",
    ])
      expect(page).toContain(text);
    // Matrices have no names of columns, and no empty head for them.
    expect(page).not.toContain('scope="col"></th>');
    expect((await readFile(at("one.gif"))).subarray(0, 6).toString()).toBe("GIF89a");
    const again = await cli(["run", at("one.json.run.json")]);
    expect(again.stderr).toContain("one.json: the same bytes as then");
    const record = JSON.parse(await readFile(at("one.json.run.json"), "utf8"));
    await writeFile(at("bad.run.json"), JSON.stringify({ ...record, options: { ...record.options, xrays: xray } }));
    const refused = await cliJson("run", at("bad.run.json"));
    expect(refused.json.error.defect).toBe("not-a-run-file");
    expect(refused.json.error.message).toContain("options.xrays must be a list of paths");
  });

  test("of intensities by their logarithm, and of pictures that show bone dark", async () => {
    const intensity = await picture(
      "intensity.png",
      images[0].map((p) => 60000 * Math.exp(-p)),
      [0, 65535],
    );
    const counted = await quick(intensity, ...START, "--image", "intensity", "--no-report", "--out", at("i.json"));
    expectTruth(counted.json.poses[0], 0.3, 0.5, 4);
    const dark = await picture(
      "dark.png",
      images[0].map((p) => -p),
    );
    const inverted = await quick(dark, ...START, "--image", "inverted", "--no-report", "--out", at("d.json"));
    expectTruth(inverted.json.poses[0], 0.3, 0.5, 4);
    const wrong = await quick(dark, ...START, "--no-report", "--out", at("w.json"));
    expect(wrong.json.score).toBeLessThan(0.5 * inverted.json.score);
  });

  test("of two X-rays that move together better than of one, and of each by itself", async () => {
    const both = await quick(at("pair.npy"), "--out", at("pair.json"), "--no-report");
    expect(both.json.poses).toHaveLength(2);
    expect(both.json.groups).toHaveLength(1);
    expectTruth(both.json.poses[0], 0.3, 0.5, 0.6);
    const alone = await quick(at("pair.npy"), "--independent", "--out", at("alone.json"));
    expect(alone.json.groups).toHaveLength(2);
    expectTruth(alone.json.poses[0], 0.3, 0.5, 4);
    expect(alone.json.reasons[0]).toMatch(/^pair\.npy \[0\]: /);
    expect(alone.json.reasons.at(-1)).toMatch(/^pair\.npy \[1\]: /);
    expect(await readFile(at("alone.html"), "utf8")).toContain("Search of pair.npy [1]");
  });

  test("of pictures with pixels and distances of their own", async () => {
    const { rows, columns } = detector;
    const small = { rows: rows / 2, columns: columns / 2 };
    const mean = (i: number) => {
      const first = 2 * Math.floor(i / small.columns) * columns + 2 * (i % small.columns);
      return [0, 1, columns, columns + 1].reduce((sum, k) => sum + images[0][first + k] / 4, 0);
    };
    const values = Float32Array.from({ length: small.rows * small.columns }, (_, i) => mean(i));
    await writeImage(at("halved.png"), { ...small, values }, { bits: 16 });
    const both = [await picture("full.png", images[0]), at("halved.png")];
    const starts = ["--start", "9,-2,2,0,850,0", "--start", "9,-2,2,0,850,0"];
    const own = ["--pixel", "6,6", "--pixel", "12,12", "--sdd", "1020", "--sdd", "1020", "--sid", "850"];
    const { json } = await quick(...both, ...starts, ...own, "--out", at("own.json"), "--no-report");
    for (const pose of json.poses) expectTruth(pose, 0.3, 0.5, 4);
    expect(json.poses[1].view.columnStep.map(Math.abs)).toEqual(
      json.poses[0].view.columnStep.map((mm: number) => expect.closeTo(2 * Math.abs(mm), 9)),
    );
    const again = await cli(["run", `${json.outputs[0]}.run.json`]);
    expect(again.stderr).toContain("the same bytes as then");
    const { error } = (
      await quick(...both, ...starts, "--pixel", "6,6", ...["--sdd", "1020", "--sdd", "1000"], "--sdd=9")
    ).json;
    expect(error).toMatchObject({ defect: "contradictory-options" });
    expect(error.message).toMatch(/3 of --sdd for 2 X-ray images/);
  });

  test("of a DICOM image from its own header", async () => {
    const off = armAt([9, -2, 2], [0, 850, 0]);
    await writeImage(
      at("rt.dcm"),
      { detector, views: [off], values: images[0], about: "" },
      { isocenter: gridCenter(grid) },
    );
    const { json } = await quick(at("rt.dcm"), "--out", at("rt.json"), "--no-report");
    expectTruth(json.poses[0], 0.3, 0.5, 4);
  });

  test.each([
    ["a TIFF", "ap.tif", ["--pixel", "6,6"]],
    ["a NIfTI image, whose header says the size of the pixels", "ap.nii.gz", []],
  ])("of %s", async (_, name, pixel) => {
    const indexToWorld = [6, 0, 0, 0, 0, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const size = [detector.columns, detector.rows, 1] as const;
    await writeVolume(at(name), { quantity: "unknown", grid: { size, indexToWorld }, values: images[0] });
    const placed = ["--start", "9,-2,2,0,850,0", "--sdd", "1020", ...pixel];
    const { json } = await quick(at(name), ...placed, "--out", at("pixels.json"), "--no-report");
    expectTruth(json.poses[0], 0.3, 0.5, 4);
  });

  test("from landmarks, however far off the start", async () => {
    const [x, y, z] = gridCenter(grid);
    const points = [
      [40, 20, 50],
      [-55, 10, 30],
      [20, -40, -20],
      [-30, 35, -55],
      [60, -15, -45],
    ].map(([a, b, c]) => [x + a, y + b, z + c] as const);
    const lines = points.map((point) => {
      const { column, row } = projectPoint(truth, point);
      return [...point, column + 0.3, row - 0.2].join(",");
    });
    await writeFile(at("points.csv"), `# found by hand\nx,y,z,column,row\n${lines.join("\n")}\n`);
    const xray = await picture("far.png", images[0]);
    const far = ["--start", "120,30,-20,40,900,30", "--pixel", "6,6", "--sdd", "1020", "--landmarks", at("points.csv")];
    const { json } = await quick(xray, ...far, "--out", at("far.json"));
    expectTruth(json.poses[0], 0.3, 0.5, 4);
    const { given, start, found } = json.groups[0].landmarkErrors;
    expect(given).toBeGreaterThan(10);
    expect(start).toBeLessThan(0.2);
    const turned = points.map((point) => {
      const { column, row } = projectPoint(truth, point);
      return [-point[0], -point[1], point[2], column, row].join(",");
    });
    await writeFile(at("lps.csv"), turned.join("\n"));
    const lps = await quick(xray, ...START, "--landmarks", at("lps.csv"), "--no-report", "--out", at("lps.json"));
    expect(lps.json.warnings.map(({ defect }: { defect: string }) => defect)).toContain("landmarks-turned");
    expect(json.warnings).toEqual([]);
    // the pixels were displaced by 0.36 on purpose, which the images undo
    expect(found).toBeGreaterThan(0.25);
    expect(found).toBeLessThan(0.6);
  });
});

describe("register takes what counts", () => {
  test("of an X-ray in a collimator's shadow by --crop, with text in it by --image-mask", async () => {
    const { rows, columns } = detector;
    const text = (i: number) => Math.floor(i / columns) < 14 && i % columns > 40;
    const shaded = images[0].map((value, i) => (i % columns < 9 ? 40 : text(i) ? 30 + (i % 3) : value));
    const xray = await picture("shaded.png", shaded);
    const mask = Float32Array.from(shaded, (_, i) => (text(i) ? 0 : 1));
    await writeImage(at("mask.png"), { rows, columns, values: mask });
    const given = [...START, "--no-report", "--out", at("shaded.json")];
    const masked = await quick(xray, ...given, "--crop", "0,0,0,9", "--image-mask", at("mask.png"));
    expectTruth(masked.json.poses[0], 0.3, 0.5, 4);
    const blind = await quick(xray, ...given);
    expect(blind.json.score).toBeLessThan(0.8 * masked.json.score);
    const refused = async (...argv: string[]) => (await quick(xray, ...given, ...argv)).json.error.defect;
    expect(await refused("--crop", "40,0,30,0")).toBe("out-of-range");
    expect(await refused("--crop", "1,1,1,1", "--crop", "2,2,2,2")).toBe("contradictory-options");
    await writeImage(at("small.png"), { rows: 4, columns: 4, values: mask.subarray(0, 16) });
    expect(await refused("--image-mask", at("small.png"))).toBe("length");
  });

  test("of two detectors, with a geometry file for each", async () => {
    const large = { rows: 40, columns: 80, pixelSize: [5, 8] } as const;
    await using backend = await createBackend({ prefer: "wasm", threads: 1 });
    const volume = hounsfieldToAttenuation(ct());
    const seen = cArmView({
      ...{ detector: large, sdd: 1020, isocenter: gridCenter(grid), rotationDeg: [96, -4, 5] },
      translation: [5, 842, -6],
    });
    using A = createProjector({ backend, grid, detector: large, views: [seen], model: "joseph", extent: "line" });
    using x = toDevice(backend, volume);
    using y = A.apply(x);
    const { values } = await toHost(y);
    const off = motionOf([4, -3, 2], [5, -7, 6]);
    for (const [name, one] of [
      ["first.npy", { detector, views: [transformView(truth, off)], values: images[0], about: "" }],
      [
        "second.npy",
        { detector: large, views: [transformView(seen, off)], values: Float32Array.from(values), about: "" },
      ],
    ] as const)
      await writeProjections(at(name), one);
    const { code, json } = await quick(at("first.npy"), at("second.npy"), "--out", at("both.geometry.json"));
    expect(code).toBe(0);
    expectTruth(json.poses[0], 0.3, 0.5, 0.6);
    expect(json.outputs.slice(0, 2)).toEqual([at("both-xray-1.geometry.json"), at("both-xray-2.geometry.json")]);
    expect((await readGeometry(at("both-xray-2.geometry.json"))).detector).toEqual(large);
    expect(await readFile(at("both.html"), "utf8")).toContain("second.npy: before and after");
  });

  test("of several bodies: each its pose by its labels", async () => {
    const [, , z] = gridCenter(grid);
    const { values } = ct();
    const upper = (i: number) => grid.indexToWorld[11] + 9 * Math.floor(i / (32 * 24)) > z;
    const labels = Uint8Array.from(values, (hu, i) => (hu < -900 ? 0 : upper(i) ? 7 : 9));
    await writeVolume(at("halves.nii.gz"), { quantity: "label", grid, values: labels });
    const volume = hounsfieldToAttenuation(ct());
    const turn = motionOf([3, -2, 2], [3, -3, 3]);
    await using backend = await createBackend({ prefer: "wasm", threads: 1 });
    const sum = new Float32Array(2 * images[0].length);
    for (const [label, motion] of [
      [7, turn],
      [9, motionOf([0, 0, 0], [0, 0, 0])],
    ] as const) {
      const views = [truth, lateral].map((view) => transformView(view, motion));
      using A = createProjector({ backend, grid, detector, views, model: "joseph", extent: "line" });
      using x = toDevice(backend, { ...volume, values: volume.values.map((mu, i) => (labels[i] === label ? mu : 0)) });
      using y = A.apply(x);
      (await toHost(y)).values.forEach((value, i) => {
        sum[i] += value;
      });
    }
    await writeProjections(at("moved.npy"), { detector, views: [truth, lateral], values: sum, about: "" });
    const asked = ["--labels", at("halves.nii.gz"), "--bodies", "7", "--bodies", "rest"];
    const given = [at("ct.nii.gz"), at("moved.npy"), ...asked, "--out", at("halves.json"), "--mask", "none"];
    const { code, json } = await cliJson("register", ...given, "--backend", "wasm", "--threads", "1");
    expect(code).toBe(0);
    expect(json.poses.map(({ body, name }: { body: string; name: string }) => `${body} ${name}`)).toEqual([
      "7 moved.npy [0]",
      "7 moved.npy [1]",
      "rest moved.npy [0]",
      "rest moved.npy [1]",
    ]);
    expect(json.matrices).toHaveLength(4);
    // where the bones of the upper half are found, to a quarter of a voxel of 9 mm
    const [half, rest] = json.groups[0].bodies;
    const [x, y] = gridCenter(grid);
    for (const [dx, dy, dz] of [
      [40, 20, 50],
      [-55, 10, 30],
      [5, 5, 75],
    ]) {
      const bone = [x + dx, y + dy, z + dz] as const;
      const [found, there] = [transformPoint(half.motion, bone), transformPoint(turn, bone)];
      expect(Math.hypot(...found.map((value, axis) => value - there[axis]))).toBeLessThan(2.25);
    }
    expect(rest.moved.mm).toBeLessThan(2.25);
    const page = await readFile(at("halves.html"), "utf8");
    for (const text of ["moved.npy [0], body 7: pose", "Body rest moved by", "degrees, body 7"])
      expect(page).toContain(text);
    expect(existsSync(at("halves-body-7.json")) && existsSync(at("halves-body-rest.json"))).toBe(true);
    expect((await cli(["run", `${json.outputs[0]}.run.json`])).stderr).toContain("the same bytes as then");
    const refused = async (...argv: string[]) => (await quick(at("pair.npy"), ...argv)).json.error.defect;
    expect(await refused("--labels", at("halves.nii.gz"))).toBe("contradictory-options");
    const many = await cliJson("register", ...given, "--recipe", "multi-start");
    expect(many.json.error.message).toMatch(/register the CT as a whole first/);
    expect(await refused("--labels", at("halves.nii.gz"), "--bodies", "7", "--bodies", "9,7")).toBe("shared-label");
    expect(await refused("--labels", at("halves.nii.gz"), "--bodies", "3")).toBe("empty-body");
  });
});

test("a search that begins anew says why while it goes on: pixels of half their size", async () => {
  const xray = await picture("half.png", images[0]);
  const given = [...["--start", "9,-2,2,0,850,0"], ...["--pixel", "3,3"], ...["--sdd", "1020"]];
  const argv = [
    "register",
    at("ct.nii.gz"),
    xray,
    ...given,
    "--no-report",
    "--out",
    at("half.json"),
    "--backend",
    "wasm",
  ];
  const controller = new AbortController();
  const { code, stderr } = await cli(argv, {
    signal: controller.signal,
    onStderr: (text) => text.startsWith("after ") && controller.abort(),
  });
  expect(code).toBe(130);
  expect(stderr).toMatch(
    /correlation of gradients is 0\.\d+, right poses have 0\.42 and more: trying 16 starts; are --pixel/,
  );
});

test("Ctrl-C before the search ends it with an error", async () => {
  const xray = await picture("early.png", images[0]);
  const controller = new AbortController();
  const { code, stdout } = await cli(
    ["register", at("ct.nii.gz"), xray, ...START, "--json", "--out", at("early.json")],
    {
      signal: controller.signal,
      onStderr: (text) => text.startsWith("register:") && controller.abort(),
    },
  );
  expect(code).toBe(130);
  expect(JSON.parse(stdout).error.code).toBe("ABORTED");
  expect(existsSync(at("early.json"))).toBe(false);
});

test("Ctrl-C ends the search with the best pose so far", async () => {
  const xray = await picture("stop.png", images[0]);
  const [x, y, z] = gridCenter(grid);
  const lines = [
    [0, 0, 50],
    [-55, 10, 30],
    [20, -40, -20],
    [-30, 35, -55],
  ].map(([a, b, c]) => {
    const { column, row } = projectPoint(truth, [x + a, y + b, z + c]);
    return `${x + a} ${y + b} ${z + c} ${column} ${row}`;
  });
  await writeFile(at("four.txt"), lines.join("\n"));
  const controller = new AbortController();
  const argv = [...["register", at("ct.nii.gz"), xray], ...START, "--landmarks", at("four.txt"), "--json"];
  const { code, stdout, stderr } = await cli([...argv, "--out", at("stop.json"), "--no-report"], {
    signal: controller.signal,
    onStderr: (text) => text.startsWith("landmarks:") && controller.abort(),
  });
  expect(code).toBe(130);
  expect(stderr).toContain("the best pose so far is kept");
  const json = JSON.parse(stdout);
  expect(json.stopped).toBe("aborted");
  expect(json.verdict).toBe("doubtful");
  expect(json.evaluations).toBeLessThan(10);
  expect(existsSync(at("stop.json"))).toBe(true);
});

describe("register refuses, saying why,", () => {
  const refusal = async (...argv: string[]) => {
    const { code, json } = await quick(...argv, "--out", at("refused.json"));
    expect(code).toBe(2);
    return json.error as { readonly defect: string; readonly message: string };
  };

  test("an image of one value", async () => {
    const flat = await picture("flat.png", new Float32Array(images[0].length).fill(3), [0, 10]);
    expect((await refusal(flat, ...START)).defect).toBe("constant-image");
  });

  test("an image of another size than its views say", async () => {
    const { rows, columns } = detector;
    await writeImage(at("cut.png"), { rows: rows - 1, columns, values: images[0].subarray(columns) });
    const { defect, message } = await refusal(at("cut.png"), "--geometry", at("ap.geometry.json"));
    expect(defect).toBe("inconsistent-geometry");
    expect(message).toMatch(/63 x 56 pixels.*64 x 56/);
  });

  test("an image whose header says another spacing than its views", async () => {
    const indexToWorld = [5, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const size = [detector.columns, detector.rows, 1] as const;
    await writeVolume(at("five.nii"), { quantity: "unknown", grid: { size, indexToWorld }, values: images[0] });
    const { defect, message } = await refusal(at("five.nii"), "--geometry", at("ap.geometry.json"));
    expect(defect).toBe("inconsistent-pixel-size");
    expect(message).toMatch(/5 x 5 mm.*6 x 6 mm/);
  });

  test("pixels of unknown size, several X-rays from unknown sides, views for other images", async () => {
    const xray = await picture("plain.png", images[0]);
    expect(await refusal(xray, "--start", "0,0,0")).toMatchObject({ defect: "missing-option" });
    expect((await refusal(xray, xray, "--pixel", "6,6")).message).toMatch(/--start for each/);
    expect((await refusal(xray, xray, ...START)).defect).toBe("contradictory-options");
    expect((await refusal(xray, "--geometry", at("pair.geometry.json"))).defect).toBe("inconsistent-geometry");
    expect((await refusal(xray, "--geometry", at("ap.geometry.json"), "--sdd", "900")).message).toMatch(
      /leave out --sdd/,
    );
  });

  test("a detector before the isocenter", async () => {
    const xray = await picture("before.png", images[0]);
    const given = ["--start", "0,0,0", "--pixel", "6,6", "--sdd", "800"];
    const { defect, message } = await refusal(xray, ...given);
    expect(defect).toBe("out-of-range");
    expect(message).toMatch(/800 mm .* 850 mm .* did you swap them/);
  });

  test("a view that sees nothing of the CT", async () => {
    const xray = await picture("beside.png", images[0]);
    const beside = ["--start", "0,0,0,900,850,0", "--pixel", "6,6", "--sdd", "1020"];
    expect((await refusal(xray, ...beside)).defect).toBe("volume-not-seen");
  });

  test("landmarks in LPS, in mm of the detector, of an X-ray that is not there, and files of something else", async () => {
    const xray = await picture("marked.png", images[0]);
    const [x, y, z] = gridCenter(grid);
    const marked = async (text: string) => {
      await writeFile(at("bad.csv"), text);
      return refusal(xray, ...START, "--landmarks", at("bad.csv"));
    };
    const off = grid.size[0] * 9;
    expect((await marked(`${x + off},${y},${z},10,10`)).defect).toBe("landmarks-off-volume");
    expect((await marked(`${x},${y},${z},160,10`)).defect).toBe("landmarks-off-detector");
    expect((await marked(`${x},${y},${z},10,10,2`)).message).toMatch(/X-ray 2 of 1/);
    expect((await marked("x,y,z,row\n1,2,3,4")).message).toMatch(/no column column/);
    expect((await marked("1,2,3,4,five")).defect).toBe("not-landmarks");
    expect((await marked(`${x},${y},${z},10,10`)).defect).toBe("too-few-landmarks");
  });

  test("options that ask for nothing", async () => {
    const xray = await picture("options.png", images[0]);
    for (const argv of [
      ["--air", "3"],
      ["--orientation", "PA", "--geometry", at("ap.geometry.json")],
      ["--gif", at("a.gif"), "--independent", ...START],
      ["--seed", "3", ...START],
    ])
      expect((await refusal(xray, ...argv)).defect).toBe("contradictory-options");
    expect((await refusal(xray, ...START, "--gif", at("a.png"))).defect).toBe("unknown-ending");
  });
});
