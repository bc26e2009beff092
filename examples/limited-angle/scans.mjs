/** The scans that a manifest lists, in the frame that its README gives. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { binImages, binTrajectory, toIntensity, toLineIntegral } from "tomograd/physics";

function bytesOf(folder, { file }) {
  const bytes = readFileSync(join(folder, file));
  const plain = file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  return plain.buffer.slice(plain.byteOffset, plain.byteOffset + plain.byteLength);
}

/** Every scan: name, object, views, line integrals and, where there is one, the true segmentation. */
export function readScans(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const { files, pixelSize_mm } = manifest.groundTruth;
  return manifest.scans.map((entry) => {
    const angles = new Float64Array(bytesOf(folder, entry.angles));
    const truth = files[entry.phantom];
    const about = `${entry.name}, ${angles.length} views over ${angles.at(-1) - angles[0]} degrees`;
    return {
      name: entry.name,
      degrees: Math.round(angles.at(-1) - angles[0]),
      ...trajectory(entry, angles, about),
      values: Float64Array.from(new Float32Array(bytesOf(folder, entry.sinogram))),
      ...(truth && {
        truth: { size: truth.shape[0], pixel: pixelSize_mm, values: new Uint8Array(bytesOf(folder, truth)) },
      }),
    };
  });
}

/** A fan beam is a cone beam with one row of pixels: source at sid (sin t, -cos t), columns along (cos t, sin t). */
function trajectory(entry, angles, about) {
  const {
    distanceSourceOrigin: sid,
    distanceSourceDetector: sdd,
    detectorPixels: columns,
    detectorPixelSize: pitch,
  } = entry;
  const views = Array.from(angles, (degrees) => {
    const [s, c] = [Math.sin((Math.PI / 180) * degrees), Math.cos((Math.PI / 180) * degrees)];
    const first = -((columns - 1) / 2) * pitch;
    return {
      beam: "cone",
      source: [sid * s, -sid * c, 0],
      firstPixel: [-(sdd - sid) * s + first * c, (sdd - sid) * c + first * s, 0],
      columnStep: [pitch * c, pitch * s, 0],
      rowStep: [0, 0, -pitch],
    };
  });
  return { detector: { rows: 1, columns, pixelSize: [pitch, pitch] }, views, about };
}

/** The scan with `factor` pixels put together, in intensity. */
export function binned(scan, factor) {
  const { views, detector } = scan;
  const images = { views: views.length, ...detector, values: toIntensity(scan.values) };
  const values = toLineIntegral(binImages(images, [1, factor]).values);
  return { ...scan, ...binTrajectory(scan, [1, factor]), about: scan.about, values };
}
