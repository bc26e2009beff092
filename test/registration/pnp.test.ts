/** Poses from landmarks: exact pixels, planes, few points, noise, mistakes, and what is refused. */
import { describe, expect, test } from "vitest";
import { transformPoint, type Vec3 } from "../../src/core/linear.js";
import { createRandom } from "../../src/core/random.js";
import { cArmView, inversePose, poseToMatrix, projectPoints, transformView } from "../../src/geometry/index.js";
import { checkLandmarks } from "../../src/registration/landmarks.js";
import { poseFromLandmarks } from "../../src/registration/pnp.js";

const detector = { rows: 200, columns: 240, pixelSize: [1.5, 1.2] as const };
const nominal = cArmView({ detector, sdd: 1020, translation: [0, 850, 0], offset: [7, -4] });

/** A pose, the view that it is seen by in the landmarks' frame, and exact pixels. */
function scene(seed: number, landmarks: readonly Vec3[], turnDeg = 60) {
  const random = createRandom(seed);
  const spread = (size: number) => (2 * random.uniform() - 1) * size;
  const turn = (turnDeg * Math.PI) / 180;
  const pose = poseToMatrix({
    parameterization: "euler_angles",
    rotation: [spread(turn), spread(turn), spread(turn)],
    translation: [spread(30), spread(30), spread(30)],
  });
  return {
    pose,
    pixels: projectPoints(
      nominal,
      landmarks.map((x) => transformPoint(pose, x)),
    ),
  };
}

function randomLandmarks(seed: number, n: number, flat = 1): Vec3[] {
  const random = createRandom(1000 + seed);
  return Array.from({ length: n }, (): Vec3 => {
    const [x, y, z] = [0, 1, 2].map(() => (2 * random.uniform() - 1) * 80);
    return [x + 20, y * flat + 0.3 * x, z - 10];
  });
}

const difference = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe("exact pixels give the pose to 1e-8", () => {
  test.each([
    ["12 points", 12, 1],
    ["6 points", 6, 1],
    ["5 points", 5, 1],
    ["4 points", 4, 1],
    ["8 points in a plane", 8, 0],
    ["4 points in a plane", 4, 0],
    ["9 points that are nearly a plane", 9, 1e-3],
  ])("%s, from ten poses up to 60 degrees away", (_, n, flat) => {
    for (let seed = 0; seed < 10; seed++) {
      const landmarks = randomLandmarks(seed, n, flat);
      const { pose, pixels } = scene(seed, landmarks);
      const found = poseFromLandmarks(landmarks, pixels, nominal, { detector });
      expect(difference(found.pose, pose), `seed ${seed}, error ${found.error}`).toBeLessThan(1e-8);
      expect(found.error).toBeLessThan(1e-8);
      const seen = projectPoints(found.view, landmarks);
      for (const [i, pixel] of pixels.entries())
        expect(Math.hypot(seen[i].column - pixel.column, seen[i].row - pixel.row)).toBeLessThan(1e-8);
    }
  });

  test("where the given view stands does not matter for the view that is found", () => {
    const landmarks = randomLandmarks(3, 7);
    const { pixels } = scene(3, landmarks);
    const elsewhere = transformView(
      nominal,
      poseToMatrix({ parameterization: "axis_angle", rotation: [1, 2, -0.5], translation: [500, -40, 9] }),
    );
    const [here, there] = [nominal, elsewhere].map((view) => poseFromLandmarks(landmarks, pixels, view));
    const [a, b] = [here.view, there.view];
    for (const key of ["firstPixel", "columnStep", "rowStep"] as const)
      expect(difference(a[key], b[key])).toBeLessThan(1e-8);
  });
});

test("with 0.5 pixels of noise on 12 points the turn is found within 1 degree, the shift across within 2 mm", () => {
  for (let seed = 0; seed < 5; seed++) {
    const landmarks = randomLandmarks(seed, 12);
    const { pose, pixels } = scene(seed, landmarks);
    const random = createRandom(50 + seed);
    const noisy = pixels.map(({ column, row }) => ({
      column: column + 0.5 * random.normal(),
      row: row + 0.5 * random.normal(),
    }));
    const { pose: found, error } = poseFromLandmarks(landmarks, noisy, nominal);
    expect(error).toBeLessThan(1);
    const between = [0, 1, 2].reduce(
      (trace, r) => trace + [0, 1, 2].reduce((sum, c) => sum + found[4 * r + c] * pose[4 * r + c], 0),
      0,
    );
    expect((Math.acos((between - 1) / 2) * 180) / Math.PI).toBeLessThan(1);
    // the view looks along y
    const middle: Vec3 = [20, 0, -10];
    const [a, b] = [transformPoint(found, middle), transformPoint(pose, middle)];
    expect(Math.hypot(a[0] - b[0], a[2] - b[2])).toBeLessThan(2);
  }
});

