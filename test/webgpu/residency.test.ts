/** What goes between host and device while a method runs: the projections once, the volume once, and numbers. */
import { describe, expect, test, vi } from "vitest";
import { openDevice } from "../../src/backend/webgpu/adapter.js";
import { always } from "../../src/backend/webgpu/adjointWays.js";
import { createBackendOn } from "../../src/backend/webgpu/backendOn.js";
import { toHost } from "../../src/projector/arrays.js";
import { createProjector } from "../../src/projector/createProjector.js";
import type { Projector } from "../../src/projector/types.js";
import { asdPocs } from "../../src/reconstruction/asdPocs.js";
import { autoTv } from "../../src/reconstruction/autoTv.js";
import { cgls } from "../../src/reconstruction/cgls.js";
import { fistaTv } from "../../src/reconstruction/fistaTv.js";
import { fit as descend } from "../../src/reconstruction/fit.js";
import { mlem } from "../../src/reconstruction/mlem.js";
import { osSqs } from "../../src/reconstruction/osSqs.js";
import { ossart } from "../../src/reconstruction/ossart.js";
import { sirt } from "../../src/reconstruction/sirt.js";
import type { Run, RunOptions } from "../../src/reconstruction/types.js";
import type { Grid, Projections, Volume } from "../../src/volume/grid.js";
import { cube, views } from "../reconstruction/gates.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();

const [SIZE, VIEWS, PIXELS] = [32, 10, 40];
const VOLUME_BYTES = 4 * SIZE ** 3;
const IMAGE_BYTES = 4 * VIEWS * PIXELS ** 2;
/** Settings of 128 dispatches, the most that is written at once beside arrays; a view of the smallest subset has 6400. */
const SETTINGS_BYTES = 128 * 256;
/** Some tens of scalars. */
const SCALARS_BYTES = 256;

interface Traffic {
  /** Bytes of each write to the device. */
  written: number[];
  /** Bytes of each read from the device. */
  read: number[];
}

/** A backend, and what its device was given and asked for since the last question. */
async function watchedBackend() {
  const { device, maxBindingBytes } = await openDevice();
  let traffic: Traffic = { written: [], read: [] };
  const { queue } = device;
  const write = queue.writeBuffer.bind(queue);
  vi.spyOn(queue, "writeBuffer").mockImplementation((buffer, at, data, from, size) => {
    traffic.written.push(size ?? data.byteLength);
    write(buffer, at, data as ArrayBuffer, from, size);
  });
  const create = device.createBuffer.bind(device);
  vi.spyOn(device, "createBuffer").mockImplementation((descriptor) => {
    const buffer = create(descriptor);
    const map = buffer.mapAsync.bind(buffer);
    vi.spyOn(buffer, "mapAsync").mockImplementation((mode, at, size) => {
      traffic.read.push(size ?? buffer.size);
      return map(mode, at, size);
    });
    return buffer;
  });
  const about = "webgpu, 1 device: watched";
  const backend = createBackendOn({ device, maxBindingBytes, adjoint: always("scatter"), about });
  const sinceLast = (): Traffic => {
    const last = traffic;
    traffic = { written: [], read: [] };
    return last;
  };
  return { backend, sinceLast };
}

type Method = (A: Projector, p: Projections, options: RunOptions) => Promise<Run>;

interface Watched {
  readonly name: string;
  readonly method: Method;
  /** Stacks of projections that go up before the second iteration. @default 1 */
  readonly stacks?: number;
  /** Volumes that go up before the second iteration. @default 0 */
  readonly masks?: number;
  /** Volumes that come down before the second iteration. @default 0 */
  readonly volumes?: number;
}

/** 1 in the voxels of the upper half. */
const half = (grid: Grid): Volume => ({
  ...{ quantity: "unknown", grid },
  values: new Uint8Array(SIZE ** 3).fill(1, SIZE ** 3 / 2),
});

