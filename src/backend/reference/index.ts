/** The backend that exists to be right: plain TypeScript, float64, everything runs at the call. */
import { fault } from "../../core/errors.js";
import type { Backend, DeviceArray, ElementType, HostArray, Shape } from "../backend.js";
import { checkArray, checkCall, checkShape, checkType, checkUpload } from "../checks.js";
import type { KernelArguments, KernelName } from "../kernels.js";
import { kernelCode, unsupportedReason } from "../table.js";
import { createReferenceArray, type ReferenceArray, referenceBytes } from "./array.js";
import { REFERENCE_KERNELS } from "./kernels.js";

/** A new `reference` backend. It owns its arrays; disposing of it disposes of them. `why` it was chosen ends `about`. */
export function createReferenceBackend(why?: string): Backend {
  const live = new Set<DeviceArray>();
  let liveBytes = 0;
  let failure: unknown;

  const allocate = (shape: Shape, label: string, type: ElementType): ReferenceArray => {
    try {
      const array = createReferenceArray(backend, shape, type, label, (bytes) => {
        liveBytes -= bytes;
        live.delete(array);
      });
      liveBytes += array.values.byteLength;
      live.add(array);
      return array;
    } catch (cause) {
      throw fault(
        "OUT_OF_MEMORY",
        `no memory for '${label}'; dispose of arrays or use a coarser grid`,
        { label },
        cause,
      );
    }
  };
  /** The first fault of work done since the last download or idle. */
  const settle = async <T>(value: T): Promise<T> => {
    const first = failure;
    failure = undefined;
    if (first) throw first;
    return value;
  };

  const backend: Backend = {
    name: "reference",
    about: `reference, 1 thread (plain TypeScript, float64${why ? `; ${why}` : ""})`,
    threads: 1,
    limits: { maxElements: 2 ** 31 - 1 },
    get liveBytes() {
      return liveBytes;
    },
    bytesFor: (shape, type = "real") => referenceBytes(shape, type),
    unsupportedReason: (kernel) => unsupportedReason(REFERENCE_KERNELS, kernel),
    allocate(shape, label = "array", type = "real") {
      checkShape(backend, shape, label);
      checkType(type);
      return allocate(shape, label, type);
    },
    upload(values: HostArray, shape, label = "array", type) {
      const array = allocate(shape, label, checkUpload(backend, values, shape, label, type));
      array.values.set(values);
      return array;
    },
    run<K extends KernelName>(kernel: K, args: KernelArguments[K]) {
      checkCall(backend, kernel, args);
      const code = kernelCode(REFERENCE_KERNELS, kernel, backend.name);
      try {
        code(args);
      } catch (cause) {
        const labels = Object.values(args).flatMap((value) => (value?.backend ? [`'${value.label}'`] : []));
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `${kernel} of ${labels.join(", ")} failed: ${reason}`;
        failure ??= fault("BACKEND_FAULT", message, { kernel, labels }, cause);
      }
    },
    download(array) {
      checkArray(backend, `download: '${array.label}'`, array);
      return settle((array as ReferenceArray).values.slice());
    },
    idle: () => settle(undefined),
    async [Symbol.asyncDispose]() {
      for (const array of live) array.dispose();
    },
  };
  return backend;
}
