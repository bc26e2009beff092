import { afterAll, describe, expect, test } from "vitest";
import { createBackend } from "../../src/backend/create.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { createWasmBackend } from "../../src/backend/wasm/index.js";
import type { Vec3 } from "../../src/core/linear.js";
import { circularTrajectory, helicalTrajectory, parallelTrajectory } from "../../src/geometry/circular.js";
import type { Trajectory, View } from "../../src/geometry/view.js";
import { createProjector } from "../../src/projector/createProjector.js";
import { type FdkOptions, fdk } from "../../src/reconstruction/fdk.js";
import { createGrid } from "../../src/volume/createGrid.js";
import type { Grid, Projections, Volume } from "../../src/volume/grid.js";
import { createPhantom } from "../../src/volume/phantom/phantom.js";
import { chosen, circle, cubeGrid, mean, reconstructed, rms, turn } from "./fdkScenes.js";

/** A ball of density 1 off the axis. */
const BALL = createPhantom([{ kind: "ellipsoid", center: [0.2, -0.1, 0], radii: 0.5, density: 1 }]);
const inBall = ([x, y, z]: Vec3) => (x - 0.2) ** 2 + (y + 0.1) ** 2 + z * z < 0.4 ** 2;
const ROWS = 8;

const backend = await createBackend({ prefer: "wasm" });
afterAll(() => backend[Symbol.asyncDispose]());

/** Mean density in the ball in the two middle slices, less 1. */
async function amplitudeError(scan: Projections, options: FdkOptions = {}, grid = cubeGrid(48, 2)) {
  const volume = await reconstructed(backend, scan, grid, { filter: "ram-lak", ...options });
  return { error: mean(chosen(volume, inBall)) - 1, ...volume };
}

const scanOf = (options: Partial<Parameters<typeof circle>[0]> = {}) =>
  BALL.project(circle({ anglesRad: turn(180), rows: ROWS, ...options }));

/** The views without every other thing that does not matter: other order, other rotation. */
function reordered(scan: Projections, order: readonly number[]): Projections {
  const pixels = scan.detector.rows * scan.detector.columns;
  const values = new Float32Array(order.length * pixels);
  for (const [n, view] of order.entries())
    values.set(scan.values.subarray(view * pixels, (view + 1) * pixels), n * pixels);
  return { ...scan, views: order.map((view) => scan.views[view]), values };
}

/** The same exposures with rows and columns of the detector exchanged. */
function transposed(scan: Projections): Projections {
  const { rows, columns, pixelSize } = scan.detector;
  const values = new Float32Array(scan.values.length);
  for (let n = 0; n < scan.views.length; n++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++)
        values[(n * columns + c) * rows + r] = scan.values[(n * rows + r) * columns + c];
  const views = scan.views.map((view): View => ({ ...view, columnStep: view.rowStep, rowStep: view.columnStep }));
  return {
    ...scan,
    detector: { rows: columns, columns: rows, pixelSize: [pixelSize[1], pixelSize[0]] },
    views,
    values,
  };
}

// exact line integrals of a smooth region: what is left is the sampling of 180 views and 128 columns
const AMPLITUDE = 0.004;

