import { describe, expect, test } from "vitest";
import type { Phase } from "../../../src/backend/wasm/program.js";
import { createQueue } from "../../../src/backend/wasm/queue.js";
import type { Runner } from "../../../src/backend/wasm/runner.js";

const origin = (kernel: string) => ({ kernel, labels: [`the array of ${kernel}`] });
const phase = (entry: string): Phase => ({ entry, tasks: 1, args: [] });

/** A runner that finishes commands only when told to, and takes `room` at a time. */
function createManualRunner(room = Infinity) {
  const log: string[] = [];
  const waiters: (() => void)[] = [];
  let finished = 0;
  let failure: ReturnType<Runner["takeFailure"]>;
  const runner: Runner = {
    threads: 2,
    get started() {
      return log.length;
    },
    finished: () => finished,
    start(phases) {
      if (log.length - finished >= room) return false;
      log.push(phases.map(({ entry }) => entry).join("+"));
      return true;
    },
    async reached(count) {
      while (finished < count) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    takeFailure() {
      const first = failure;
      failure = undefined;
      return first;
    },
    close: async () => {},
  };
  const finish = async (count: number, failed?: { command: number; reason: string }) => {
    finished += count;
    failure = failed;
    for (const wake of waiters.splice(0)) wake();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { runner, log, finish };
}

describe("the queue", () => {
  test("a fence reads when all before it is done, and holds back what comes after", async () => {
    const { runner, log, finish } = createManualRunner();
    const queue = createQueue(runner);
    queue.command([phase("a")], origin("a"));
    const read = queue.fence(() => log.push("read"));
    queue.command([phase("b")], origin("b"));
    expect(log).toEqual(["a"]);
    expect(queue.completed()).toBe(0);
    await finish(1);
    await read;
    expect(log).toEqual(["a", "read", "b"]);
    expect(queue.completed()).toBe(2);
    expect(queue.issued).toBe(3);
  });

  test("commands wait on the host while the runner has no room, in order", async () => {
    const { runner, log, finish } = createManualRunner(2);
    const queue = createQueue(runner);
    for (const name of ["a", "b", "c", "d", "e"]) queue.command([phase(name)], origin(name));
    expect(log).toEqual(["a", "b"]);
    await finish(2);
    expect(log).toEqual(["a", "b", "c", "d"]);
    await finish(2);
    expect(log).toEqual(["a", "b", "c", "d", "e"]);
    expect(queue.completed()).toBe(4);
  });

  test("a long command is cut into programs that run one after another, and counts as one", async () => {
    const { runner, log, finish } = createManualRunner();
    const queue = createQueue(runner);
    const long = Array.from({ length: 3000 }, (_, i) => ({ entry: `${i}`, tasks: 1, args: new Array(20).fill(0) }));
    queue.command(long, origin("long"));
    expect(log.length).toBeGreaterThan(1);
    expect(log.join("+")).toBe(long.map(({ entry }) => entry).join("+"));
    await finish(1);
    expect(queue.completed()).toBe(0);
    await finish(log.length - 1);
    expect(queue.completed()).toBe(1);
  });

  test("the first failure rejects the next fence with kernel and label, and only that one", async () => {
    const { runner, finish } = createManualRunner();
    const queue = createQueue(runner);
    queue.command([phase("a")], origin("a"));
    queue.command([phase("b")], origin("b"));
    const first = expect(queue.fence(() => 1)).rejects.toMatchObject({
      code: "BACKEND_FAULT",
      message: "b of 'the array of b' failed: out of bounds",
    });
    const second = queue.fence(() => 2);
    await finish(2, { command: 2, reason: "out of bounds" });
    await first;
    expect(await second).toBe(2);
  });

  test("losing the threads rejects all that waits and all that comes", async () => {
    const { runner } = createManualRunner();
    const queue = createQueue(runner);
    queue.command([phase("a")], origin("a"));
    const waiting = [queue.fence(() => 1), queue.fence(() => 2)];
    queue.fail(new Error("gone"));
    for (const promise of waiting) await expect(promise).rejects.toThrow("gone");
    await expect(queue.fence(() => 3)).rejects.toThrow("gone");
    expect(() => queue.command([phase("b")], origin("b"))).toThrow("gone");
  });
});
