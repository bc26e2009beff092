/** Dispatches cut short, so that none runs long on a small GPU: the same bytes as uncut. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Backend, shapeLength } from "../../src/backend/backend.js";
import { KERNEL_NAMES, type KernelName } from "../../src/backend/kernels.js";
import { SPECS } from "../../src/backend/specs/index.js";
import type { KernelCase, KernelSpec } from "../../src/backend/specs/spec.js";
import { openDevice } from "../../src/backend/webgpu/adapter.js";
import { type AdjointWay, always } from "../../src/backend/webgpu/adjointWays.js";
import { createBackendOn } from "../../src/backend/webgpu/backendOn.js";
import { sameBytes } from "../../src/testing/compare.js";
import { isArraySpec, runCase } from "../../src/testing/runCase.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();

/** Binary logarithms of shares that cut the larger cases of the contract: rays into some hundred, elements into 4096. */
const RAYS = -17;
const ELEMENTS = -13;
/** The largest cases of a kernel: a submission takes a GPU in software some milliseconds. */
const CASES = 4;
const elements = ({ args }: KernelCase<KernelName>) =>
  Object.values(args)
    .filter(isArraySpec)
    .reduce((sum, { shape }) => sum + shapeLength(shape), 0);

/** Kernels whose work goes with rays, views or columns as well as with the elements that they write. */
const OF_RAYS: readonly KernelName[] = [
  ...(["project", "projectAdjoint", "projectLineJacobian", "projectMaximum"] as const),
  ...(["projectRays", "projectRaysAdjoint", "projectRaysJacobian", "filterRows", "backproject"] as const),
];
/** The others; `copy` dispatches nothing. */
const OF_ELEMENTS = KERNEL_NAMES.filter((kernel) => kernel !== "copy" && !OF_RAYS.includes(kernel));

async function open(adjoint: AdjointWay, workShare: number) {
  const { device, maxBindingBytes } = await openDevice();
  const submit = vi.spyOn(device.queue, "submit");
  const about = "webgpu, 1 device: in small pieces";
  const backend = createBackendOn({ device, maxBindingBytes, adjoint: always(adjoint), about, workShare });
  return { backend, submissions: () => submit.mock.calls.length };
}

for (const { way, share, kernels } of [
  // the other kernels do not differ by the way
  { way: "gather", share: RAYS, kernels: ["projectAdjoint"] },
  { way: "scatter", share: RAYS, kernels: OF_RAYS },
  { way: "scatter", share: ELEMENTS, kernels: OF_ELEMENTS },
] as const)
  describe.skipIf(missing)(
    `dispatches of 2^${share} of their size, adjoints by ${way}${missing ? `: ${missing}` : ""}`,
    () => {
      let whole: Awaited<ReturnType<typeof open>>;
      let cut: Awaited<ReturnType<typeof open>>;
      beforeAll(async () => {
        whole = await open(way, 1);
        cut = await open(way, 2 ** share);
      });
      afterAll(async () => {
        for (const { backend } of [whole, cut]) await backend[Symbol.asyncDispose]();
      });

      test.each(kernels)("%s: the same bytes", async (kernel) => {
        const spec = SPECS[kernel] as unknown as KernelSpec<KernelName>;
        const largest = [...spec.cases].sort((a, b) => elements(b) - elements(a)).slice(0, CASES);
        const before = cut.submissions() - whole.submissions();
        for (const each of largest) {
          const run = async (on: { backend: Backend }) => (await runCase(on.backend, spec, each)).outputs;
          const [expected, found] = [await run(whole), await run(cut)];
          for (const [name, values] of Object.entries(expected))
            expect(sameBytes(found[name], values), `${each.name}, ${name}`).toBe(true);
        }
        expect(cut.submissions() - whole.submissions(), "submissions of pieces").toBeGreaterThan(before);
      });
    },
  );
