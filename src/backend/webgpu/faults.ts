/** What goes wrong on the device: WebGPU tells it later, through error scopes; here it waits for the next download. */
import { fault, type TomogradError } from "../../core/errors.js";

export interface DeviceFaults {
  /** Names something that the open scope is about: a kernel, the label of an array. */
  mention(name: string): void;
  /** Takes note of a fault that the host has found. */
  add(error: Error): void;
  /** Closes the scope over all that was called since the last time, and opens the next. */
  rotate(): void;
  /** The first fault since the last call, once the device has told; a fault is told once. */
  take(): Promise<Error | undefined>;
  /** Resolves with DEVICE_LOST when the device is gone. */
  readonly lost: Promise<TomogradError>;
  /** The same as soon as it is known. */
  readonly lostNow: TomogradError | undefined;
}

/** In the order in which they close. */
const SCOPES = ["validation", "out-of-memory", "internal"] as const;
/** Names in a message. */
const MOST_NAMES = 8;

export function watchFaults(device: GPUDevice): DeviceFaults {
  let pending: (Error | Promise<Error | undefined>)[] = [];
  let names = new Set<string>();
  let lostNow: TomogradError | undefined;
  const lost = device.lost.then(({ reason, message }) => {
    lostNow = fault(
      "DEVICE_LOST",
      `the GPU is gone (${reason || "unknown reason"}${message ? `: ${message}` : ""}); create a new backend and upload again`,
    );
    return lostNow;
  });
  const open = () => {
    for (const scope of SCOPES.toReversed()) device.pushErrorScope(scope);
  };
  const describe = (found: readonly (GPUError | null)[], about: ReadonlySet<string>): Error | undefined => {
    const shown = [...about].slice(0, MOST_NAMES).join(", ");
    const [invalid, full, internal] = found;
    // what uses a buffer for which there was no memory is invalid as well
    if (full)
      return fault(
        "OUT_OF_MEMORY",
        `the GPU has no memory left for ${shown}; use a coarser grid, fewer or coarser views, or the backend wasm`,
        { names: [...about], told: full.message },
      );
    const [scope, error] = invalid ? ["validation", invalid] : ["internal", internal];
    if (!error) return undefined;
    return fault("BACKEND_FAULT", `the GPU refused work of ${shown}: ${scope}: ${error.message}`, {
      names: [...about],
    });
  };
  open();
  return {
    mention: (name) => void names.add(name),
    add: (error) => void pending.push(error),
    rotate() {
      const about = names;
      names = new Set();
      const scopes = Promise.all(SCOPES.map(() => device.popErrorScope()));
      // a device that is lost has no scopes any more; `lost` tells
      pending.push(
        scopes.then(
          (found) => describe(found, about),
          () => undefined,
        ),
      );
      open();
    },
    async take() {
      const claimed = pending;
      pending = [];
      return (await Promise.all(claimed)).find((error) => error);
    },
    lost,
    get lostNow() {
      return lostNow;
    },
  };
}
