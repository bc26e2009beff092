import { describe, expect, test } from "vitest";
import { createWasmBackend, type WasmBackendOptions } from "../../../src/backend/wasm/index.js";
import { createRandom } from "../../../src/core/random.js";

const CONFIGURATIONS: readonly [string, WasmBackendOptions][] = [
  ["1 thread", { forceSingleThread: true }],
  ["2 threads", { threads: 2 }],
];
const VOLUME = { kind: "volume", size: [20, 30, 40] } as const;
const LENGTH = 24_000;

describe.each(CONFIGURATIONS)("wasm, %s", (_, options) => {
  test("uploads while work is pending do not disturb it, and disposed memory is used again", async () => {
    await using backend = await createWasmBackend({ ...options, maximumBytes: 2 ** 21 });
    using sum = backend.allocate(VOLUME);
    for (let i = 1; i <= 100; i++) {
      using x = backend.upload(new Float32Array(LENGTH).fill(i), VOLUME);
      backend.run("axpby", { a: 1, x, b: 1, y: sum });
      if (i % 5 === 0) await backend.idle();
    }
    expect((await backend.download(sum)).every((value) => value === 5050)).toBe(true);
  });

  test("200 arrays made and disposed of while the queue is behind take the memory of a few, and start at 0", async () => {
    await using backend = await createWasmBackend({ ...options, maximumBytes: 2 ** 21 });
    using one = backend.upload(new Float32Array(LENGTH).fill(1), VOLUME);
    using sum = backend.allocate(VOLUME);
    for (let i = 0; i < 200; i++) {
      using x = backend.allocate(VOLUME);
      backend.run("axpby", { a: 1, x: one, b: 1, y: x });
      backend.run("axpby", { a: 1, x, b: 1, y: sum });
    }
    expect((await backend.download(sum)).every((value) => value === 200)).toBe(true);
  });

  test("padding stays 0 under every kernel that makes 0 into something else", async () => {
    await using backend = await createWasmBackend(options);
    using ones = backend.allocate(VOLUME, "ones");
    backend.run("fill", { out: ones, value: 1 });
    using knots = backend.upload(Float64Array.of(0, 5, 1, 6), { kind: "flat", length: 4 });
    using velocity = backend.allocate(VOLUME);
    using gradient = backend.allocate(VOLUME);
    using total = backend.allocate({ kind: "flat", length: 1 });
    const totalIs = async (expected: number) => {
      backend.run("sum", { out: total, x: ones });
      expect((await backend.download(total))[0]).toBe(expected * LENGTH);
    };
    await totalIs(1);
    backend.run("clamp", { x: ones, lower: 2, upper: 3 });
    await totalIs(2);
    backend.run("mapPiecewise", { x: ones, knots });
    await totalIs(7);
    backend.run("sgdStep", { x: ones, velocity, gradient, rate: 1, momentum: 0, lower: 8 });
    await totalIs(8);
    backend.run("reciprocalOrZero", { x: ones, threshold: -1 });
    await totalIs(0.125);
  });

  test("adamStep leaves x alone where gradient and state are 0, also below the lower bound", async () => {
    await using backend = await createWasmBackend(options);
    const shape = { kind: "flat", length: 5 } as const;
    using x = backend.upload(Float32Array.of(-1, -1, 2, 2, 2), shape);
    using m = backend.allocate(shape);
    using v = backend.allocate(shape);
    using gradient = backend.upload(Float32Array.of(0, 1, 0, 1, -1), shape);
    const settings = { step: 1, rate: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, lower: 0 };
    backend.run("adamStep", { x, m, v, gradient, ...settings });
    // the first step of Adam is rate * sign(gradient), to rounding of 1 / (1 - 0.999) in float32
    const found = [...(await backend.download(x))];
    for (const [i, expected] of [-1, 0, 2, 1.5, 2.5].entries()) expect(found[i]).toBeCloseTo(expected, 5);
    // m decays to 0 before v does, if gradients cancel: v must go on decaying
    backend.run("fill", { out: m, value: 0 });
    backend.run("fill", { out: gradient, value: 0 });
    backend.run("fill", { out: v, value: 1 });
    backend.run("adamStep", { x, m, v, gradient, ...settings });
    expect((await backend.download(v))[0]).toBeCloseTo(0.999, 6);
  });

  test("sums of 3 million numbers are exact to float64 in any layout", async () => {
    await using backend = await createWasmBackend(options);
    const random = createRandom(3);
    const values = Float32Array.from({ length: 3_000_000 }, () => random.uniform());
    const expected = Math.fround(values.reduce((sum, value) => sum + value, 0));
    using out = backend.allocate({ kind: "flat", length: 1 });
    for (const shape of [
      { kind: "flat", length: 3_000_000 },
      { kind: "volume", size: [100, 150, 200] },
      { kind: "projections", views: 4, rows: 750, columns: 1000 },
    ] as const) {
      using x = backend.upload(values, shape);
      backend.run("sum", { out, x });
      expect((await backend.download(out))[0]).toBe(expected);
    }
  });

  test("too much is refused at the call with OUT_OF_MEMORY, and the backend goes on", async () => {
    await using backend = await createWasmBackend({ ...options, maximumBytes: 2 ** 22 });
    expect(() => backend.allocate({ kind: "flat", length: 1_040_000 }, "too long")).toThrow(
      expect.objectContaining({ code: "OUT_OF_MEMORY" }),
    );
    using x = backend.allocate({ kind: "flat", length: 3 });
    expect([...(await backend.download(x))]).toEqual([0, 0, 0]);
  });

  test("after its disposal a backend refuses work, and its arrays are gone", async () => {
    const backend = await createWasmBackend(options);
    const x = backend.allocate(VOLUME);
    await backend[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    expect(x.disposed).toBe(true);
    expect(backend.liveBytes).toBe(0);
    expect(() => backend.allocate(VOLUME)).toThrow(expect.objectContaining({ code: "BUFFER_DISPOSED" }));
    await expect(backend.idle()).rejects.toMatchObject({ code: "BUFFER_DISPOSED" });
  });
});

describe("starting the backend", () => {
  test("`about` says what runs and why", async () => {
    await using two = await createWasmBackend({ threads: 2 });
    expect(two.about).toBe("wasm, 2 threads: WebAssembly SIMD, shared memory");
    await using one = await createWasmBackend({ threads: 1 });
    expect(one.about).toBe("wasm, 1 thread: as asked");
    await using forced = await createWasmBackend({ forceSingleThread: true });
    expect(forced.about).toBe("wasm, 1 thread: asked to do without shared memory");
    expect([two.threads, one.threads, forced.threads]).toEqual([2, 1, 1]);
  });

  test("options out of range and unknown options are refused", async () => {
    for (const options of [{ threads: 0 }, { threads: 1.5 }, { maximumBytes: 1 }, { thread: 2 }])
      await expect(createWasmBackend(options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
