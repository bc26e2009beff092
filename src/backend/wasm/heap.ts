import { fault } from "../../core/errors.js";

/** A range of addresses. */
export interface Block {
  /** A multiple of 64. */
  readonly pointer: number;
  /** A multiple of 64, at least what was asked for. */
  readonly bytes: number;
  /** Never used before, hence 0 throughout. */
  readonly zero: boolean;
}

/** Who will write a new block first, and how far the queue has come. */
export interface Use {
  /** True: the host writes at once, so all work that touched the block must be done. False: queued work does. */
  readonly byHost: boolean;
  /** Position that the queue has reached. */
  readonly completed: number;
}

/**
 * Hands out ranges of one WebAssembly memory in the order of a queue: what is released at a position of the queue can
 * be handed out at once for work that is queued later, and to the host as soon as the queue has reached that position.
 */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** The smallest free range that is large enough, else the memory grows. @throws OUT_OF_MEMORY */
  allocate(bytes: number, label: string, use: Use): Block;
  /** `position`: of the last item of the queue that may touch the block. */
  release(block: Block, position: number): void;
}

const PAGE = 65536;
/** The modules are linked for at most this many. */
const MOST_PAGES = 65536;
/** The modules ask for as many. */
const FIRST_PAGES = 2;
const GRAIN = 64;
/** Growth in one step, at least; pages cost nothing until they are touched. */
const GROWTH = 16 * PAGE;
/** No block starts at 0, so that 0 can mean "none". */
const START = 1024;

interface FreeRange {
  start: number;
  end: number;
  position: number;
}

/** `maximumBytes`: at most 4 GiB. Where the machine refuses to reserve as much, half of it is tried, and so on. */
export function createHeap({ shared, maximumBytes }: { shared: boolean; maximumBytes: number }): Heap {
  const [memory, maximumPages] = createMemory(shared, Math.floor(maximumBytes / PAGE));
  /** By address. */
  let free: FreeRange[] = [{ start: START, end: memory.buffer.byteLength, position: 0 }];
  /** From here on the memory has never been used. */
  let untouched = START;

  /** Joins neighbors, those of one position or all. */
  const join = (all: boolean) => {
    const joined: FreeRange[] = [];
    for (const range of free) {
      const last = joined.at(-1);
      if (last?.end === range.start && (all || last.position === range.position)) {
        last.end = range.end;
        last.position = Math.max(last.position, range.position);
      } else joined.push(range);
    }
    free = joined;
  };

  const bestFit = (bytes: number, byHost: boolean): number => {
    let best = -1;
    for (const [i, { start, end, position }] of free.entries())
      if (end - start >= bytes && !(byHost && position > 0))
        if (best < 0 || end - start < free[best].end - free[best].start) best = i;
    return best;
  };

  const grow = (bytes: number, label: string, byHost: boolean) => {
    const end = memory.buffer.byteLength;
    const last = free.at(-1);
    const usable = last?.end === end && !(byHost && last.position > 0) ? end - last.start : 0;
    const room = maximumPages * PAGE - end;
    try {
      if (bytes - usable > room) throw new RangeError(`${room} bytes are left`);
      memory.grow(Math.ceil(Math.min(Math.max(bytes - usable, GROWTH), room) / PAGE));
    } catch (cause) {
      const [needed, taken, most] = [bytes, end, maximumPages * PAGE].map((n) => (n / 2 ** 20).toFixed(1));
      throw fault(
        "OUT_OF_MEMORY",
        `no memory for '${label}': it needs ${needed} MiB, ${taken} of ${most} MiB are taken; ` +
          "dispose of arrays or use a coarser grid",
        { label, bytes },
        cause,
      );
    }
    free.push({ start: end, end: memory.buffer.byteLength, position: 0 });
  };

  return {
    memory,
    allocate(wanted, label, { byHost, completed }) {
      const bytes = Math.max(GRAIN, Math.ceil(wanted / GRAIN) * GRAIN);
      for (const range of free) if (range.position <= completed) range.position = 0;
      join(false);
      let at = bestFit(bytes, byHost);
      if (at < 0 && !byHost) {
        join(true);
        at = bestFit(bytes, byHost);
      }
      if (at < 0) {
        grow(bytes, label, byHost);
        join(!byHost);
        at = bestFit(bytes, byHost);
      }
      const range = free[at];
      const block = { pointer: range.start, bytes, zero: range.start >= untouched };
      range.start += bytes;
      if (range.start === range.end) free.splice(at, 1);
      untouched = Math.max(untouched, block.pointer + bytes);
      return block;
    },
    release({ pointer, bytes }, position) {
      const range = { start: pointer, end: pointer + bytes, position };
      const next = free.findIndex(({ start }) => start > pointer);
      free.splice(next < 0 ? free.length : next, 0, range);
    },
  };
}

/** A memory and the pages that it may grow to. */
function createMemory(shared: boolean, wantedPages: number): [WebAssembly.Memory, number] {
  for (let maximum = Math.min(wantedPages, MOST_PAGES); ; maximum = Math.floor(maximum / 2))
    try {
      return [new WebAssembly.Memory({ initial: FIRST_PAGES, maximum, shared }), maximum];
    } catch (cause) {
      if (maximum >= 2 * FIRST_PAGES) continue;
      throw fault("OUT_OF_MEMORY", "the machine grants no WebAssembly memory", {}, cause);
    }
}
