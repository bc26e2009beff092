import { afterAll, describe, expect, test } from "vitest";
import { createBackendOn } from "../../../src/backend/wasm/backendOn.js";
import { CONTROL } from "../../../src/backend/wasm/control.js";
import { createHeap } from "../../../src/backend/wasm/heap.js";
import { compileKernels } from "../../../src/backend/wasm/modules.js";
import { createPool } from "../../../src/backend/wasm/pool.js";
import { createQueue } from "../../../src/backend/wasm/queue.js";
import { createImmediateRunner } from "../../../src/backend/wasm/runner.js";

const KINDS = ["1 thread at the call", "2 threads", "5 threads"] as const;
const BYTES = 1 << 16;

async function createRunner(kind: (typeof KINDS)[number]) {
  const shared = kind !== KINDS[0];
  const heap = createHeap({ shared, maximumBytes: 2 ** 26 });
  const module = await compileKernels(shared ? "threaded" : "plain");
  const onLost = () => {};
  const runner = shared
    ? await createPool({ module, heap, threads: Number.parseInt(kind, 10), onLost })
    : createImmediateRunner(module, heap);
  const x = heap.allocate(BYTES, "x", { byHost: true, completed: 0 }).pointer;
  return { runner, heap, x };
}

describe.each(KINDS)("%s", async (kind) => {
  const { runner, heap, x } = await createRunner(kind);
  const queue = createQueue(runner);
  const numbers = () => new Float32Array(heap.memory.buffer, x, BYTES / 4);
  const origin = { kernel: "test", labels: ["x"] };
  const fill = (value: number, pointer = x) => ({ entry: "fill", tasks: 1, args: [pointer, BYTES, value] });
  /** x <- factor x + 0 x */
  const scale = (factor: number) => ({ entry: "axpby", tasks: 1, args: [x, x, BYTES, 0, factor, 0, 0] });
  afterAll(() => runner.close());

  test("5000 commands of 3 phases run in order", async () => {
    queue.command([fill(0)], origin);
    for (let i = 0; i < 5000; i++) queue.command([fill(i), scale(2), scale(0.5)], origin);
    await queue.fence(() => {});
    expect(numbers().every((value) => value === 4999)).toBe(true);
  });

  test("a phase of 300 tasks runs each once, then the next phase sees all of them", async () => {
    const y = heap.allocate(8 * 300, "partial sums", { byHost: true, completed: 0 }).pointer;
    queue.command([fill(1)], origin);
    for (let repeat = 0; repeat < 50; repeat++)
      queue.command(
        [
          { entry: "zero", tasks: 1, args: [y, 8 * 300] },
          // planes of 16 elements, whose extrema are written two f32 a task
          { entry: "extrema", tasks: 300, args: [x, 64, 1, 64, 16, 16, 300, y] },
          { entry: "joinExtrema", tasks: 1, args: [x, y, 300] },
        ],
        origin,
      );
    await queue.fence(() => {});
    expect(new Float32Array(heap.memory.buffer, y, 600).every((value) => value === 1)).toBe(true);
  });

  test("a trap becomes a fault with its reason, and the work after it runs", async () => {
    queue.command([fill(3)], origin);
    // 4 chunks at the end of the address space, where there is no memory
    const outside = { entry: "fill", tasks: 4, args: [2 ** 32 - 2 ** 21, 2 ** 20, 4] };
    queue.command([outside, scale(1)], { kernel: "fill", labels: ["far away"] });
    queue.command([scale(2)], origin);
    await expect(queue.fence(() => {})).rejects.toMatchObject({
      code: "BACKEND_FAULT",
      message: expect.stringMatching(/^fill of 'far away' failed: .*out of bounds/),
    });
    expect(await queue.fence(() => numbers()[0])).toBe(6);
  });

  test("memory grows while commands run", async () => {
    queue.command([fill(1)], origin);
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 20; j++) queue.command([scale(1)], origin);
      const block = heap.allocate(1 << 20, "more", { byHost: false, completed: queue.completed() });
      queue.command([fill(i, block.pointer), { entry: "copy", tasks: 1, args: [x, block.pointer, BYTES] }], origin);
    }
    expect(await queue.fence(() => numbers()[BYTES / 4 - 1])).toBe(19);
  });
});

describe("threads that fail", () => {
  test("the pool is not created if they cannot be started", async () => {
    const heap = createHeap({ shared: true, maximumBytes: 2 ** 26 });
    const notKernels = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    const onLost = () => expect.unreachable("nothing is lost that was never had");
    await expect(createPool({ module: notKernels, heap, threads: 2, onLost })).rejects.toThrow("grow");
  });

  test("after a thread has died all reads and work are refused with DEVICE_LOST, and disposal still works", async () => {
    const heap = createHeap({ shared: true, maximumBytes: 2 ** 26 });
    let lose = (_cause: Error) => {};
    const onLost = (cause: Error) => lose(cause);
    const runner = await createPool({ module: await compileKernels("threaded"), heap, threads: 2, onLost });
    const { backend, ...created } = createBackendOn({ heap, runner, maximumBytes: 2 ** 26, about: "to be lost" });
    const x = backend.allocate({ kind: "flat", length: 3 });
    const lost = new Promise<void>((resolve) => {
      lose = (cause) => {
        created.lose(cause);
        resolve();
      };
    });
    // A command whose program lies where there is no memory: the loop of the thread itself traps.
    const firstBlock = 1024;
    const words = new Int32Array(heap.memory.buffer, firstBlock);
    words[CONTROL.ring] = -16;
    Atomics.store(words, CONTROL.head, 1);
    Atomics.add(words, CONTROL.wake, 1);
    Atomics.notify(words, CONTROL.wake);
    await lost;
    await expect(backend.download(x)).rejects.toMatchObject({ code: "DEVICE_LOST" });
    await expect(backend.idle()).rejects.toMatchObject({ code: "DEVICE_LOST" });
    expect(() => backend.run("fill", { out: x, value: 1 })).toThrow(expect.objectContaining({ code: "DEVICE_LOST" }));
    await backend[Symbol.asyncDispose]();
    expect(backend.liveBytes).toBe(0);
  });
});