test("4 of 12 pixels that are mistaken are left out, the rest give the pose", () => {
  const landmarks = randomLandmarks(4, 12);
  const { pose, pixels } = scene(4, landmarks);
  const wrong = [1, 5, 6, 10];
  const given = pixels.map(({ column, row }, i) =>
    wrong.includes(i) ? { column: column + 25, row: row - 40 + 9 * i } : { column, row },
  );
  const found = poseFromLandmarks(landmarks, given, nominal, { outlierPixels: 3 });
  expect(found.inliers).toEqual([0, 2, 3, 4, 7, 8, 9, 11]);
  expect(difference(found.pose, pose)).toBeLessThan(1e-8);
  // all of them together are far off
  expect(poseFromLandmarks(landmarks, given, nominal).error).toBeGreaterThan(5);
});

describe("refuses with a message that says why", () => {
  const landmarks = randomLandmarks(1, 8);
  const { pixels } = scene(1, landmarks);
  const refused = (l: readonly Vec3[], p: typeof pixels, defect: string, options = {}) =>
    expect(() => poseFromLandmarks(l, p, nominal, options)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ defect }) }),
    );

  test("too few, twice the same, on one line, NaN, another number of pixels", () => {
    refused(landmarks.slice(0, 3), pixels.slice(0, 3), "too-few-landmarks");
    refused([...landmarks, landmarks[2]], [...pixels, pixels[2]], "duplicate-landmarks");
    refused(
      landmarks.map((_, i): Vec3 => [i, 2 * i, 5]),
      pixels,
      "collinear-landmarks",
    );
    refused(landmarks.with(3, [0, Number.NaN, 0]), pixels, "not-finite");
    refused(landmarks, pixels.with(3, { ...pixels[3], row: Number.NaN }), "not-finite");
    refused(landmarks, pixels.slice(1), "length");
    refused(
      landmarks,
      pixels.map(() => pixels[0]),
      "duplicate-landmarks",
    );
  });

  test("pixels far off the detector, as in another unit", () => {
    refused(
      landmarks,
      pixels.map((p) => ({ ...p, column: p.column + 1000 })),
      "landmarks-off-detector",
      { detector },
    );
  });

  test("pixels in another order", () => {
    const scattered = pixels.map((_, i) => ({
      ...pixels[0],
      column: [9, 200, 30, 180, 60, 230, 5, 110][i],
      row: [190, 10, 100, 150, 2, 180, 60, 90][i],
    }));
    refused(landmarks, scattered, "landmarks-do-not-fit", { outlierPixels: 2, trials: 30 });
    refused(landmarks, scattered, "landmarks-do-not-fit", { detector });
  });

  test("parallel rays and wrong options", () => {
    const parallel = { ...nominal, beam: "parallel" as const, direction: [0, -1, 0] as const };
    expect(() => poseFromLandmarks(landmarks, pixels, parallel)).toThrow(/cone view/);
    refused(landmarks, pixels, "out-of-range", { outlierPixels: 0 });
    refused(landmarks, pixels, "unknown-option", { outlierPixel: 3 });
  });
});

describe("checkLandmarks", () => {
  const landmarks = randomLandmarks(1, 8);
  test("takes landmarks that a view sees, some of them off the detector", () => {
    checkLandmarks([...landmarks, [400, 0, 0]], nominal, detector);
  });
  test("refuses those behind the source and those of another frame", () => {
    expect(() =>
      checkLandmarks(
        [
          [0, 0, 0],
          [0, 900, 0],
        ],
        nominal,
        detector,
      ),
    ).toThrow(/landmark 1 lies 50.0 mm behind the source.*RAS, mm/);
    const voxels = landmarks.map(([x, y, z]): Vec3 => [x + 900, y, z]);
    expect(() => checkLandmarks(voxels, nominal, detector)).toThrow(/far off the detector of 240 x 200 pixels/);
    expect(() => checkLandmarks([[0, Infinity, 0]], nominal, detector)).toThrow(/landmark 0 is/);
  });
  test("the moved view of a pose sees what the pose moves", () => {
    const { pose, pixels } = scene(2, landmarks);
    const seen = projectPoints(transformView(nominal, inversePose(pose)), landmarks);
    expect(Math.max(...seen.map((s, i) => Math.abs(s.column - pixels[i].column)))).toBeLessThan(1e-9);
  });
});
