import { expect, test } from "vitest";
import type { Backend, DeviceArray } from "../../src/backend/backend.js";
import type { KernelArguments, KernelName } from "../../src/backend/kernels.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { type BackendFactory, backendSuite } from "../../src/testing/index.js";

/** Runs the tests of the suite whose name contains `part`; returns the names of those that fail, and of the skipped. */
async function failuresOf(create: BackendFactory, part: string) {
  const [failed, skipped, pending]: [string[], string[], [string, () => void | Promise<void>][]] = [[], [], []];
  const [path, after]: [string[], (() => Promise<void>)[]] = [[], []];
  const add = (name: string, body: () => void | Promise<void>) => {
    const full = [...path, name].join(" > ");
    if (full.includes(part)) pending.push([full, body]);
  };
  const skipIf = (condition: boolean) => (condition ? (name: string) => void skipped.push(name) : add);
  const describe = (name: string, body: () => void) => {
    path.push(name);
    body();
    path.pop();
  };
  await backendSuite(create, {
    describe,
    test: Object.assign(add, { skipIf }),
    expect,
    afterAll: (body) => void after.push(body),
  });
  for (const [name, body] of pending) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  for (const body of after) await body();
  return { ran: pending.length, failed, skipped };
}

type Changes = (inner: Backend, threads: number) => Partial<Backend>;
type Run = <K extends KernelName>(kernel: K, args: KernelArguments[K]) => void;

/** The reference with something wrong. */
const broken =
  (changes: Changes): BackendFactory =>
  async ({ threads = 1 } = {}) => {
    const inner = createReferenceBackend();
    return Object.defineProperties({ ...inner } as Backend, {
      liveBytes: { get: () => inner.liveBytes },
      ...Object.getOwnPropertyDescriptors(changes(inner, threads)),
    });
  };

/** After every call of one kernel, the array that `pick` names is multiplied. */
const scaled =
  <K extends KernelName>(name: K, pick: (args: KernelArguments[K]) => DeviceArray, factor: number): Changes =>
  (inner) => ({
    run: ((kernel, args) => {
      inner.run(kernel, args);
      if ((kernel as string) !== name) return;
      const { values } = pick(args as unknown as KernelArguments[K]) as DeviceArray & { values: Float64Array };
      for (let i = 0; i < values.length; i++) values[i] *= factor;
    }) satisfies Run,
  });

test("the reference passes the laws of the queue", async () => {
  const { ran, failed } = await failuresOf(async () => createReferenceBackend(), "laws of the queue");
  expect(failed).toEqual([]);
  expect(ran).toBe(9);
});

const lateDownload: Changes = (inner) => ({
  download(array) {
    const late = Promise.resolve().then(() => inner.download(array));
    late.catch(() => {}); // the law's test may have failed before it awaits this
    return late;
  },
});

/** Copies what the caller's array holds when the first work arrives. */
const keepingUpload: Changes = (inner) => {
  const kept: (() => void)[] = [];
  return {
    upload(values, shape, label, type) {
      const array = inner.upload(values, shape, label, type) as DeviceArray & { values: Float64Array };
      kept.push(() => array.values.set(values));
      return array;
    },
    run: ((kernel, args) => {
      for (const copy of kept.splice(0)) copy();
      inner.run(kernel, args);
    }) satisfies Run,
  };
};

const FAULTS: readonly (readonly [string, string, Changes])[] = [
  [
    "a pixel that is 1 + 1e-9 times too large",
    "> siddon, a sheared grid",
    scaled("project", ({ out }) => out, 1 + 1e-9),
  ],
  ["an input that a kernel changes", "reference: dot > 7 numbers", scaled("dot", ({ y }) => y, 2)],
  [
    "a voxel of an adjoint that is 1e-6 off",
    "projectAdjoint is the",
    scaled("projectAdjoint", ({ out }) => out, 1 + 1e-6),
  ],
  ["another image beside a jacobian", "same bits", scaled("projectLineJacobian", ({ out }) => out, 1 + 2 ** -50)],
  ["a download that copies late", "law 3", lateDownload],
  ["an upload that keeps the caller's array", "law 1", keepingUpload],
  [
    "memory that is never freed",
    "law 7",
    () => ({
      get liveBytes() {
        return performance.now();
      },
    }),
  ],
  ["a fault that is swallowed", "law 4", (inner) => ({ idle: async () => void (await inner.idle().catch(() => {})) })],
  [
    "a sum that depends on the number of threads",
    "the same bytes > from 5",
    (inner, threads) => ({
      threads,
      ...(threads > 1 ? scaled("sum", ({ out }) => out, 1 + 2 ** -50)(inner, threads) : {}),
    }),
  ],
];

for (const [fault, part, changes] of FAULTS)
  test(`the suite notices ${fault}`, async () => {
    const { ran, failed } = await failuresOf(broken(changes), part);
    expect(ran).toBeGreaterThan(0);
    expect(failed.length).toBeGreaterThan(0);
  });

test("a kernel that a backend lacks is skipped by name, with the backend's reason", async () => {
  const lacking = broken((inner) => ({
    unsupportedReason: (kernel) => (kernel === "sgdStep" ? "no momentum here" : inner.unsupportedReason(kernel)),
  }));
  const { ran, skipped } = await failuresOf(lacking, "sgdStep >");
  expect(ran).toBe(0);
  expect(skipped).toEqual(["not on reference: no momentum here"]);
});
