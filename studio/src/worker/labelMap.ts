/** The label map over the volume that is open. */
import { type Backend, type DeviceVolume, toDevice, type Volume } from "tomograd";
import { withEachBackend, withEachPatient } from "./session";

export interface LabelMap {
  /** On the grid of the opened volume; 0: no label. */
  readonly volume: Volume;
  /** The labels that are shown, rising. */
  readonly listed: readonly number[];
}

let map: LabelMap | undefined;
/** Which of `listed` each voxel has, counted from 1; 0: none. */
let onDevice: DeviceVolume | undefined;

export const currentLabels = (): LabelMap | undefined => map;

export function setLabels(next: LabelMap | undefined): void {
  onDevice?.dispose();
  onDevice = undefined;
  map = next;
}

/** The places of the labels in `listed`, from 1, on a backend. */
export function placesOn(backend: Backend, { volume, listed }: LabelMap): DeviceVolume {
  if (onDevice) return onDevice;
  const placeOf = new Map(listed.map((label, i) => [label, i + 1]));
  const values = Uint8Array.from(volume.values, (label) => placeOf.get(label) ?? 0);
  onDevice = toDevice(backend, { quantity: "label", grid: volume.grid, values });
  return onDevice;
}

withEachBackend(() => {
  onDevice = undefined;
});
withEachPatient(() => setLabels(undefined));
