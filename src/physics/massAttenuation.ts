/** Mass attenuation coefficients of water, cortical bone and aluminum, 1 keV to 1 MeV. */
import { fault } from "../core/index.js";

/** Substances whose attenuation is tabulated. */
export type Material = "water" | "bone" | "aluminum";

/** g/cm³: water, ICRU-44 cortical bone, aluminum, as in table 2 and 1 of the source of `massAttenuation`. */
export const MATERIAL_DENSITY: Readonly<Record<Material, number>> = { water: 1, bone: 1.92, aluminum: 2.699 };

/**
 * keV, cm²/g, keV, cm²/g, ...; an energy that stands twice is an absorption edge (value below, value above).
 * Source: J. H. Hubbell and S. M. Seltzer, "Tables of X-Ray Mass Attenuation Coefficients and Mass Energy-Absorption
 * Coefficients", NIST Standard Reference Database 126 (NISTIR 5632, 1995, data of 2004): water, liquid; bone, cortical
 * (ICRU-44); aluminum (Z = 13).
 */
const TABLES: Readonly<Record<Material, readonly number[]>> = {
  // biome-ignore format: a table
  water: [
    1, 4078, 1.5, 1376, 2, 617.3, 3, 192.9, 4, 82.78, 5, 42.58, 6, 24.64, 8, 10.37, 10, 5.329, 15, 1.673, 20, 0.8096,
    30, 0.3756, 40, 0.2683, 50, 0.2269, 60, 0.2059, 80, 0.1837, 100, 0.1707, 150, 0.1505, 200, 0.137, 300, 0.1186,
    400, 0.1061, 500, 0.09687, 600, 0.08956, 800, 0.07865, 1000, 0.07072,
  ],
  // biome-ignore format: a table
  bone: [
    1, 3781, 1.03542, 3452, 1.0721, 3150, 1.0721, 3156, 1.18283, 2434, 1.305, 1873, 1.305, 1883, 1.5, 1295, 2, 586.9,
    2.1455, 482.4, 2.1455, 711.4, 2.30297, 591.6, 2.472, 490.7, 2.472, 496.2, 3, 295.8, 4, 133.1, 4.0381, 129.6,
    4.0381, 333.2, 5, 191.7, 6, 117.1, 8, 53.23, 10, 28.51, 15, 9.032, 20, 4.001, 30, 1.331, 40, 0.6655, 50, 0.4242,
    60, 0.3148, 80, 0.2229, 100, 0.1855, 150, 0.148, 200, 0.1309, 300, 0.1113, 400, 0.09908, 500, 0.09022,
    600, 0.08332, 800, 0.07308, 1000, 0.06566,
  ],
  // biome-ignore format: a table
  aluminum: [
    1, 1185, 1.5, 402.2, 1.5596, 362.1, 1.5596, 3957, 2, 2263, 3, 788, 4, 360.5, 5, 193.4, 6, 115.3, 8, 50.33,
    10, 26.23, 15, 7.955, 20, 3.441, 30, 1.128, 40, 0.5685, 50, 0.3681, 60, 0.2778, 80, 0.2018, 100, 0.1704,
    150, 0.1378, 200, 0.1223, 300, 0.1042, 400, 0.09276, 500, 0.08445, 600, 0.07802, 800, 0.06841, 1000, 0.06146,
  ],
};

/** Between two edges: logarithms of energy and coefficient, and the slopes of a cubic through them. */
interface Segment {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly slope: Float64Array;
}

const segments = new Map<Material, readonly Segment[]>();

/**
 * μ/ρ in cm²/g at a photon energy in keV, 1 to 1000; at an edge the value above it. Between the tabulated energies a
 * monotone cubic of the logarithms (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 1980); water at 70 keV: 0.1929.
 * @throws INVALID_ARGUMENT (defects `unknown-material`, `out-of-range`)
 */
export function massAttenuation(material: Material, energyKeV: number): number {
  if (!Object.hasOwn(TABLES, material))
    throw fault("INVALID_ARGUMENT", `materials are ${Object.keys(TABLES).join(", ")}, got '${material}'`, {
      defect: "unknown-material",
    });
  if (!(energyKeV >= 1 && energyKeV <= 1000))
    throw fault("INVALID_ARGUMENT", `attenuation is tabulated from 1 to 1000 keV, got ${energyKeV} keV`, {
      defect: "out-of-range",
      energyKeV,
    });
  const x = Math.log(energyKeV);
  const parts = segmentsOf(material);
  const part = parts.findLast((segment) => segment.x[0] <= x) ?? parts[0];
  let k = 0;
  while (k < part.x.length - 2 && part.x[k + 1] <= x) k++;
  const width = part.x[k + 1] - part.x[k];
  const t = (x - part.x[k]) / width;
  const [t2, t3] = [t * t, t * t * t];
  return Math.exp(
    (2 * t3 - 3 * t2 + 1) * part.y[k] +
      (3 * t2 - 2 * t3) * part.y[k + 1] +
      width * ((t3 - 2 * t2 + t) * part.slope[k] + (t3 - t2) * part.slope[k + 1]),
  );
}

/** μ in 1/mm at the material's own density, see `massAttenuation` and `MATERIAL_DENSITY`. */
export const linearAttenuation = (material: Material, energyKeV: number): number =>
  (massAttenuation(material, energyKeV) * MATERIAL_DENSITY[material]) / 10;

function segmentsOf(material: Material): readonly Segment[] {
  const known = segments.get(material);
  if (known) return known;
  const table = TABLES[material];
  const made: Segment[] = [];
  let points: [number, number][] = [];
  for (let i = 0; i < table.length; i += 2) {
    const point: [number, number] = [Math.log(table[i]), Math.log(table[i + 1])];
    if (points.length > 0 && points[points.length - 1][0] === point[0]) {
      made.push(segment(points));
      points = [];
    }
    points.push(point);
  }
  made.push(segment(points));
  segments.set(material, made);
  return made;
}

/** Slopes of Fritsch and Carlson: weighted harmonic means inside, one-sided at the ends; the data fall everywhere. */
function segment(points: readonly (readonly [number, number])[]): Segment {
  const x = Float64Array.from(points, ([e]) => e);
  const y = Float64Array.from(points, ([, m]) => m);
  const n = x.length;
  const width = (k: number) => x[k + 1] - x[k];
  const secant = (k: number) => (y[k + 1] - y[k]) / width(k);
  const slope = Float64Array.from(x, (_, k) => {
    if (k === 0) return secant(0);
    if (k === n - 1) return secant(n - 2);
    const [a, b] = [2 * width(k) + width(k - 1), width(k) + 2 * width(k - 1)];
    return (a + b) / (a / secant(k - 1) + b / secant(k));
  });
  return { x, y, slope };
}
