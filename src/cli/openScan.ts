import type { Model } from "../backend/kernels.js";
import type { Trajectory } from "../geometry/view.js";
import { createProjector, type DeviceVolume, type Projector, toDevice } from "../projector/index.js";
import type { Volume } from "../volume/grid.js";
import { voxelCount } from "../volume/index.js";
import { refuseTooLarge } from "./memory.js";
import type { Session } from "./session.js";

/** The operator of a trajectory and the volume it looks at, on the session's backend; disposing frees both. */
export interface Scan extends Disposable {
  readonly A: Projector;
  readonly x: DeviceVolume;
}

/** @throws TOO_LARGE before anything is allocated, and what `createProjector` throws */
export async function openScan(
  session: Session,
  volume: Volume,
  { detector, views }: Trajectory,
  options: { readonly model?: Model; readonly step?: number },
): Promise<Scan> {
  const backend = await session.backend();
  refuseTooLarge({
    voxels: voxelCount(volume.grid),
    volumes: 3,
    pixels: views.length * detector.rows * detector.columns,
    stacks: 2,
    bytesPerNumber: backend.name === "reference" ? 8 : 4,
  });
  const A = createProjector({
    backend,
    grid: volume.grid,
    detector,
    views,
    model: options.model ?? "siddon",
    ...(options.step !== undefined && { stepMm: options.step }),
  });
  const x = toDevice(backend, volume);
  return {
    A,
    x,
    [Symbol.dispose]() {
      x.dispose();
      A.dispose();
    },
  };
}
