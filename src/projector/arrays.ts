import type { Backend, DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { counted, describeValue } from "../core/words.js";
import type { Detector, View } from "../geometry/view.js";
import type { Grid, Projections, Quantity, Volume } from "../volume/grid.js";
import type { DeviceProjections, DeviceVolume } from "./types.js";

/** Wraps an array of shape "volume"; takes ownership of it. */
export function deviceVolume(array: DeviceArray, grid: Grid, quantity: Quantity): DeviceVolume {
  const dispose = () => array.dispose();
  return { array, grid, quantity, dispose, [Symbol.dispose]: dispose };
}

/** Wraps an array of shape "projections"; takes ownership of it. */
export function deviceProjections(array: DeviceArray, detector: Detector, views: readonly View[]): DeviceProjections {
  const dispose = () => array.dispose();
  return { array, detector, views, dispose, [Symbol.dispose]: dispose };
}

const volumeShape = (grid: Grid) => ({ kind: "volume", size: [grid.size[0], grid.size[1], grid.size[2]] }) as const;

/** A volume of zeros. @throws OUT_OF_MEMORY */
export function zeros(backend: Backend, grid: Grid, quantity: Quantity, label = "volume"): DeviceVolume {
  return deviceVolume(backend.allocate(volumeShape(grid), label), grid, quantity);
}

/** A volume of zeros like another one. @throws OUT_OF_MEMORY */
export function zerosLike(volume: DeviceVolume, label = "volume"): DeviceVolume {
  return zeros(volume.array.backend, volume.grid, volume.quantity, label);
}

/** Projections of zeros. @throws OUT_OF_MEMORY */
export function zeroProjections(
  backend: Backend,
  detector: Detector,
  views: readonly View[],
  label = "projections",
): DeviceProjections {
  const { rows, columns } = detector;
  const array = backend.allocate({ kind: "projections", views: views.length, rows, columns }, label);
  return deviceProjections(array, detector, views);
}

/**
 * Copies a volume ([nz][ny][nx], x fastest) or projections ([view][row][column]) to a device. Label volumes of bytes stay
 * bytes (for `labelChannels`), everything else becomes real numbers.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH if the number of values does not fit, OUT_OF_MEMORY
 */
export function toDevice(backend: Backend, host: Volume, label?: string): DeviceVolume;
export function toDevice(backend: Backend, host: Projections, label?: string): DeviceProjections;
export function toDevice(
  backend: Backend,
  host: Volume | Projections,
  label?: string,
): DeviceVolume | DeviceProjections {
  if (!("grid" in Object(host) || "detector" in Object(host)))
    throw fault(
      "INVALID_ARGUMENT",
      `toDevice takes a volume { quantity, grid, values } or projections { detector, views, values }, not ${describeValue(host)}`,
    );
  if ("grid" in host) {
    const type = host.quantity === "label" && host.values instanceof Uint8Array ? "u8" : "real";
    const array = backend.upload(host.values, volumeShape(host.grid), label ?? host.quantity, type);
    return deviceVolume(array, host.grid, host.quantity);
  }
  const { rows, columns } = host.detector;
  const shape = { kind: "projections", views: host.views.length, rows, columns } as const;
  return deviceProjections(
    backend.upload(host.values, shape, label ?? "projections", "real"),
    host.detector,
    host.views,
  );
}

/** Copies back; float64 from `reference`, float32 elsewhere. The copy is queued at the call. */
export function toHost(device: DeviceVolume): Promise<Volume>;
export function toHost(device: DeviceProjections): Promise<Projections>;
export function toHost(device: DeviceVolume | DeviceProjections): Promise<Volume | Projections> {
  const values = device.array.backend.download(device.array);
  if ("grid" in device) {
    const { grid, quantity } = device;
    return values.then((v) => {
      if (v instanceof Uint32Array) throw fault("SHAPE_MISMATCH", "a volume of pixel indices cannot be downloaded");
      return { quantity, grid, values: v };
    });
  }
  const { detector, views } = device;
  return values.then((v) => {
    if (!(v instanceof Float32Array || v instanceof Float64Array))
      throw fault("SHAPE_MISMATCH", "projections hold real numbers");
    return { detector, views, about: counted(views.length, "view"), values: v };
  });
}
