import { fault, isTomogradError } from "../../core/errors.js";
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
import type { AdjointWays } from "./adjointWays.js";
import { type GpuArray, gpuArray, type Part } from "./array.js";
import { createBufferPool, type Slot } from "./bufferPool.js";
import { watchFaults } from "./faults.js";
import type { Kernel, KernelContext } from "./kernel.js";
import { partBytes, rangesOf, storedBytes } from "./layout.js";
import { createRecorder } from "./recorder.js";
import { WEBGPU_KERNELS } from "./table.js";
import { type Elements, loadParts, storedPart } from "./transfer.js";

export interface DeviceParts {
  readonly device: GPUDevice;
  /** Most bytes of one buffer; larger arrays are cut. */
  readonly maxBindingBytes: number;
  readonly adjoint: AdjointWays;
  readonly about: string;
  /** See `KernelContext`. @default 1 */
  readonly workShare?: number;
}

/** `GPUMapMode.READ`, which Node lacks. */
const MAP_READ = 1;
/** ms in which a browser says that the device is gone, once reading from it has failed. */
const TOLD_WITHIN = 2000;
/** Elements are numbered by u32 in the shaders; arrays of several buffers might be longer. */
const MOST_ELEMENTS = 2 ** 31 - 1;

function largestOf(values: HostArray): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}

/** GPUs may take it for any number, so that what is wrong would look right. */
function refuseNaN(values: HostArray, label: string): void {
  if (!(values instanceof Float32Array || values instanceof Float64Array)) return;
  if (!values.includes(Number.NaN)) return;
  const at = values.findIndex(Number.isNaN);
  throw fault(
    "NOT_FINITE",
    `'${label}': element ${at} is NaN, which a GPU does not carry; put a number there, or use the backend wasm`,
    { label, at },
  );
}

