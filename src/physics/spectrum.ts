/** X-ray spectra as a detector weighs them. */
import { fault, refuseUnknownOptions } from "../core/index.js";

/** Lines of a spectrum: how much of the signal without an object comes from which photon energy. */
export interface Spectrum {
  /** keV, rising. */
  readonly energiesKeV: Float64Array;
  /** One for each energy, sum 1. */
  readonly weights: Float64Array;
}

/** Options of `createSpectrum` and `parseSpectrum`. */
export interface SpectrumOptions {
  /**
   * What a photon adds to the signal: 1 (`counting`: weights are numbers of photons, or already detected signal) or its
   * energy (`integrating`: weights are numbers of photons, the detector adds up their energies). @default "counting"
   */
  readonly detector?: "counting" | "integrating";
}

/**
 * A spectrum of lines; weights in any unit.
 * @throws INVALID_ARGUMENT (defect `bad-spectrum`) for energies that do not rise from above 0, negative weights or none
 */
export function createSpectrum(
  energiesKeV: ArrayLike<number>,
  weights: ArrayLike<number>,
  options: SpectrumOptions = {},
): Spectrum {
  refuseUnknownOptions("createSpectrum", options, ["detector"]);
  const { detector = "counting" } = options;
  if (detector !== "counting" && detector !== "integrating")
    throw fault("INVALID_ARGUMENT", `a detector is 'counting' or 'integrating', got '${detector}'`, {
      defect: "bad-option",
    });
  const energies = Float64Array.from(energiesKeV);
  if (energies.length === 0 || energies.length !== weights.length)
    refuse(`one weight for each energy is needed, got ${energies.length} energies and ${weights.length} weights`);
  const signal = energies.map((energy, i) => weights[i] * (detector === "integrating" ? energy : 1));
  for (let i = 0; i < energies.length; i++) {
    if (!Number.isFinite(energies[i]) || !(energies[i] > (i === 0 ? 0 : energies[i - 1])))
      refuse(`energies rise from above 0 keV, number ${i} is ${energies[i]}`);
    if (!(signal[i] >= 0 && Number.isFinite(signal[i]))) refuse(`weights are >= 0, number ${i} is ${weights[i]}`);
  }
  const sum = signal.reduce((total, weight) => total + weight, 0);
  if (!(sum > 0)) refuse("at least one weight lies above 0");
  return { energiesKeV: energies, weights: signal.map((weight) => weight / sum) };
}

/**
 * A spectrum from text: a line `energy,weight` each (keV; comma, semicolon, tab or blanks between), lines that begin
 * with # left out, one line of titles allowed.
 * @throws INVALID_ARGUMENT (defect `bad-spectrum`)
 */
export function parseSpectrum(text: string, options: SpectrumOptions = {}): Spectrum {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const rows = lines.map((line) =>
    line
      .split(/[,;\t ]+/)
      .filter((cell) => cell !== "")
      .map(Number),
  );
  const isTitle = rows.length > 0 && rows[0].every(Number.isNaN);
  const numbers = isTitle ? rows.slice(1) : rows;
  for (const [i, row] of numbers.entries())
    if (row.length !== 2 || !row.every(Number.isFinite))
      refuse(`a line holds an energy in keV and a weight, got '${lines[i + (isTitle ? 1 : 0)]}'`);
  return createSpectrum(
    numbers.map(([energy]) => energy),
    numbers.map(([, weight]) => weight),
    options,
  );
}

/** Mean photon energy of the signal, keV. */
export const meanEnergy = ({ energiesKeV, weights }: Spectrum): number =>
  energiesKeV.reduce((sum, energy, i) => sum + energy * weights[i], 0);

function refuse(message: string): never {
  throw fault("INVALID_ARGUMENT", message, { defect: "bad-spectrum" });
}
