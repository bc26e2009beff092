import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { METHODS, type MethodName } from "../../src/cli/methods.js";
import { estimator, planMemory, refuseUnplannable } from "../../src/cli/reconstructPlan.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { createProjector } from "../../src/projector/index.js";
import { createGrid, sheppLogan, voxelCount } from "../../src/volume/index.js";

const grid = createGrid({ size: [48, 48, 48], spacing: 4 });
const detector = { rows: 72, columns: 72, pixelSize: [400 / 72, 400 / 72] } as const;
const scan = circularTrajectory({ detector, sid: 500, sdd: 700, views: 24 });
const projections = sheppLogan({ radius: 100, density: 0.02 }).project(scan);
const mask = { quantity: "label", grid, values: new Uint8Array(voxelCount(grid)).fill(1) } as const;
const weights = new Float32Array(projections.values.length).fill(1);

/** Bytes of arrays alive at most. */
function watchPeak(backend: Backend): () => number {
  let peak = 0;
  for (const name of ["allocate", "upload"] as const) {
    const own = backend[name] as (...args: unknown[]) => ReturnType<Backend["allocate"]>;
    Object.assign(backend, {
      [name]: (...args: unknown[]) => {
        const array = own(...args);
        peak = Math.max(peak, backend.liveBytes);
        return array;
      },
    });
  }
  return () => peak;
}

const cases = Object.keys(METHODS).flatMap((name) => {
  const plain = { name: name as MethodName, masked: false, weighted: false };
  const { takes } = METHODS[plain.name];
  return takes.includes("mask") ? [plain, { ...plain, masked: true, weighted: takes.includes("weights") }] : [plain];
});

test.each(cases)(
  "the memory planned for $name (mask $masked, weights $weighted) is within 10 % of what it holds",
  async ({ name, masked, weighted }) => {
    const method = METHODS[name];
    await using backend = await createBackend({ prefer: "wasm", threads: 2 });
    const peak = watchPeak(backend);
    using A = createProjector({ backend, grid, detector, views: scan.views, model: method.model });
    const run = await method.run(A, projections, {
      ...(method.takes.includes("iterations") && { iterations: name === "auto-tv" ? 60 : 2 }),
      ...(masked && { mask }),
      ...(weighted && { weights }),
    });
    run.volume.dispose();
    const subsets = (run.used.subsets as number | undefined) ?? 1;
    const { deviceBytes } = planMemory(A, projections, method, { subsets, masked, weighted }, grid);
    // tables of views, sums, and other things that do not grow with the problem
    const others = 2 ** 18;
    expect(peak()).toBeLessThan(1.1 * deviceBytes + others);
    // auto-tv keeps as many iterates as the data ask for, 0 to 12 volumes
    expect(peak()).toBeGreaterThan((name === "auto-tv" ? 0.5 : 0.9) * deviceBytes);
  },
);

test("a resumed run plans for one volume more: the arrays of its checkpoint pass through memory", async () => {
  await using backend = await createBackend({ prefer: "wasm", threads: 1 });
  using A = createProjector({ backend, grid, detector, views: scan.views });
  const run = { subsets: 1, masked: false, weighted: false };
  const plan = (resumed: boolean) => planMemory(A, projections, METHODS.cgls, { ...run, resumed }, grid).totalBytes;
  expect(plan(true) - plan(false)).toBe(4 * voxelCount(grid));
});

test("what the backend cannot hold is refused before it is begun, with the number of slabs that would fit", async () => {
  await using backend = await createBackend({ prefer: "wasm", threads: 1 });
  const large = createGrid({ size: [1500, 1500, 1500], spacing: 0.1 });
  using A = createProjector({ backend, grid: large, detector, views: scan.views });
  const plan = planMemory(A, projections, METHODS.cgls, { subsets: 1, masked: false, weighted: false }, large);
  expect(() => refuseUnplannable(A, plan)).toThrow(/3 volumes of 1500 x 1500 x 1500 voxels.*--slabs \d+.*--region/);
});

test("an estimate takes the first iteration, in which kernels are compiled, for what it is", () => {
  let ms = 0;
  const estimate = estimator(() => ms);
  const after = (next: number, iteration: number) => {
    ms += next;
    return estimate({ iteration, iterations: 60 });
  };
  expect(after(2000, 0)).toEqual({ done: 1, of: 60, left: 118, total: 120 });
  // 2 s, then 59 times 0.1 s
  const second = after(100, 1);
  expect([second.done, second.left, second.total].map((value) => Math.round(10 * value) / 10)).toEqual([2, 5.8, 7.9]);
  // a run that goes on from iteration 50 has 10 to do
  ms = 0;
  const resumed = estimator(() => ms);
  ms = 500;
  expect(resumed({ iteration: 50, iterations: 60 })).toEqual({ done: 1, of: 10, left: 4.5, total: 5 });
});
