import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { METHODS, type MethodName } from "../../src/cli/methods.js";
import { planMemory, refuseUnplannable } from "../../src/cli/reconstructPlan.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { createProjector } from "../../src/projector/index.js";
import { createGrid, sheppLogan, voxelCount } from "../../src/volume/index.js";

const grid = createGrid({ size: [40, 40, 40], spacing: 5 });
const detector = { rows: 60, columns: 60, pixelSize: [400 / 60, 400 / 60] } as const;
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
      ...(method.takes.includes("iterations") && { iterations: 2 }),
      ...(masked && { mask }),
      ...(weighted && { weights }),
    });
    run.volume.dispose();
    const subsets = (run.used.subsets as number | undefined) ?? 1;
    const { deviceBytes } = planMemory(A, projections, method.needs({ subsets, masked, weighted }), grid);
    // 2 MiB: tables of views, two batches of filtered views, and sums, which do not grow with the problem
    expect(peak()).toBeLessThan(1.1 * deviceBytes + 2 * 2 ** 20);
    expect(peak()).toBeGreaterThan(0.9 * deviceBytes);
  },
);

test("what the backend cannot hold is refused before it is begun, with the number of slabs that would fit", async () => {
  await using backend = await createBackend({ prefer: "wasm", threads: 1 });
  const large = createGrid({ size: [1500, 1500, 1500], spacing: 0.1 });
  using A = createProjector({ backend, grid: large, detector, views: scan.views });
  const plan = planMemory(A, projections, { volumes: 4, stacks: 2 }, large);
  expect(() => refuseUnplannable(A, plan)).toThrow(/4 volumes of 1500 x 1500 x 1500 voxels.*--slabs \d+.*--region/);
});
