import { describe, expect, test } from "vitest";
import { type Block, createHeap } from "../../../src/backend/wasm/heap.js";
import { createRandom } from "../../../src/core/random.js";

const MIB = 2 ** 20;
const queued = { byHost: false, completed: 0 } as const;
const byHost = (completed: number) => ({ byHost: true, completed });

describe("the heap", () => {
  test("1000 random allocations and releases never overlap, are 64-byte aligned, and all of it comes back", () => {
    const random = createRandom(1);
    const heap = createHeap({ shared: false, maximumBytes: 64 * MIB });
    const live: Block[] = [];
    for (let i = 0; i < 1000; i++) {
      if (live.length > 0 && random.uniform() < 0.5) heap.release(live.splice(random.integer(live.length), 1)[0], i);
      else
        live.push(
          heap.allocate(1 + random.integer(200_000), "block", { byHost: random.uniform() < 0.5, completed: i }),
        );
      const sorted = live.toSorted((a, b) => a.pointer - b.pointer);
      const ends = [...sorted.slice(1).map(({ pointer }) => pointer), heap.memory.buffer.byteLength];
      expect(sorted.every(({ pointer, bytes }, j) => pointer % 64 === 0 && pointer + bytes <= ends[j])).toBe(true);
    }
    for (const block of live) heap.release(block, 0);
    const size = heap.memory.buffer.byteLength;
    const whole = heap.allocate(size - 1024, "whole", byHost(1000));
    expect(whole.pointer).toBe(1024);
    expect(heap.memory.buffer.byteLength).toBe(size);
  });

  test("a released block goes to queued work at once, to the host when the queue has passed its release", () => {
    const heap = createHeap({ shared: true, maximumBytes: 64 * MIB });
    const first = heap.allocate(MIB, "first", queued);
    heap.release(first, 7);
    const second = heap.allocate(MIB, "second", queued);
    expect(second.pointer).toBe(first.pointer);
    heap.release(second, 9);
    const early = heap.allocate(MIB, "early", byHost(8));
    expect(early.pointer).not.toBe(first.pointer);
    expect(heap.allocate(MIB, "late", byHost(9)).pointer).toBe(first.pointer);
  });

  test("memory that was never used is known to be 0, used memory is not", () => {
    const heap = createHeap({ shared: false, maximumBytes: 64 * MIB });
    const first = heap.allocate(100, "first", queued);
    expect(first.zero).toBe(true);
    heap.release(first, 0);
    expect(heap.allocate(100, "again", queued).zero).toBe(false);
    expect(heap.allocate(100, "beyond", queued).zero).toBe(true);
  });

  test("it grows to its limit and not beyond: OUT_OF_MEMORY names the array and the sizes", () => {
    const heap = createHeap({ shared: true, maximumBytes: 8 * MIB });
    heap.allocate(7 * MIB, "large", queued);
    expect(() => heap.allocate(2 * MIB, "one too many", queued)).toThrow(
      expect.objectContaining({ code: "OUT_OF_MEMORY", message: expect.stringContaining("'one too many'") }),
    );
    expect(heap.allocate(MIB / 2, "the rest", queued).bytes).toBe(MIB / 2);
  });
});
