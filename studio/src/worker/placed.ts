/** A volume on a backend, as it is and in fewer, larger voxels for pictures that follow a hand. */
import { type Backend, type DeviceVolume, toDevice, type Volume } from "tomograd";
import { createVolumePyramid, type VolumePyramid } from "tomograd/registration";

export interface Placed {
  readonly device: DeviceVolume;
  /** Means over larger voxels. */
  readonly pyramid: VolumePyramid;
  readonly release: () => void;
}

export function place(backend: Backend, volume: Volume): Placed {
  const device = toDevice(backend, volume);
  try {
    const pyramid = createVolumePyramid(backend, volume);
    const release = () => {
      device.dispose();
      pyramid.dispose();
    };
    return { device, pyramid, release };
  } catch (error) {
    device.dispose();
    throw error;
  }
}

/** The volume itself, then ever fewer and larger voxels. */
export function finestFirst({ device, pyramid }: Placed): readonly DeviceVolume[] {
  const coarser = pyramid.levels.filter(({ grid }) => grid.size.some((n, i) => n < device.grid.size[i]));
  return [device, ...coarser.toReversed()];
}