describe("the amplitude is right to 0.4 %, in 1/mm, with no constant of the scan", () => {
  const cases: readonly [string, () => Projections, FdkOptions?][] = [
    ["a full turn", () => scanOf()],
    ["a full turn clockwise", () => scanOf({ anglesRad: turn(180).map((angle) => -angle) })],
    ["two turns, every angle twice", () => scanOf({ anglesRad: turn(360, 4 * Math.PI) })],
    ["irregular angles", () => scanOf({ anglesRad: turn(180).map((angle, k) => angle + 0.015 * Math.sin(k * k)) })],
    [
      "views in random order",
      () =>
        reordered(
          scanOf(),
          Array.from({ length: 180 }, (_, k) => (k * 77) % 180),
        ),
    ],
    ["a short scan", () => scanOf({ anglesRad: turn(130, Math.PI + 0.7) })],
    ["a short scan clockwise", () => scanOf({ anglesRad: turn(130, Math.PI + 0.7).map((angle) => 1 - angle) })],
    ["270 degrees", () => scanOf({ anglesRad: turn(180, 1.5 * Math.PI) })],
    ["a displaced detector", () => scanOf({ columns: 76, shift: 0.7 })],
    ["a detector displaced to the other side", () => scanOf({ columns: 76, shift: -0.7 })],
    ["a detector displaced by two columns", () => scanOf({ shift: 2 * (4 / 128) })],
    ["another magnification", () => scanOf({ sid: 4, sdd: 9, pitch: 6 / 128 })],
    ["Hann and half the band", () => scanOf(), { filter: "hann", cut: 0.5 }],
    ["rows and columns exchanged", () => transposed(scanOf())],
    ["a fan of one row", () => scanOf({ rows: 1 })],
  ];
  for (const [name, make, options] of cases)
    test(name, async () => {
      const scan = make();
      const grid = scan.detector.rows === 1 ? cubeGrid(48, 1) : undefined;
      const { error, warnings } = await amplitudeError(scan, options, grid);
      expect(warnings).toEqual([]);
      expect(Math.abs(error)).toBeLessThanOrEqual(AMPLITUDE);
    });

  for (const [name, rangeDeg, views] of [
    ["half a turn", 180, 120],
    ["200 degrees", 200, 130],
    ["a full turn", 360, 180],
  ] as const)
    test(`parallel rays over ${name}`, async () => {
      const detector = { rows: ROWS, columns: 96, pixelSize: [2.8 / 96, 2.8 / 96] } as const;
      const scan = BALL.project(parallelTrajectory({ detector, views, rangeDeg }));
      expect(Math.abs((await amplitudeError(scan)).error)).toBeLessThanOrEqual(AMPLITUDE);
    });

  test("parallel rays over half a turn, the axis 5 columns off the middle: told of, and right", async () => {
    const detector = { rows: ROWS, columns: 96, pixelSize: [2.8 / 96, 2.8 / 96] } as const;
    const scan = BALL.project(parallelTrajectory({ detector, views: 120, offset: [5 * (2.8 / 96), 0] }));
    const { error, warnings } = await amplitudeError(scan);
    expect(warnings).toEqual(["displaced-detector"]);
    expect(Math.abs(error)).toBeLessThanOrEqual(AMPLITUDE);
  });

  test("parallel rays, a displaced detector", async () => {
    const detector = { rows: ROWS, columns: 64, pixelSize: [2.8 / 96, 2.8 / 96] } as const;
    const scan = BALL.project(parallelTrajectory({ detector, views: 180, rangeDeg: 360, offset: [0.4, 0] }));
    const { error, used } = await amplitudeError(scan);
    expect(used).toMatchObject({ weights: "displaced" });
    expect(Math.abs(error)).toBeLessThanOrEqual(AMPLITUDE);
  });

  test("an equiangular fan", async () => {
    const fan = circle({ anglesRad: turn(180), rows: 1, columns: 120 });
    const columnAngle = 0.005;
    const rays = fan.views.flatMap((view) => {
      if (view.beam !== "cone") return [];
      const [x, y] = view.source;
      return Array.from({ length: 120 }, (_, c) => {
        const toAxis = Math.atan2(-y, -x) - columnAngle * (c - 59.5);
        return [x, y, 0, x + 9 * Math.cos(toAxis), y + 9 * Math.sin(toAxis), 0];
      }).flat();
    });
    const scan = { ...fan, values: BALL.integrate(rays) };
    // behind the axis the columns run the way the source turns, so their rays turn clockwise
    const { error } = await amplitudeError(scan, { columnAngle }, cubeGrid(48, 1));
    expect(Math.abs(error)).toBeLessThanOrEqual(AMPLITUDE);
    const flat = await amplitudeError(scan, {}, cubeGrid(48, 1));
    expect(Math.abs(flat.error), "the same read as flat").toBeGreaterThan(0.05);
  });
});

