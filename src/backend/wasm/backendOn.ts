import { fault } from "../../core/errors.js";
import {
  type Backend,
  type DeviceArray,
  type ElementType,
  type HostArray,
  type Shape,
  shapeLength,
} from "../backend.js";
import { checkArray, checkCall, checkShape, checkUpload } from "../checks.js";
import { KERNEL_NAMES, type KernelArguments, type KernelName, type KernelTable } from "../kernels.js";
import { kernelCode, unsupportedReason } from "../table.js";
import type { Block, Heap } from "./heap.js";
import { layoutOf, storedBytes } from "./layout.js";
import type { Lowering } from "./lowerings.js";
import type { Phase, ProgramContext, WasmArray } from "./program.js";
import { createQueue } from "./queue.js";
import type { Runner } from "./runner.js";
import { touchPhases, zeroPhase } from "./storagePhases.js";
import { WASM_KERNELS } from "./table.js";
import { type Elements, loadElements, storedElements, storeElements } from "./transfer.js";

/** What this file knows of an array beyond `WasmArray`. */
interface OwnArray extends WasmArray {
  /** Until its first use: "fresh" memory, which is 0, or "garbage", to be zeroed unless it is written as a whole. */
  unused?: "fresh" | "garbage";
}

export interface Parts {
  readonly heap: Heap;
  readonly runner: Runner;
  readonly maximumBytes: number;
  readonly about: string;
}

/** A backend on a memory and something that runs commands; `lose` is to be called when the threads are gone. */
export function createBackendOn({ heap, runner, maximumBytes, about }: Parts): {
  readonly backend: Backend;
  readonly lose: (cause: Error) => void;
} {
  const queue = createQueue(runner);
  const live = new Set<OwnArray>();
  let liveBytes = 0;
  let closed: Promise<void> | undefined;

  const refuseIfClosed = () => {
    if (closed) throw fault("BUFFER_DISPOSED", "this backend was disposed; create a new one");
  };

  const createArray = (shape: Shape, type: ElementType, label: string, byHost: boolean): [OwnArray, Block] => {
    const layout = layoutOf(shape, type);
    const bytes = storedBytes(layout);
    const block = heap.allocate(bytes, label, { byHost, completed: queue.completed() });
    let disposed = false;
    const dispose = () => {
      if (disposed) return;
      disposed = true;
      live.delete(array);
      liveBytes -= bytes;
      heap.release(block, queue.issued);
    };
    const array: OwnArray = {
      ...{ backend, shape, type, label, layout, bytes, dispose, pointer: block.pointer, length: shapeLength(shape) },
      unused: block.zero ? "fresh" : "garbage",
      get disposed() {
        return disposed;
      },
      [Symbol.dispose]: dispose,
    };
    live.add(array);
    liveBytes += bytes;
    return [array, block];
  };

  const elementsOf = ({ type, pointer, layout }: OwnArray) => storedElements(type, heap.memory, pointer, layout);

  /** Queues a call: first what makes unused arrays ready, then its phases. */
  const enqueue = <K extends KernelName>(kernel: K, { lower, overwrites }: Lowering<K>, args: KernelArguments[K]) => {
    const blocks: Block[] = [];
    const preparation: Phase[] = [];
    const context: ProgramContext = {
      threads: runner.threads,
      temporary(bytes) {
        const block = heap.allocate(bytes, `scratch of ${kernel}`, { byHost: false, completed: queue.completed() });
        blocks.push(block);
        if (block.zero) preparation.push(...touchPhases(block));
        return block.pointer;
      },
    };
    try {
      const arrays = Object.values(args).filter((value): value is OwnArray => value?.backend === backend);
      const phases: Phase[] = lower(args, context);
      const written = overwrites?.(args) ?? [];
      for (const array of arrays)
        if (array.unused === "fresh") preparation.push(...touchPhases(array));
        else if (array.unused === "garbage" && !written.includes(array)) preparation.push(zeroPhase(array));
      queue.command([...preparation, ...phases], { kernel, labels: arrays.map(({ label }) => label) });
      for (const array of arrays) array.unused = undefined;
    } finally {
      for (const block of blocks) heap.release(block, queue.issued);
    }
  };

  const tableEntry = <K extends KernelName>(kernel: K) => {
    const entry: Lowering<K> | { readonly unsupported: string } = WASM_KERNELS[kernel];
    return "unsupported" in entry ? entry : { run: (args: KernelArguments[K]) => enqueue(kernel, entry, args) };
  };
  const table = Object.fromEntries(
    KERNEL_NAMES.map((kernel) => [kernel, tableEntry(kernel)]),
  ) as unknown as KernelTable;

  const backend: Backend = {
    name: "wasm",
    about,
    threads: runner.threads,
    limits: { maxElements: Math.floor(maximumBytes / 4) },
    get liveBytes() {
      return liveBytes;
    },
    bytesFor: (shape, type = "real") => storedBytes(layoutOf(shape, type)),
    unsupportedReason: (kernel) => unsupportedReason(table, kernel),
    allocate(shape, label = "array", type = "real") {
      refuseIfClosed();
      checkShape(backend, shape, label);
      return createArray(shape, type, label, false)[0];
    },
    upload(values: HostArray, shape, label = "array", wanted) {
      refuseIfClosed();
      const type = checkUpload(backend, values, shape, label, wanted);
      const [array, block] = createArray(shape, type, label, true);
      const stored = elementsOf(array);
      if (!block.zero) stored.fill(0);
      storeElements(type, values, array.layout, stored);
      array.unused = undefined;
      return array;
    },
    run(kernel, args) {
      refuseIfClosed();
      checkCall(backend, kernel, args);
      kernelCode(table, kernel, backend.name)(args);
    },
    async download(deviceArray: DeviceArray): Promise<Elements> {
      refuseIfClosed();
      checkArray(backend, `download: '${deviceArray.label}'`, deviceArray);
      const array = deviceArray as OwnArray;
      if (array.unused === "garbage") queue.command([zeroPhase(array)], { kernel: "allocate", labels: [array.label] });
      array.unused = undefined;
      return queue.fence(() => loadElements(array.type, array.layout, elementsOf(array)));
    },
    async idle() {
      refuseIfClosed();
      return queue.fence(() => {});
    },
    [Symbol.asyncDispose]() {
      closed ??= (async () => {
        for (const array of live) array.dispose();
        await queue.fence(() => {}).catch(() => {});
        await runner.close();
      })();
      return closed;
    },
  };

  return {
    backend,
    lose: (cause) =>
      queue.fail(fault("DEVICE_LOST", `a thread of the wasm backend ended: ${cause.message}`, {}, cause)),
  };
}
