/** What `simulate` may add to exact line integrals: a spectrum, photons, electronics. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { fault } from "../core/errors.js";
import {
  addNoise,
  linearAttenuation,
  parseSpectrum,
  polychromaticIntegrals,
  splitWaterAndBone,
} from "../physics/index.js";
import { type DeviceVolume, toDevice } from "../projector/index.js";
import type { Projections, Volume } from "../volume/grid.js";
import * as parse from "./parse.js";

/** The beam and the detector that counts it. */
export interface BeamChoice {
  readonly spectrum?: string;
  readonly detectorKind?: "counting" | "integrating";
  readonly referenceKev?: number;
  readonly i0?: number;
  readonly noise?: number;
  readonly countScale?: number | "largest";
  readonly seed?: number;
}

export function addBeamOptions(command: Command): Command {
  return command
    .option("--spectrum <file.csv>", "energy (keV) and weight a line: line integrals of water and bone in that beam")
    .option(
      "--detector-kind <name>",
      "counting or integrating: what the spectrum's weights become (default: counting)",
      parse.oneOf("counting", "integrating"),
    )
    .option("--reference-kev <keV>", "energy that the volume's attenuation holds for (default: 70)", parse.positive)
    .option("--i0 <photons>", "photons of a pixel without an object: adds Poisson noise", parse.positive)
    .option(
      "--noise <counts>",
      "standard deviation of the electronics (default: 0)",
      parse.number("a number from 0 on", (x) => x >= 0),
    )
    .option(
      "--count-scale <s>",
      "the object attenuates by exp(-p / s); 'largest' takes the largest p (default: 1)",
      (text) => (text === "largest" ? "largest" : parse.positive(text)),
    );
}

/** @throws INVALID_ARGUMENT (defect `contradictory-options`) */
export function checkBeam(options: BeamChoice, volume: Volume): void {
  const refuse = (message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect: "contradictory-options" });
  };
  if (options.i0 === undefined)
    for (const name of ["noise", "countScale"] as const)
      if (options[name] !== undefined) refuse(`--${name === "noise" ? "noise" : "count-scale"} belongs to --i0`);
  if (options.spectrum === undefined)
    for (const [name, flag] of [
      ["detectorKind", "detector-kind"],
      ["referenceKev", "reference-kev"],
    ] as const)
      if (options[name] !== undefined) refuse(`--${flag} belongs to --spectrum`);
  if (options.spectrum !== undefined && volume.quantity === "density")
    refuse("--spectrum needs attenuation in 1/mm; density 0..1 has no energy");
}

/** The line integrals that the beam and its detector measure; `project`: those of a volume on the device, `x` is `volume`. */
export async function measure(
  project: (x: DeviceVolume) => Promise<Projections>,
  x: DeviceVolume,
  volume: Volume,
  options: BeamChoice,
): Promise<Projections & { readonly steps: readonly string[] }> {
  const steps: string[] = [];
  let projections: Projections;
  if (options.spectrum === undefined) {
    projections = await project(x);
  } else {
    const { detectorKind: detector = "counting", referenceKev: referenceKeV = 70 } = options;
    const spectrum = parseSpectrum(await readFile(options.spectrum, "utf8"), { detector });
    const parts = splitWaterAndBone({ ...volume, quantity: "attenuation" }, { referenceKeV });
    const ofPart = async (part: Volume) => {
      using device = toDevice(x.array.backend, part);
      return await project(device);
    };
    const [water, bone] = [await ofPart(parts.water), await ofPart(parts.bone)];
    const values = polychromaticIntegrals({ water: water.values, bone: bone.values, referenceKeV }, spectrum);
    projections = { ...water, values };
    const at = linearAttenuation("water", referenceKeV).toFixed(4);
    steps.push(`${spectrum.weights.length} energies, water ${at}/mm at ${referenceKeV} keV`);
  }
  if (options.i0 === undefined) return { ...projections, steps };
  const { i0: photonsPerPixel, noise: electronicNoise = 0, seed = 0, countScale = 1 } = options;
  let largest = 0;
  for (const p of projections.values) largest = Math.max(largest, p);
  const scale = countScale === "largest" ? largest || 1 : countScale;
  steps.push(`${photonsPerPixel} photons a pixel, electronics ${electronicNoise}, scale ${scale.toPrecision(4)}`);
  const values = addNoise(projections.values, { photonsPerPixel, electronicNoise, scale, seed });
  return { ...projections, values, steps };
}
