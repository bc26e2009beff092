/** Polynomials that undo the hardening of a beam by one material. */
import { fault, refuseUnknownOptions } from "../core/index.js";
import { leastSquares } from "./leastSquares.js";
import { linearAttenuation, type Material } from "./massAttenuation.js";
import type { Spectrum } from "./spectrum.js";

type Samples = Float32Array | Float64Array;

/** p_corrected = c_1 p + c_2 p² + ...; a ray that nothing attenuates stays 0. */
export interface BeamHardeningCorrection {
  /** c_1, c_2, ..., no unit. */
  readonly coefficients: readonly number[];
  /** The largest p that the fit has seen; beyond it the polynomial goes on as its tangent. */
  readonly largest: number;
  /** Root mean square of the fit's error, in corrected p. */
  readonly residual: number;
}

/** Options of `beamHardeningCorrection`. */
export interface BeamHardeningOptions {
  readonly spectrum: Spectrum;
  /** @default "water" */
  readonly material?: Material;
  /** Attenuation in 1/mm for each energy of the spectrum, instead of a material's. */
  readonly attenuation?: ArrayLike<number>;
  /** mm, the longest path through the material that will be met. */
  readonly maximumPath: number;
  /** Terms of the polynomial, 1 to 8. @default 5 */
  readonly degree?: number;
  /** 1/mm that the material shall have afterwards. @default the slope at path 0, sum of weight times attenuation */
  readonly reference?: number;
}

const PATHS = 1000;

/**
 * The correction for a spectrum: p_poly(t) = -ln sum_E w(E) exp(-mu(E) t) is tabulated for paths t from 0 to the longest,
 * and the polynomial without constant term that comes nearest to mu_ref t is fitted by least squares.
 * @throws INVALID_ARGUMENT (defect `out-of-range`), SHAPE_MISMATCH (defect `length`)
 */
export function beamHardeningCorrection(options: BeamHardeningOptions): BeamHardeningCorrection {
  refuseUnknownOptions("beamHardeningCorrection", options, [
    "spectrum",
    "material",
    "attenuation",
    "maximumPath",
    "degree",
    "reference",
  ]);
  const { spectrum, material = "water", maximumPath, degree = 5 } = options;
  const { energiesKeV, weights } = spectrum;
  const mu = Float64Array.from(options.attenuation ?? energiesKeV.map((energy) => linearAttenuation(material, energy)));
  if (mu.length !== weights.length)
    throw fault("SHAPE_MISMATCH", `${weights.length} energies need as many attenuations, got ${mu.length}`, {
      defect: "length",
    });
  inRange("maximumPath (mm)", maximumPath, maximumPath > 0);
  const reference = options.reference ?? mu.reduce((sum, m, e) => sum + weights[e] * m, 0);
  inRange("reference (1/mm)", reference, reference > 0);
  const paths = Float64Array.from({ length: PATHS }, (_, k) => (maximumPath * (k + 1)) / PATHS);
  const measured = paths.map((t) => -Math.log(mu.reduce((sum, m, e) => sum + weights[e] * Math.exp(-m * t), 0)));
  return fitBeamHardening({ measured, wanted: paths.map((t) => reference * t), degree });
}

/** Options of `fitBeamHardening`. */
export interface BeamHardeningFit {
  /** Line integrals as measured, behind one material. */
  readonly measured: ArrayLike<number>;
  /** What they should be, one for each: attenuation times the known path. */
  readonly wanted: ArrayLike<number>;
  /** Terms of the polynomial, 1 to 8. @default 5 */
  readonly degree?: number;
}

/**
 * The correction from measurements behind known paths (a homogeneous object of known shape), by least squares.
 * @throws INVALID_ARGUMENT (defect `out-of-range`, `not-rising`: no line integral above 0, or a result that falls),
 * SHAPE_MISMATCH (defect `length`)
 */
export function fitBeamHardening(options: BeamHardeningFit): BeamHardeningCorrection {
  refuseUnknownOptions("fitBeamHardening", options, ["measured", "wanted", "degree"]);
  const { measured, wanted, degree = 5 } = options;
  if (!(Number.isInteger(degree) && degree >= 1 && degree <= 8))
    throw fault("INVALID_ARGUMENT", `the polynomial has 1 to 8 terms, got ${degree}`, { defect: "out-of-range" });
  if (measured.length !== wanted.length || measured.length < degree)
    throw fault(
      "SHAPE_MISMATCH",
      `${degree} terms need at least as many pairs of line integrals, got ${measured.length} and ${wanted.length}`,
      { defect: "length" },
    );
  let largest = 0;
  for (let i = 0; i < measured.length; i++) largest = Math.max(largest, measured[i]);
  if (!(largest > 0 && Number.isFinite(largest)))
    throw fault("INVALID_ARGUMENT", "no line integral lies above 0: nothing attenuates", { defect: "not-rising" });
  // in units of the largest p the powers stay comparable
  const scaled = leastSquares(measured.length, degree, (i, row) => {
    let power = 1;
    for (let k = 0; k < degree; k++) row[k] = power *= measured[i] / largest;
    return wanted[i];
  });
  const coefficients = scaled.map((c, k) => c / largest ** (k + 1));
  const correction = { coefficients, largest, residual: 0 };
  for (let k = 0; k <= 100; k++)
    if (!(slopeAt(correction, (largest * k) / 100) > 0))
      throw fault("INVALID_ARGUMENT", `the fitted polynomial falls at p = ${(largest * k) / 100}: lower the degree`, {
        defect: "not-rising",
      });
  let sum = 0;
  for (let i = 0; i < measured.length; i++) sum += (correctedIntegral(correction, measured[i]) - wanted[i]) ** 2;
  return { ...correction, residual: Math.sqrt(sum / measured.length) };
}

/** The corrected line integral; below 0 and beyond the largest p of the fit along the tangent there. */
export function correctedIntegral(correction: BeamHardeningCorrection, p: number): number {
  const { largest } = correction;
  const at = Math.min(largest, Math.max(0, p));
  let value = 0;
  for (let k = correction.coefficients.length - 1; k >= 0; k--) value = at * (value + correction.coefficients[k]);
  return p === at ? value : value + (p - at) * slopeAt(correction, at);
}

function slopeAt({ coefficients }: BeamHardeningCorrection, p: number): number {
  let slope = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) slope = p * slope + (k + 1) * coefficients[k];
  return slope;
}

/** Line integrals without the hardening of the beam. A new array of the same type. */
export function correctBeamHardening<T extends Samples>(lineIntegrals: T, correction: BeamHardeningCorrection): T {
  return lineIntegrals.map((p) => correctedIntegral(correction, p)) as T;
}

function inRange(name: string, value: number, holds: boolean): void {
  if (!holds || !Number.isFinite(value))
    throw fault("INVALID_ARGUMENT", `${name} is out of range: ${value}`, { defect: "out-of-range", field: name });
}
