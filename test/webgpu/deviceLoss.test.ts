import { describe, expect, test } from "vitest";
import { createBackend } from "../../src/backend/create.js";
import { fault, isTomogradError } from "../../src/core/errors.js";
import { createProjector, type Projector, toHost } from "../../src/projector/index.js";
import { autoTv, type FallbackEvent, fdk, fit, ossart, sirt, withFallback } from "../../src/reconstruction/index.js";
import type { Run, RunOptions } from "../../src/reconstruction/types.js";
import type { Projections } from "../../src/volume/grid.js";
import { blockScan } from "../reconstruction/fewViewScene.js";
import { gpuMissing, mortalBackend } from "./gpu.js";

const missing = await gpuMissing();

type Method = (A: Projector, projections: Projections, options: RunOptions) => Promise<Run>;

/** Each with the iteration after which the device is destroyed; checkpoints are due after 3 epochs. */
const METHODS: readonly { name: string; method: Method; options: RunOptions; lostAfter: number; kept: number }[] = [
  { name: "os-sart", method: ossart, options: { iterations: 9 }, lostAfter: 5, kept: 3 },
  { name: "sirt", method: sirt, options: { iterations: 9 }, lostAfter: 7, kept: 3 },
  {
    name: "fit by Adam",
    method: fit,
    options: { iterations: 30, subsets: 3, learningRate: 0.02 } as RunOptions,
    lostAfter: 20,
    kept: 9,
  },
  { name: "auto-tv on its path", method: autoTv, options: {}, lostAfter: 21, kept: 3 },
  { name: "os-sart before anything was kept", method: ossart, options: { iterations: 5 }, lostAfter: 1, kept: 0 },
];

describe.skipIf(missing)(`a GPU lost in the middle of a reconstruction${missing ? `: ${missing}` : ""}`, () => {
  for (const { name, method, options, lostAfter, kept } of METHODS)
    test(`${name}: wasm goes on from what was kept and ends where an undisturbed run ends`, async () => {
      await using host = await createBackend({ prefer: "wasm" });
      const { A, projections } = await blockScan(host);
      using _ = A;
      const { grid, detector, views } = A;
      using calm = (await method(A, projections, options)).volume;
      const expected = (await toHost(calm)).values;

      const { backend, destroy } = await mortalBackend();
      await using first = backend;
      const events: FallbackEvent[] = [];
      const seen: number[] = [];
      const { value, backend: last } = await withFallback(
        first,
        async (backend, keep) => {
          using A = createProjector({ backend, grid, detector, views, model: "joseph" });
          const onIteration = ({ iteration }: { iteration: number }) => {
            seen.push(iteration);
            if (iteration === lostAfter && backend === first) destroy();
          };
          const run = await method(A, projections, keep({ ...options, onIteration }));
          using volume = run.volume;
          return { run, values: (await toHost(volume)).values };
        },
        { keepEpochs: 3, onFallback: (event) => events.push(event) },
      );
      await using _last = last;
      expect(last.name).toBe("wasm");
      expect(events.map(({ error }) => error.code)).toEqual(["DEVICE_LOST"]);
      expect(events[0].iteration).toBeGreaterThanOrEqual(kept);
      expect(events[0].iteration).toBeLessThanOrEqual(kept === 0 ? 0 : lostAfter + 1);
      // it went on there, and its history is whole
      expect(seen[seen.indexOf(lostAfter) + 1]).toBe(events[0].iteration);
      expect(value.run.history.map(({ iteration }) => iteration)).toEqual(value.run.history.map((_, i) => i));
      const largest = Math.max(...Array.from(expected, Math.abs));
      const worst = Math.max(...Array.from(expected, (v, i) => Math.abs(v - value.values[i])));
      expect(worst / largest).toBeLessThan(1e-4);
      expect(first.liveBytes).toBe(0);
      expect(last.liveBytes).toBe(0);
    });

  test("fdk, which has no state, begins anew", async () => {
    await using host = await createBackend({ prefer: "wasm" });
    const { A, projections } = await blockScan(host);
    using _ = A;
    using calm = (await fdk(A, projections)).volume;
    const { backend, destroy } = await mortalBackend();
    await using first = backend;
    const { value, backend: last } = await withFallback(first, async (backend) => {
      using own = createProjector({ backend, grid: A.grid, detector: A.detector, views: A.views });
      if (backend === first) destroy();
      using volume = (await fdk(own, projections)).volume;
      return toHost(volume);
    });
    await using _last = last;
    expect(value.values).toEqual((await toHost(calm)).values);
  });

  test("memory that runs out is met the same way; any other fault, and any of wasm, passes through", async () => {
    const { backend } = await mortalBackend();
    await using first = backend;
    const failing = (code: "OUT_OF_MEMORY" | "NOT_FINITE") =>
      withFallback(first, async (backend) => {
        if (backend === first) throw fault(code, "a fault of the test");
        return backend.about;
      });
    const { value, backend: last } = await failing("OUT_OF_MEMORY");
    expect(value).toMatch(/^wasm, .*\(not webgpu: a fault of the test\)$/);
    const refused = async (work: () => Promise<unknown>) => {
      const error = await work().catch((reason: unknown) => reason);
      return isTomogradError(error) ? error.code : "none";
    };
    expect(await refused(() => failing("NOT_FINITE"))).toBe("NOT_FINITE");
    const full = () => withFallback(last, () => Promise.reject(fault("OUT_OF_MEMORY", "a fault of the test")));
    expect(await refused(full)).toBe("OUT_OF_MEMORY");
    await last[Symbol.asyncDispose]();
  });
});
