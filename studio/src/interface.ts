/** `window.tomogradStudio`: the page for scripts, such as those of its tests and of the browser's console. */

import type { Plane } from "tomograd/report";
import { drr, exactDrr } from "./state/drr";
import { code, codeOfReconstruction, codeOfRegistration, commands, runFile } from "./state/export";
import { linkOfView } from "./state/link";
import { crosshair, openSample, openVolume, patient, pointAt } from "./state/patient";
import { arm, beam, beamMatrix, steer } from "./state/pose";
import { methodAsked, reconstruct, reconstruction, scan, scanAsked, simulate, steps } from "./state/reconstruction";
import { hideXRay, openXRay, register, registration, xray } from "./state/registration";
import { backend, failure, startBackend } from "./state/status";
import { paintedDrr, paintedSlices } from "./views/painted";
import type { ReconstructRequest, ScanRequest } from "./worker/protocol";

const studio = {
  /** The exact line integrals of the present view with its geometry, as "Save line integrals" writes them. */
  image: exactDrr,
  /** The picture that is shown now. */
  shown: () => drr.value,
  /** The one that is on the screen, of a moment ago. */
  painted: () => paintedDrr.value?.picture,
  /** The slice that is on the screen. */
  slice: (plane: Plane) => paintedSlices.value[plane]?.picture,
  arm: () => arm.value,
  steer,
  beam: () => beam.value,
  matrix: () => beamMatrix.value,
  crosshair: () => crosshair.value,
  pointAt,
  patient: () => patient.value,
  open: openVolume,
  openSample,
  scan: () => scan.value,
  /** Iterations of the run under way, or of the last one. */
  steps: () => steps.value,
  /** Asks for a scan and takes it; what is left out stays as it was. */
  simulate: async (asked: Partial<ScanRequest> = {}) => {
    scanAsked.value = { ...scanAsked.value, ...asked };
    await simulate();
    return scan.value;
  },
  /** Reconstructs it; what is left out stays as it was. */
  reconstruct: async (asked: Partial<ReconstructRequest> = {}) => {
    methodAsked.value = { ...methodAsked.value, ...asked };
    await reconstruct();
    return reconstruction.value;
  },
  reconstruction: () => reconstruction.value,
  /** Takes an X-ray from a hidden place (random numbers in [0, 1) from `draw`). */
  hideXRay,
  openXRay,
  xray: () => xray.value,
  register,
  registration: () => registration.value,
  /** What reproduces the page: commands, a program, the address of the view. */
  commands: () => commands.value,
  code: () => code.value,
  codeOfReconstruction: () => codeOfReconstruction.value,
  codeOfRegistration: () => codeOfRegistration.value,
  runFile,
  link: linkOfView,
  backend: () => backend.value,
  /** Computes on another backend, or by a number of threads. */
  start: startBackend,
  failure: () => failure.value,
};

declare global {
  interface Window {
    tomogradStudio?: typeof studio;
  }
}

/** Puts the interface on the window. */
export function publishInterface(): void {
  window.tomogradStudio = studio;
}
