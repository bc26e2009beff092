/** The seven laws of `Backend`, as tests. */

import type { Backend } from "../backend/backend.js";
import { isTomogradError } from "../core/errors.js";
import type { BackendFactory, TestApi } from "./api.js";

const THREE = { kind: "flat", length: 3 } as const;

/** The code of the error that work or promise fails with; "none" if it does not. */
async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return "none";
  } catch (error) {
    return isTomogradError(error) ? error.code : String(error);
  }
}

/** The code thrown at the call itself, before anything is awaited. */
function codeAtCall(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return isTomogradError(error) ? error.code : String(error);
  }
}

/** The laws of a started backend; `create` starts others. */
export function queueLaws(backend: Backend, create: BackendFactory, { test, expect }: TestApi): void {
  const upload = (values: readonly number[], label?: string) =>
    backend.upload(Float32Array.from(values), { kind: "flat", length: values.length }, label);

  test("law 1: work takes effect in call order, and upload has copied when it returns", async () => {
    const host = Float32Array.of(1, 2, 3);
    using x = backend.upload(host, THREE);
    host.fill(100);
    using y = backend.allocate(THREE);
    backend.run("axpby", { a: 2, x, b: 1, y });
    backend.run("fill", { out: x, value: 10 });
    backend.run("axpby", { a: 1, x, b: 10, y });
    expect([...(await backend.download(y))]).toEqual([30, 50, 70]);
  });

  test("law 2: a disposed array is refused at the call, work queued before still sees it", async () => {
    const x = upload([1, 2, 3]);
    using y = upload([0, 0, 0]);
    backend.run("copy", { out: y, x });
    x.dispose();
    x.dispose();
    using z = upload([7, 7, 7]); // may take the place of x
    backend.run("fill", { out: z, value: 8 });
    expect(x.disposed).toBe(true);
    expect(codeAtCall(() => backend.run("copy", { out: y, x }))).toBe("BUFFER_DISPOSED");
    expect(await codeOf(() => backend.download(x))).toBe("BUFFER_DISPOSED");
    expect([...(await backend.download(y))]).toEqual([1, 2, 3]);
  });

  test("law 3: download queues its copy at the call", async () => {
    const x = upload([1, 2, 3]);
    const before = backend.download(x);
    backend.run("fill", { out: x, value: 5 });
    const after = backend.download(x);
    x.dispose();
    expect([...(await before)]).toEqual([1, 2, 3]);
    expect([...(await after)]).toEqual([5, 5, 5]);
  });

  const noProject = backend.unsupportedReason("project") !== undefined;
  test.skipIf(noProject)(
    "law 4: a fault of queued work rejects the next download or idle, naming kernel and label, and only that",
    async () => {
      using volume = backend.allocate({ kind: "volume", size: [2, 2, 2] });
      using out = backend.allocate({ kind: "projections", views: 1, rows: 2, columns: 2 }, "the image of law 4");
      using views = backend.upload(Float64Array.of(1, 0, 0, 5, 0.5, 0.5, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0), {
        kind: "flat",
        length: 18,
      });
      using pixels = backend.upload(Uint32Array.of(4), { kind: "flat", length: 1 });
      const args = {
        model: "siddon",
        extent: "line",
        beam: "parallel",
        views,
        out,
        volume,
        accumulate: false,
      } as const;
      backend.run("project", { ...args, pixels });
      let message = "";
      const code = await codeOf(async () => {
        try {
          await backend.idle();
        } catch (error) {
          message = error instanceof Error ? error.message : "";
          throw error;
        }
      });
      expect(code).toBe("BACKEND_FAULT");
      expect(message).toContain("project");
      expect(message).toContain("the image of law 4");
      backend.run("project", args);
      expect([...(await backend.download(out))]).toEqual([0, 0, 0, 0]);
    },
  );

  test("law 5: an array bound twice in one call is refused at the call", async () => {
    using x = upload([1, 2, 3]);
    using s = upload([2]);
    using y = upload([1, 2, 3]);
    expect(codeAtCall(() => backend.run("axpby", { a: 1, x, b: 1, y: x }))).toBe("INVALID_ARGUMENT");
    expect(codeAtCall(() => backend.run("axpby", { a: s, x, b: s, y }))).toBe("INVALID_ARGUMENT");
    expect([...(await backend.download(x))]).toEqual([1, 2, 3]);
  });

  test("law 6: an array of another backend is refused", async () => {
    await using other = await create();
    using mine = upload([1, 2, 3]);
    using foreign = other.upload(Float32Array.of(1, 2, 3), THREE);
    expect(codeAtCall(() => backend.run("copy", { out: mine, x: foreign }))).toBe("WRONG_BACKEND");
    expect(await codeOf(() => backend.download(foreign))).toBe("WRONG_BACKEND");
  });

  test("law 7: liveBytes counts what is held and returns to where it was", async () => {
    const start = backend.liveBytes;
    const volume = backend.allocate({ kind: "volume", size: [5, 6, 7] });
    expect(backend.liveBytes - start).toBeGreaterThanOrEqual(4 * 5 * 6 * 7);
    for (const [shape, type] of [
      [{ kind: "volume", size: [5, 6, 7] }, "real"],
      [{ kind: "projections", views: 2, rows: 3, columns: 5 }, "real"],
      [{ kind: "flat", length: 9 }, "f64"],
    ] as const) {
      const before = backend.liveBytes;
      const array = backend.allocate(shape, "counted", type);
      expect(backend.liveBytes - before).toBe(backend.bytesFor(shape, type));
      array.dispose();
    }
    backend.run("fill", { out: volume, value: 1 });
    volume.dispose();
    await backend.idle();
    expect(backend.liveBytes).toBe(start);
  });

  test("uploads of every kind come back as they were, and new arrays are 0", async () => {
    const volume = { kind: "volume", size: [3, 2, 5] } as const;
    const images = { kind: "projections", views: 2, rows: 3, columns: 5 } as const;
    const values = Float32Array.from({ length: 30 }, (_, i) => i - 4.5);
    for (const shape of [volume, images, { kind: "flat", length: 30 } as const])
      for (const host of [
        values,
        Int16Array.from(values),
        Uint16Array.from(values, Math.abs),
        Uint32Array.from(values, Math.abs),
        Uint8Array.from(values, Math.abs),
      ]) {
        using array = backend.upload(host, shape);
        using zeros = backend.allocate(shape, "zeros", array.type);
        expect(array.type).toBe(host instanceof Uint8Array ? "u8" : host instanceof Uint32Array ? "u32" : "real");
        expect([...(await backend.download(array))]).toEqual([...host]);
        expect([...(await backend.download(zeros))]).toEqual(new Array(30).fill(0));
      }
    using table = backend.upload(Float64Array.of(Math.PI, 1e300, -1e-300), THREE);
    expect(table.type).toBe("f64");
    expect([...(await backend.download(table))]).toEqual([Math.PI, 1e300, -1e-300]);
  });

  test("shapes, types and numbers that do not fit are refused at the call", () => {
    using x = upload([1, 2, 3]);
    using four = upload([1, 2, 3, 4]);
    using table = backend.upload(Float64Array.of(1, 2, 3), THREE);
    expect(codeAtCall(() => backend.run("copy", { out: x, x: four }))).toBe("SHAPE_MISMATCH");
    expect(codeAtCall(() => backend.run("copy", { out: x, x: table }))).toBe("SHAPE_MISMATCH");
    expect(codeAtCall(() => backend.run("fill", { out: x, value: Number.NaN }))).toBe("NOT_FINITE");
    expect(codeAtCall(() => backend.upload(new Float32Array(4), THREE))).toBe("SHAPE_MISMATCH");
    expect(codeAtCall(() => backend.allocate({ kind: "flat", length: 0 }))).toBe("SHAPE_MISMATCH");
    expect(codeAtCall(() => backend.allocate({ kind: "volume", size: [1e6, 1e6, 1e6] }))).toBe("OUT_OF_MEMORY");
    for (const shape of [{ kind: "cube" }, undefined, 8])
      expect(codeAtCall(() => backend.allocate(shape as never))).toBe("INVALID_ARGUMENT");
    expect(codeAtCall(() => backend.allocate({ kind: "volume" } as never))).toBe("SHAPE_MISMATCH");
    expect(codeAtCall(() => backend.allocate(THREE, "x", "f16" as never))).toBe("INVALID_ARGUMENT");
    expect(codeAtCall(() => backend.upload(new Float32Array(3), THREE, "x", "f16" as never))).toBe("INVALID_ARGUMENT");
    for (const values of [[1, 2, 3], undefined, new BigInt64Array(3), "123"])
      expect(codeAtCall(() => backend.upload(values as never, THREE))).toBe("INVALID_ARGUMENT");
    expect(codeAtCall(() => backend.run("fill", undefined as never))).toBe("INVALID_ARGUMENT");
    expect(codeAtCall(() => backend.run("fill", { out: [1, 2, 3] as never, value: 1 }))).toBe("INVALID_ARGUMENT");
  });
}
