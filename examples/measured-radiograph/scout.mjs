/** A scan projection radiograph and its rays: a fan across the patient, parallel along the table. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Reads manifest.json and the pixels that it names; lengths in mm, world RAS. */
export function readScout(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const [rows, columns] = manifest.image.shape;
  const bytes = readFileSync(join(folder, manifest.image.file));
  const plain = manifest.image.file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  const values = Float64Array.from({ length: rows * columns }, (_, i) => plain.readUInt16LE(2 * i));
  const [along, down] = manifest.pixelSpacing_mm;
  const [, y, z] = manifest.firstPixelLPS_mm;
  return {
    ...{ rows, columns, values },
    // mm at the isocenter, which lies in the middle of a row
    spacing: [along, down],
    top: z,
    middle: y + (along * columns) / 2,
    sid: manifest.sourceToIsocentre_mm,
    sdd: manifest.sourceToDetector_mm,
  };
}

/** Rows (their z within low..high) and columns (u within left..right mm of the middle) of a scout. */
export function cropScout(scout, { low, high, left, right }) {
  const { spacing, columns, top } = scout;
  const inside = (count, at, from, to) => [...Array(count).keys()].filter((i) => at(i) >= from && at(i) <= to);
  const r = inside(scout.rows, (i) => top - spacing[1] * i, low, high);
  const c = inside(columns, (i) => spacing[0] * (i - columns / 2), left, right);
  return {
    ...scout,
    ...{ rows: r.length, columns: c.length, row0: r[0], column0: c[0], wholeColumns: columns },
    values: Float64Array.from(r.flatMap((row) => c.map((column) => scout.values[row * columns + column]))),
  };
}

/** Means of factor x factor pixels, and for each pixel its ray [source, end], world RAS mm. */
export function level(scout, factor) {
  const rows = Math.floor(scout.rows / factor);
  const columns = Math.floor(scout.columns / factor);
  const values = new Float64Array(rows * columns);
  const rays = new Float64Array(6 * rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c;
      for (let k = 0; k < factor ** 2; k++) {
        const at = (r * factor + Math.floor(k / factor)) * scout.columns + c * factor + (k % factor);
        values[i] += scout.values[at] / factor ** 2;
      }
      const half = (factor - 1) / 2;
      const z = scout.top - scout.spacing[1] * (scout.row0 + r * factor + half);
      const u = scout.spacing[0] * (scout.column0 + c * factor + half - scout.wholeColumns / 2);
      const angle = u / scout.sid;
      const source = [-scout.sid, -scout.middle, z];
      const end = [source[0] + scout.sdd * Math.cos(angle), source[1] - scout.sdd * Math.sin(angle), z];
      rays.set([...source, ...end], 6 * i);
    }
  return { rows, columns, values, rays };
}
