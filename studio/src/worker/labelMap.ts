/** The label map over the volume that is open. */
import { type Backend, type DeviceVolume, toDevice, type Volume } from "tomograd";
import type { LabelShades } from "./labelShades";
import { withEachBackend, withEachPatient } from "./session";

export interface LabelMap {
  /** On the grid of the opened volume; 0: no label. */
  readonly volume: Volume;
  readonly shades: LabelShades;
}

let map: LabelMap | undefined;
let onDevice: readonly DeviceVolume[] = [];

export const currentLabels = (): LabelMap | undefined => map;

export function setLabels(next: LabelMap | undefined): void {
  for (const shade of onDevice) shade.dispose();
  onDevice = [];
  map = next;
}

/** The shades of the labels on a backend, in their order. */
export function shadesOn(backend: Backend, { shades }: LabelMap): readonly DeviceVolume[] {
  if (onDevice.length === 0) {
    const placed: DeviceVolume[] = [];
    try {
      for (const shade of shades) placed.push(toDevice(backend, shade));
    } catch (error) {
      for (const shade of placed) shade.dispose();
      throw error;
    }
    onDevice = placed;
  }
  return onDevice;
}

withEachBackend(() => {
  onDevice = [];
});
withEachPatient(() => setLabels(undefined));