describe("any place and orientation", () => {
  test("moving and turning scan and grid together changes nothing but rounding, 1e-4", async () => {
    const scan = scanOf({ anglesRad: turn(60) });
    const upright = await reconstructed(backend, scan, cubeGrid(24, 4), { filter: "hann" });
    const at: Vec3 = [100, -50, 30];
    // x y z -> z x y
    const turned = ([x, y, z]: Vec3): Vec3 => [z, x, y];
    const moved = ([x, y, z]: Vec3): Vec3 => [z + at[0], x + at[1], y + at[2]];
    const views = scan.views.map(
      (view): View =>
        view.beam === "cone"
          ? {
              beam: "cone",
              source: moved(view.source),
              firstPixel: moved(view.firstPixel),
              columnStep: turned(view.columnStep),
              rowStep: turned(view.rowStep),
            }
          : view,
    );
    // the same voxels: the axis of rotation runs along the grid's first axis
    const spacing = 2 / 24;
    const grid = createGrid({ size: [4, 24, 24], spacing, center: at });
    const other = await reconstructed(backend, { ...scan, views }, grid, { filter: "hann" });
    for (let k = 0; k < 4; k++)
      for (let j = 0; j < 24; j++)
        for (let i = 0; i < 24; i++)
          expect(Math.abs(other.values[k + 4 * (i + 24 * j)] - upright.values[i + 24 * (j + 24 * k)])).toBeLessThan(
            1e-4,
          );
  });

  test("detectors turned by 3 degrees about the axis keep the amplitude", async () => {
    const scan = circle({ anglesRad: turn(180), rows: ROWS });
    const angle = 0.05;
    const views = scan.views.map((view): View => {
      if (view.beam !== "cone") return view;
      const [sx, sy] = view.source;
      // turn about the vertical line through the point behind the axis
      const [px, py] = [-0.4 * sx, -0.4 * sy];
      const rotated = ([x, y, z]: Vec3): Vec3 => [
        x * Math.cos(angle) - y * Math.sin(angle),
        x * Math.sin(angle) + y * Math.cos(angle),
        z,
      ];
      const [x, y, z] = rotated([view.firstPixel[0] - px, view.firstPixel[1] - py, view.firstPixel[2]]);
      return { ...view, firstPixel: [x + px, y + py, z], columnStep: rotated(view.columnStep) };
    });
    const { error } = await amplitudeError(BALL.project({ ...scan, views }));
    expect(Math.abs(error)).toBeLessThanOrEqual(AMPLITUDE);
  });
});

describe("bits", () => {
  const tilted = (scan: Trajectory): Trajectory => ({
    ...scan,
    views: scan.views.map((view): View => {
      const lean = ([x, y, z]: Vec3): Vec3 => [
        x,
        y * Math.cos(0.01) - z * Math.sin(0.01),
        y * Math.sin(0.01) + z * Math.cos(0.01),
      ];
      return view.beam === "cone"
        ? {
            ...view,
            source: lean(view.source),
            firstPixel: lean(view.firstPixel),
            columnStep: lean(view.columnStep),
            rowStep: lean(view.rowStep),
          }
        : view;
    }),
  });
  const slab = (grid: Grid, first: number, count: number): Grid =>
    createGrid({
      size: [grid.size[0], grid.size[1], count],
      spacing: 2 / 32,
      origin: [grid.indexToWorld[3], grid.indexToWorld[7], grid.indexToWorld[11] + (first * 2) / 32],
    });
  const sliceBytes = (volume: Volume, first: number, count: number) => {
    const slice = volume.grid.size[0] * volume.grid.size[1];
    return Buffer.from(Float32Array.from(volume.values.subarray(first * slice, (first + count) * slice)).buffer);
  };

  for (const [name, trajectory] of [
    ["upright", circle({ anglesRad: turn(40), columns: 48, rows: 48, pitch: 4 / 48 })],
    ["tilted", tilted(circle({ anglesRad: turn(40), columns: 48, rows: 48, pitch: 4 / 48 }))],
  ] as const) {
    const scan = BALL.project(trajectory);
    test(`a slab has the bits that the whole has there: ${name} views`, async () => {
      const whole = await reconstructed(backend, scan, cubeGrid(32));
      for (const [first, count] of [
        [0, 5],
        [7, 10],
        [29, 3],
      ] as const) {
        const part = await reconstructed(backend, scan, slab(cubeGrid(32), first, count));
        expect(sliceBytes(part, 0, count).equals(sliceBytes(whole, first, count)), `slices from ${first}`).toBe(true);
      }
    });

    test(`any number of threads gives the same bits: ${name} views`, async () => {
      const volumes: Buffer[] = [];
      for (const threads of [1, 2, 5]) {
        await using own = await createWasmBackend({ threads });
        volumes.push(sliceBytes(await reconstructed(own, scan, cubeGrid(32)), 0, 32));
        expect(own.liveBytes).toBe(0);
      }
      expect(volumes.every((bytes) => bytes.equals(volumes[0]))).toBe(true);
    });

    test(`float32 and float64 agree to 1e-5 of the largest voxel: ${name} views`, async () => {
      await using reference = createReferenceBackend();
      const [a, b] = [
        await reconstructed(backend, scan, cubeGrid(32)),
        await reconstructed(reference, scan, cubeGrid(32)),
      ];
      expect(rms(a, b, () => true)).toBeLessThan(1e-5);
    });
  }
});

