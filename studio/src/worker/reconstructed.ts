/** The scan of the volume that is open, and what was reconstructed from it. */
import {
  attenuationToHounsfield,
  type Backend,
  type DeviceVolume,
  type Projections,
  toDevice,
  type Volume,
} from "tomograd";
import { resample } from "tomograd/volume";
import { finestFirst, place } from "./placed";
import type { Shown } from "./protocol";
import { currentBackend, currentPatient, withEachBackend, withEachPatient } from "./session";

let scan: Projections | undefined;
/** As the rays integrate it, and in the unit of the volume that was opened. */
let result: { readonly attenuation: Volume; readonly volume: Volume; readonly done: boolean } | undefined;
let difference: Volume | undefined;
/** For the projectors: kept while a picture of it is in the making, even when a newer one has come. */
let onDevice: (Released & { uses: number; stale: boolean }) | undefined;
/** The opened volume on the grid of the reconstruction, 1/mm. */
let truth: Volume | undefined;

/** The scan. @throws where there is none, which the page prevents */
export function currentScan(): Projections {
  if (!scan) throw new Error("no scan is simulated");
  return scan;
}

/** The same, undefined where there is none; likewise the reconstruction. */
export const scanSoFar = (): Projections | undefined => scan;
export const reconstructionSoFar = (): Volume | undefined => result?.attenuation;

export function setScan(next: Projections | undefined): void {
  scan = next;
}

/** The opened volume on the grid of a reconstruction, 1/mm: linear interpolation, as `tomograd reconstruct --truth`. */
export function truthOn(grid: Volume["grid"]): Volume {
  if (truth?.grid !== grid) truth = resample(currentPatient().attenuation(), grid);
  return truth;
}

/** Puts a volume, 1/mm, in place of the one reconstructed before. `done`: whether no newer one is on its way. */
export function setReconstructed(attenuation: Volume, done: boolean): void {
  forget();
  result = { attenuation, volume: inUnit(attenuation), done };
}

/** In HU where the opened volume is. */
export const inUnit = (attenuation: Volume): Volume =>
  currentPatient().facts.quantity === "hounsfield" ? attenuationToHounsfield(attenuation) : attenuation;

/** The reconstruction as the rays integrate it, 1/mm. @throws where there is none, which the page prevents */
export function currentReconstruction(): Volume {
  if (!result) throw new Error("nothing is reconstructed");
  return result.attenuation;
}

/** What is shown, and the value around it. */
export function shownVolume(of: Shown): { readonly volume: Volume; readonly outside: number } {
  const { volume, facts } = currentPatient();
  if (of === "volume" || !result) return { volume, outside: facts.range[0] };
  if (of === "reconstruction") return { volume: result.volume, outside: facts.range[0] };
  difference ??= less(result.volume, inUnit(truthOn(result.attenuation.grid)));
  return { volume: difference, outside: 0 };
}

const less = (a: Volume, b: Volume): Volume => ({
  ...a,
  values: Float32Array.from(a.values, (value, i) => value - b.values[i]),
});

/** A volume for as long as it is needed: itself, then ever fewer and larger voxels. */
export interface Lease extends Disposable {
  readonly volumes: readonly DeviceVolume[];
}

interface Released {
  readonly volumes: readonly DeviceVolume[];
  readonly release: () => void;
}

/** Larger voxels of a volume that is soon replaced are not worth their time: a second for 256³. */
function placed(backend: Backend, { attenuation, done }: NonNullable<typeof result>): Released {
  if (done) {
    const whole = place(backend, attenuation);
    return { volumes: finestFirst(whole), release: whole.release };
  }
  const device = toDevice(backend, attenuation);
  return { volumes: [device], release: () => device.dispose() };
}

/** The reconstruction for the projectors; the opened volume before there is one. */
export async function borrowReconstruction(): Promise<Lease> {
  const backend = await currentBackend();
  if (!result) return { volumes: finestFirst(currentPatient()), [Symbol.dispose]: () => undefined };
  onDevice ??= { ...placed(backend, result), uses: 0, stale: false };
  const mine = onDevice;
  mine.uses++;
  return {
    volumes: mine.volumes,
    [Symbol.dispose]() {
      mine.uses--;
      if (mine.stale && mine.uses === 0) mine.release();
    },
  };
}

function forgetDevice(): void {
  if (!onDevice) return;
  onDevice.stale = true;
  if (onDevice.uses === 0) onDevice.release();
  onDevice = undefined;
}

function forget(): void {
  forgetDevice();
  result = undefined;
  difference = undefined;
}

withEachBackend(forgetDevice);
withEachPatient(() => {
  forget();
  scan = undefined;
  truth = undefined;
});