const METHODS: readonly Watched[] = [
  { name: "sirt", method: (A, p, on) => sirt(A, p, { ...on, iterations: 4, tolerance: 0 }) },
  {
    name: "os-sart",
    method: (A, p, on) => ossart(A, p, { ...on, iterations: 4, tolerance: 0, subsets: 5 }),
  },
  { name: "mlem", method: (A, p, on) => mlem(A, p, { ...on, iterations: 4, tolerance: 0 }) },
  {
    name: "osem",
    method: (A, p, on) => mlem(A, p, { ...on, iterations: 4, tolerance: 1e-9, subsets: 5 }),
  },
  { name: "cgls", method: (A, p, on) => cgls(A, p, { ...on, iterations: 4, tolerance: 0 }) },
  {
    name: "fit by Adam with total variation",
    method: (A, p, on) =>
      descend(A, p, { ...on, iterations: 4, learningRate: 0.05, totalVariation: { weight: 1e-3, delta: 0.05 } }),
  },
  {
    name: "asd-pocs",
    method: (A, p, on) => asdPocs(A, p, { ...on, iterations: 3, tolerance: 0, steps: 6, epsilon: 1e-3 }),
  },
  {
    name: "fista-tv",
    method: (A, p, on) => fistaTv(A, p, { ...on, iterations: 4, tolerance: 0 }),
    volumes: 2, // of its curvature the median, and the range of the first volume
  },
  {
    name: "fista-tv at a given weight, in a mask",
    method: (A, p, on) => fistaTv(A, p, { ...on, iterations: 4, lambda: 1e-4, tolerance: 0, mask: half(A.grid) }),
    masks: 1,
    volumes: 1, // of its curvature the median
  },
  {
    name: "os-sqs at a given weight",
    method: (A, p, on) => osSqs(A, p, { ...on, iterations: 4, lambda: 1e-4, delta: 1e-3, tolerance: 0 }),
    volumes: 1,
  },
  {
    name: "auto-tv",
    method: (A, p, on) => autoTv(A, p, { ...on, iterations: 4, tolerance: 0 }),
    stacks: 2, // the data, and which of the rays are held out
    volumes: 2, // of its curvature the median, and the range of the first volume
  },
];

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe.skipIf(missing)(`what travels to and from a GPU${missing ? `: ${missing}` : ""}`, () => {
  test.each(METHODS)(
    "$name: data up once, the volume down once, scalars in between",
    async ({ method, stacks = 1, masks = 0, volumes = 0 }) => {
      const { backend, sinceLast } = await watchedBackend();
      await using _ = backend;
      using A = createProjector({ backend, grid: cube(SIZE), ...views(VIEWS, PIXELS, 0.05), model: "joseph" });
      const values = Float32Array.from({ length: VIEWS * PIXELS ** 2 }, (_, i) => 0.3 + 0.1 * Math.sin(0.05 * i));
      const projections: Projections = { views: A.views, detector: A.detector, about: "a pattern", values };
      const steps: Traffic[] = [];
      const run = await method(A, projections, { onIteration: () => void steps.push(sinceLast()) });
      const end = sinceLast();
      using volume = run.volume;
      await toHost(volume);

      const [start, ...others] = steps;
      expect(others.length).toBeGreaterThanOrEqual(2);
      const large = start.written.filter((bytes) => bytes >= IMAGE_BYTES / VIEWS);
      const arrays = sum(large.filter((bytes) => bytes % (IMAGE_BYTES / VIEWS) === 0));
      expect(arrays).toBe(stacks * IMAGE_BYTES);
      const rest = sum(start.written) - arrays - masks * VOLUME_BYTES;
      expect(rest).toBeGreaterThanOrEqual(0);
      expect(rest).toBeLessThan(VOLUME_BYTES);
      expect(start.read.filter((bytes) => bytes > SCALARS_BYTES)).toEqual(Array(volumes).fill(VOLUME_BYTES));
      for (const { written, read } of [...others, end]) {
        expect(Math.max(0, ...written)).toBeLessThanOrEqual(SETTINGS_BYTES);
        expect(sum(read)).toBeLessThanOrEqual(SCALARS_BYTES);
      }
      expect(sinceLast()).toEqual({ written: [], read: [VOLUME_BYTES] });
    },
  );
});
