/** Which pixels of which voxels are rendered in time: what rays took so far tells what they will take. */
import type { DeviceVolume } from "tomograd";
import type { Model } from "tomograd/backend";
import { type ConeView, type Detector, magnificationAt } from "tomograd/geometry";
import { gridCenter, spacing } from "tomograd/volume";

/** Pixels of a detector that become one, along rows and columns, at most. */
const COARSEST = 16;
/** Rays per ms where nothing is known: few, to be in time anywhere. */
const UNKNOWN = 300;

/** Rays per ms through volumes of a size, on a backend, by a model. */
const paces = new Map<string, number>();
const keyOf = ({ array, grid }: DeviceVolume, model: Model) => `${array.backend.about} ${grid.size} ${model}`;

/** Learns from a picture. */
export function learn(volume: DeviceVolume, model: Model, rays: number, milliseconds: number): void {
  const key = keyOf(volume, model);
  // small pictures are mostly overhead
  const seen = rays / Math.max(0.5, milliseconds);
  paces.set(key, 0.7 * (paces.get(key) ?? seen) + 0.3 * seen);
}

/** Rays per ms through the first of several volumes, the finer ones first; a volume not yet seen is tried. */
function pace([volume, ...coarser]: readonly DeviceVolume[], model: Model): number {
  const known = paces.get(keyOf(volume, model));
  if (known !== undefined) return known;
  return coarser.length > 0 ? Math.max(UNKNOWN, pace(coarser, model) / 2) : UNKNOWN;
}

export interface Detail {
  readonly volume: DeviceVolume;
  readonly coarsening: number;
}

/** The finest picture whose rays take `within` ms; `volumes`: the exact one, then others of ever larger voxels. */
export function detailWithin(
  within: number,
  { view, detector, model }: { readonly view: ConeView; readonly detector: Detector; readonly model: Model },
  volumes: readonly DeviceVolume[],
): Detail {
  const rays = detector.rows * detector.columns;
  const pixel = Math.min(...detector.pixelSize) / Math.abs(magnificationAt(view, gridCenter(volumes[0].grid)));
  /** The largest voxels that are not seen in pixels so coarse; the exact picture is of the exact volume. */
  const voxelsFor = (coarsening: number): number => {
    if (coarsening === 1) return 0;
    return Math.max(
      0,
      volumes.findLastIndex(({ grid }) => Math.min(...spacing(grid)) <= coarsening * pixel),
    );
  };
  for (let coarsening = 1; ; coarsening++) {
    const at = voxelsFor(coarsening);
    const inTime = rays / coarsening ** 2 <= within * pace(volumes.slice(at), model);
    if (inTime || coarsening === COARSEST) return { volume: volumes[at], coarsening };
  }
}
