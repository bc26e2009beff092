/** The scan of the volume that is open, and what was reconstructed from it. */
import { attenuationToHounsfield, type DeviceVolume, type Projections, toDevice, type Volume } from "tomograd";
import { resample } from "tomograd/volume";
import type { Shown } from "./protocol";
import { currentBackend, currentPatient, withEachBackend, withEachPatient } from "./session";

let scan: Projections | undefined;
/** As the rays integrate it, and in the unit of the volume that was opened. */
let result: { readonly attenuation: Volume; readonly volume: Volume } | undefined;
let difference: Volume | undefined;
/** For the projectors: kept while a picture of it is in the making, even when a newer one has come. */
let onDevice: { readonly volume: DeviceVolume; uses: number; stale: boolean } | undefined;
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

/** Puts a volume, 1/mm, in place of the one reconstructed before. */
export function setReconstructed(attenuation: Volume): void {
  forget();
  result = { attenuation, volume: inUnit(attenuation) };
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

/** A volume for as long as it is needed. */
export interface Lease extends Disposable {
  readonly device: DeviceVolume;
}

/** The reconstruction for the projectors; the opened volume before there is one. */
export async function borrowReconstruction(): Promise<Lease> {
  if (!result) return { device: currentPatient().device, [Symbol.dispose]: () => undefined };
  onDevice ??= { volume: toDevice(await currentBackend(), result.attenuation), uses: 0, stale: false };
  const mine = onDevice;
  mine.uses++;
  return {
    device: mine.volume,
    [Symbol.dispose]() {
      mine.uses--;
      if (mine.stale && mine.uses === 0) mine.volume.dispose();
    },
  };
}

function forgetDevice(): void {
  if (!onDevice) return;
  onDevice.stale = true;
  if (onDevice.uses === 0) onDevice.volume.dispose();
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