describe("what does not fit is refused or told", () => {
  const grid = cubeGrid(8, 2);
  const warningsOf = async (scan: Projections, options: FdkOptions = {}) =>
    (await reconstructed(backend, scan, grid, options)).warnings;
  const few = (anglesRad: readonly number[], more = {}) => scanOf({ anglesRad, columns: 32, pitch: 4 / 32, ...more });
  const refused = (scan: Projections, defect: string, options: FdkOptions = {}) =>
    expect(reconstructed(backend, scan, grid, options)).rejects.toMatchObject({ detail: { defect } });

  test("an arc below 180 degrees plus the fan: a warning names the degrees that are missing", async () => {
    const scan = few(turn(60, 2));
    using A = createProjector({ backend, grid, detector: scan.detector, views: scan.views });
    const { volume, warnings } = await fdk(A, scan);
    volume.dispose();
    expect(warnings).toMatchObject([{ defect: "missing-arc" }]);
    // 180 + 2 atan(2/7) = 211.9 degrees, less 2 radians
    expect(warnings[0].message).toMatch(/cover 114\.\d degrees of the 211\.9 .* 97\.\d degrees are missing/);
  });

  test("parallel rays over less than half a turn", async () => {
    const detector = { rows: 2, columns: 32, pixelSize: [0.1, 0.1] } as const;
    expect(await warningsOf(BALL.project(parallelTrajectory({ detector, views: 30, rangeDeg: 120 })))).toContain(
      "missing-arc",
    );
  });

  test("helices, spheres, straight lines and one or two views are refused, with advice", async () => {
    const detector = { rows: 4, columns: 8, pixelSize: [50, 50] } as const;
    const circular = { detector, sid: 500, sdd: 700, views: 40 } as const;
    await refused(BALL.project(helicalTrajectory({ ...circular, turns: 2, pitch: 40 })), "non-circular");
    await refused(BALL.project(circularTrajectory({ ...circular, views: 2 })), "non-circular");
    const line = circularTrajectory(circular);
    const views = line.views.map(
      (view, k): View => (view.beam === "cone" ? ({ ...line.views[0], source: [k, 500, 0] } as View) : view),
    );
    await refused(BALL.project({ ...line, views }), "non-circular");
  });

  test("weights that the arc or the detector contradict are refused", async () => {
    await refused(few(turn(40)), "weights-do-not-fit", { short: true });
    await refused(few(turn(40, 4)), "weights-do-not-fit", { short: false });
    await refused(few(turn(40)), "weights-do-not-fit", { displaced: true });
    await refused(few(turn(40, 4), { shift: 0.5 }), "weights-do-not-fit", { displaced: true });
    await refused(few(turn(40), { columns: 8, shift: 1 }), "axis-not-covered");
  });

  test("a displaced detector without its weights is told of, with the radius within which all is measured", async () => {
    expect(await warningsOf(few(turn(40), { shift: 0.5 }), { displaced: false })).toEqual(["displaced-detector"]);
    expect(await warningsOf(few(turn(60, 4), { shift: 0.5 }))).toContain("displaced-detector");
  });

  test("an object that reaches over the edges is told of, and its rows are continued: the middle is right to 5 %", async () => {
    const body = createPhantom([{ kind: "ellipsoid", center: [0, 0, 0], radii: [1.3, 1.3, 2], density: 1 }]);
    const scan = body.project(circle({ anglesRad: turn(180), rows: ROWS, columns: 64 }));
    const middle = ([x, y]: Vec3) => x * x + y * y < 0.3 ** 2;
    const on = await reconstructed(backend, scan, cubeGrid(48, 2), { filter: "ram-lak" });
    const off = await reconstructed(backend, scan, cubeGrid(48, 2), { filter: "ram-lak", truncated: false });
    expect(on.warnings).toEqual(["truncated-projections"]);
    expect(off.warnings).toEqual([]);
    const spread = (volume: Volume) => {
      const rim = mean(chosen(volume, ([x, y]) => Math.abs(Math.hypot(x, y) - 0.62) < 0.03));
      return Math.abs(rim / mean(chosen(volume, middle)) - 1);
    };
    expect(spread(on), "rim against middle").toBeLessThan(0.5 * spread(off));
  });

  test("wrong options, NaN and numbers of views are refused before any work", async () => {
    const scan = few(turn(12));
    await refused(scan, "unknown-option", { fitler: "hann" } as never);
    await refused(scan, "out-of-range", { filter: "box" as never });
    await refused(scan, "out-of-range", { cut: 0 });
    await refused(scan, "out-of-range", { columnAngle: 0.01 });
    await refused({ ...scan, values: scan.values.map((value, i) => (i === 7 ? Number.NaN : value)) }, "not-finite");
    using A = createProjector({ backend, grid, detector: scan.detector, views: scan.views.slice(1) });
    const held = backend.liveBytes;
    await expect(fdk(A, scan)).rejects.toMatchObject({ detail: { defect: "view-count-mismatch" } });
    expect(backend.liveBytes).toBe(held);
  });
});