/** A backend on a device, which it owns: it is destroyed with the backend. */
export function createBackendOn({ device, maxBindingBytes, adjoint, about, workShare = 1 }: DeviceParts): Backend {
  const faults = watchFaults(device);
  const pool = createBufferPool(device, faults, maxBindingBytes);
  const recorder = createRecorder(device, pool, faults);
  const live = new Set<GpuArray>();
  let liveBytes = 0;
  let closed: Promise<void> | undefined;

  const refuseIfGone = () => {
    if (closed) throw fault("BUFFER_DISPOSED", "this backend was disposed; create a new one");
    if (faults.lostNow) throw faults.lostNow;
  };
  /** A buffer that the host may write at once. */
  const writable = (bytes: number, label: string) => pool.take("storage", bytes, label, recorder.batch);

  const createArray = (
    shape: Shape,
    type: ElementType,
    label: string,
    take?: (bytes: number, part: number) => Slot,
  ) => {
    const ranges = rangesOf(shape, maxBindingBytes, label);
    const bytes = storedBytes(ranges, type);
    const parts = take
      ? ranges.map((range, i): Part => ({ ...range, slot: take(partBytes(range.length, type), i) }))
      : [];
    let disposed = false;
    const dispose = () => {
      if (disposed) return;
      disposed = true;
      live.delete(array);
      liveBytes -= bytes;
      for (const { slot } of array.parts) pool.give(slot);
      array.parts = [];
      array.numbers = undefined;
    };
    const array: GpuArray = {
      ...{ backend, shape, type, label, parts, dispose, length: shapeLength(shape) },
      get disposed() {
        return disposed;
      },
      [Symbol.dispose]: dispose,
    };
    live.add(array);
    liveBytes += bytes;
    return array;
  };
  const createTable = (shape: Shape, label: string, numbers: Float64Array<ArrayBuffer>): GpuArray => {
    const table = createArray(shape, "f64", label);
    table.numbers = numbers;
    return table;
  };

  /** Gives `use` a context whose buffers go back to the pool afterwards: commands keep their order. */
  const withContext = (kernel: KernelName, use: (context: KernelContext) => void) => {
    const borrowed: Slot[] = [];
    const borrow = (slot: Slot) => {
      borrowed.push(slot);
      return slot;
    };
    const { dispatch, copy, clear } = recorder;
    try {
      use({
        ...{ dispatch, copy, clear, maxBindingBytes, adjoint, workShare },
        temporary: (bytes) => borrow(pool.take("storage", bytes, `scratch of ${kernel}`)),
        upload(values) {
          const slot = borrow(writable(values.byteLength, `table of ${kernel}`));
          recorder.write(slot, values);
          return slot;
        },
        tableOutput(table) {
          const array = gpuArray(table);
          if (array.numbers) {
            array.numbers = undefined;
            array.parts = rangesOf(array.shape, maxBindingBytes, array.label).map((range) => ({
              ...range,
              slot: pool.take("storage", partBytes(range.length, "f64"), array.label),
            }));
          }
          return array.parts;
        },
      });
    } finally {
      for (const slot of borrowed) pool.give(slot);
    }
  };

  const enqueue = <K extends KernelName>(kernel: K, code: Kernel<K>, args: KernelArguments[K]) => {
    const labels = Object.values(args).flatMap((value) => (value?.backend ? [`'${value.label}'`] : []));
    faults.mention(`${kernel} of ${labels.join(", ")}`);
    try {
      withContext(kernel, (context) => code(args, context));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `${kernel} of ${labels.join(", ")} failed: ${reason}`;
      const family = isTomogradError(cause, "OUT_OF_MEMORY") ? cause.code : "BACKEND_FAULT";
      faults.add(fault(family, message, { kernel, labels }, cause));
    }
  };

  const tableEntry = <K extends KernelName>(kernel: K) => {
    const entry: Kernel<K> | { readonly unsupported: string } = WEBGPU_KERNELS[kernel];
    return typeof entry === "function" ? { run: (args: KernelArguments[K]) => enqueue(kernel, entry, args) } : entry;
  };
  const table = Object.fromEntries(
    KERNEL_NAMES.map((kernel) => [kernel, tableEntry(kernel)]),
  ) as unknown as KernelTable;

  /** Submits; resolves with what `read` gives when the device has come so far. Faults up to here reject. */
  const fence = async <T>(read: () => Promise<T>): Promise<T> => {
    recorder.flush();
    const first = faults.take();
    const work = read();
    work.catch(() => {}); // told by `first` or `lost` where these come first
    const lost = faults.lost.then((error) => {
      throw closed ? fault("BUFFER_DISPOSED", "this backend was disposed; create a new one") : error;
    });
    lost.catch(() => {});
    const error = await Promise.race([first, lost]);
    if (error) {
      await Promise.race([work.catch(() => {}), lost]);
      throw error;
    }
    // browsers let go of a buffer that is being mapped before they say that the device is gone
    const known = work.catch(async (cause: unknown) => {
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, TOLD_WITHIN))]);
      throw cause;
    });
    return Promise.race([known, lost]);
  };

  /** Loss rejects all that comes later as well: a promise that nobody waits for any more must not end the process. */
  const quietAboutLoss = <T>(work: Promise<T>): Promise<T> => {
    const result = work.catch((error: unknown) => {
      if (faults.lostNow || closed) result.catch(() => {});
      throw error;
    });
    return result;
  };

  /** Copies of the parts as they are now, each in a buffer that the host can map. */
  const stage = (parts: readonly Part[], type: ElementType, label: string) =>
    parts.map(({ slot, length }) => {
      const bytes = partBytes(length, type);
      const staging = pool.take("staging", bytes, `copy of ${label}`);
      recorder.copy(slot, 0, staging, 0, bytes);
      return { staging, bytes };
    });

  const download = async (deviceArray: DeviceArray): Promise<Elements> => {
    refuseIfGone();
    checkArray(backend, `download: '${deviceArray.label}'`, deviceArray);
    const { type, label, length, parts, numbers } = gpuArray(deviceArray);
    if (numbers) {
      const values = numbers.slice();
      return fence(async () => values);
    }
    const copies = stage(parts, type, label);
    return fence(async () => {
      // the buffers of a batch that failed cannot be mapped: `mapAsync` tells that itself
      device.pushErrorScope("validation");
      const mapped = copies.map(({ staging, bytes: size }) => staging.buffer.mapAsync(MAP_READ, 0, size));
      device.popErrorScope().catch(() => {}); // the device is gone
      await Promise.all(mapped);
      const bytes = copies.map(({ staging, bytes: size }) => staging.buffer.getMappedRange(0, size));
      const values = loadParts(type, length, parts, bytes);
      for (const { staging } of copies) {
        staging.buffer.unmap();
        pool.give(staging);
      }
      return values;
    });
  };
  const idle = async () => {
    refuseIfGone();
    return fence(async () => {
      await device.queue.onSubmittedWorkDone();
    });
  };

  const backend: Backend = {
    name: "webgpu",
    about,
    threads: 1,
    limits: { maxElements: MOST_ELEMENTS },
    get liveBytes() {
      return liveBytes;
    },
    bytesFor: (shape, type = "real") => storedBytes(rangesOf(shape, maxBindingBytes, "array"), type),
    unsupportedReason: (kernel) => unsupportedReason(table, kernel),
    allocate(shape, label = "array", type = "real") {
      refuseIfGone();
      checkShape(backend, shape, label);
      if (type === "f64") return createTable(shape, label, new Float64Array(shapeLength(shape)));
      const array = createArray(shape, type, label, (bytes) => pool.take("storage", bytes, label));
      for (const { slot } of array.parts) if (!slot.fresh) recorder.clear(slot);
      return array;
    },
    upload(values: HostArray, shape, label = "array", wanted) {
      refuseIfGone();
      const type = checkUpload(backend, values, shape, label, wanted);
      if (type === "f64") return createTable(shape, label, Float64Array.from(values));
      if (type === "real") refuseNaN(values, label);
      const array = createArray(shape, type, label, (bytes) => writable(bytes, label));
      for (const part of array.parts) recorder.write(part.slot, storedPart(values, type, part));
      if (type === "u32") array.largest = largestOf(values);
      return array;
    },
    run(kernel, args) {
      refuseIfGone();
      checkCall(backend, kernel, args);
      kernelCode(table, kernel, backend.name)(args);
    },
    download: (array) => quietAboutLoss(download(array)),
    idle: () => quietAboutLoss(idle()),
    [Symbol.asyncDispose]() {
      closed ??= (async () => {
        for (const array of live) array.dispose();
        recorder.close();
        if (!faults.lostNow) await Promise.race([device.queue.onSubmittedWorkDone(), faults.lost]).catch(() => {});
        pool.destroy();
        device.destroy();
      })();
      return closed;
    },
  };
  return backend;
}
