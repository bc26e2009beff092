/** A volume at several resolutions on a device, to be used by many registrations. */
import type { Backend } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { disposeOnFailure } from "../core/owned.js";
import { toDevice } from "../projector/arrays.js";
import type { DeviceVolume } from "../projector/types.js";
import { boxResample } from "../volume/boxResample.js";
import type { Grid, Volume } from "../volume/grid.js";
import { spacing } from "../volume/gridFrame.js";

/** What registration renders: attenuation of one rigid body, at three resolutions. Dispose it after use. */
export interface VolumePyramid extends Disposable {
  readonly backend: Backend;
  /** The grid that the volume came on. */
  readonly grid: Grid;
  /** Coarsest first; all fill the same box in the world. */
  readonly levels: readonly DeviceVolume[];
  dispose(): void;
}

/** mm: finer voxels are averaged for the finest level; it needs no more for sub-millimeter poses. */
const SPACING = 2.5;
/** Most voxels along an axis of the finest level. */
const MOST = 160;
/** An axis is not halved below this many voxels. */
const FEWEST = 8;
const LEVELS = 3;

/**
 * Levels of means of 2 x 2 x 2 voxels; the finest is the volume itself, or means of whole voxels that are at least 2.5 mm
 * apart and at most 160 along an axis (where these do not divide the volume, the fractions at its end count in part).
 * @param volume attenuation (1/mm), density or any unit that adds up along rays
 * @throws INVALID_ARGUMENT for HU and labels (defect `wrong-quantity`), NOT_FINITE
 */
export function createVolumePyramid(backend: Backend, volume: Volume): VolumePyramid {
  if (volume.quantity === "hounsfield" || volume.quantity === "label")
    throw fault(
      "INVALID_ARGUMENT",
      `found a volume of ${volume.quantity}; expected attenuation or density, whose line integrals X-rays show; convert it with hounsfieldToAttenuation`,
      { defect: "wrong-quantity", quantity: volume.quantity },
    );
  const bad = firstNotFinite(volume.values);
  if (bad >= 0)
    throw fault("NOT_FINITE", `found voxel ${bad} = ${volume.values[bad]}; expected finite voxels; fill them first`, {
      defect: "not-finite",
      index: bad,
    });
  const hosts = [resampled(volume, finestSize(volume.grid))];
  while (hosts.length < LEVELS) hosts.unshift(resampled(hosts[0], halfSize(hosts[0].grid)));
  const levels = disposeOnFailure((own) => hosts.map((host) => own(toDevice(backend, host))));
  const dispose = () => {
    for (const level of levels) level.dispose();
  };
  return { backend, grid: volume.grid, levels, dispose, [Symbol.dispose]: dispose };
}

/** @throws INVALID_ARGUMENT (`no-backend`) */
export function backendOf({
  volume,
  backend,
}: {
  readonly volume: Volume | VolumePyramid;
  readonly backend?: Backend | undefined;
}): Backend {
  const used = "levels" in volume ? volume.backend : backend;
  if (used) return used;
  throw fault(
    "INVALID_ARGUMENT",
    "found a volume without a backend; expected both, or a volume pyramid; give backend",
    {
      defect: "no-backend",
    },
  );
}

/** Its index, -1 where there is none. A loop: large volumes take several times as long with a function for each voxel. */
function firstNotFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

function finestSize(grid: Grid): Vec3 {
  const mm = spacing(grid);
  const along = (axis: number) => {
    const size = grid.size[axis];
    const factor = Math.max(Math.ceil(SPACING / mm[axis] - 1e-6), Math.ceil(size / MOST));
    return Math.max(1, Math.round(size / Math.min(factor, Math.max(1, Math.floor(size / FEWEST)))));
  };
  return [along(0), along(1), along(2)];
}

function halfSize({ size }: Grid): Vec3 {
  const half = (n: number) => (n >= 2 * FEWEST ? Math.ceil(n / 2) : n);
  return [half(size[0]), half(size[1]), half(size[2])];
}

const resampled = (volume: Volume, size: Vec3): Volume =>
  size.every((n, axis) => n === volume.grid.size[axis]) ? volume : boxResample(volume, size);