describe("a run", () => {
  const scan = scanOf({ anglesRad: turn(100), columns: 32, pitch: 4 / 32 });
  const run = async (options: FdkOptions) => {
    using A = createProjector({ backend, grid: cubeGrid(8, 2), detector: scan.detector, views: scan.views });
    const done = await fdk(A, scan, options);
    const values = await backend.download(done.volume.array);
    done.volume.dispose();
    return { ...done, values };
  };

  test("reports every batch of 32 views, and stops when asked to", async () => {
    const seen: number[] = [];
    expect((await run({ onIteration: ({ views }) => void seen.push(views) })).stopped).toBe("iterations");
    expect(seen).toEqual([32, 64, 96, 100]);
    expect((await run({ onIteration: () => "stop" })).stopped).toBe("callback");
    const abort = new AbortController();
    const aborted = await run({
      signal: abort.signal,
      onIteration: ({ views }) => (views >= 64 ? abort.abort() : undefined),
    });
    expect(aborted.stopped).toBe("aborted");
  });

  test("nonNegative leaves no voxel below 0; without it some are", async () => {
    expect(Math.min(...(await run({ nonNegative: true })).values)).toBe(0);
    expect(Math.min(...(await run({})).values)).toBeLessThan(0);
  });

  test("says which filter and weights it used: Hann below 300 views", async () => {
    expect((await run({})).used).toMatchObject({
      method: "fdk",
      filter: "hann",
      cut: 1,
      weights: "full",
      coveredDeg: 360,
    });
  });
});
