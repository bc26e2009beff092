/**
 * The good and bad files that the fuzzer starts from: what the folders' manifests list, if there are any, and what this
 * package writes itself (HDF5 through h5wasm, a dependency of development).
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { writeImage, writeProjections, writeVolume } from "tomograd/io";

/** Larger inputs only slow it down, bytes. */
const LARGEST = 1 << 18;
const FOLDERS = ["oriented", "oriented/real", "malformed", "formats", "dicom-transfer-syntaxes"];

/**
 * Inputs `{name, kind, open, files: [{path, bytes}]}`: `open` is the path to read ("" is the folder of all files), `kind`
 * the ending of the name, by which they are drawn.
 */
export async function readSeeds(dataFolder) {
  const seeds = [...(await ownSeeds())];
  for (const folder of FOLDERS) {
    const path = join(dataFolder, folder);
    for (const manifest of ["manifest.json", "public/manifest.json"].map((name) => join(path, name)))
      if (existsSync(manifest)) seeds.push(...manifestSeeds(dirname(manifest), JSON.parse(readFileSync(manifest))));
  }
  return seeds;
}

/** Every object of a manifest that names a file or folder. */
function manifestSeeds(folder, manifest) {
  const entries = Object.values(Array.isArray(manifest) ? { manifest } : manifest)
    .filter(Array.isArray)
    .flat();
  const names = new Map(entries.filter((entry) => entry?.file).map(({ file, files }) => [file, files]));
  return [...names].flatMap(([file, files]) => {
    const path = join(folder, file);
    return existsSync(path)
      ? (seedOf(
          path,
          files?.map((name) => join(folder, name)),
        ) ?? [])
      : [];
  });
}

/** A file with those that belong to it, or a folder. */
function seedOf(path, parts) {
  const isFolder = statSync(path).isDirectory();
  const paths = isFolder ? filesUnder(path) : [...new Set([path, ...(parts ?? besides(path))])];
  const from = isFolder ? path : dirname(path);
  const files = paths.map((one) => ({
    path: relative(from, one).replaceAll("\\", "/"),
    bytes: new Uint8Array(readFileSync(one)),
  }));
  if (files.reduce((sum, { bytes }) => sum + bytes.length, 0) > LARGEST) return undefined;
  return { name: basename(path), kind: kindOf(path, isFolder), open: isFolder ? "" : basename(path), files };
}

const kindOf = (path, isFolder) =>
  /\.(nii\.gz|\w+)$/.exec(path)?.[1].toLowerCase() ?? (isFolder ? "series" : "unnamed");

const filesUnder = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** The voxels of a header without voxels. */
function besides(path) {
  const stem = basename(path).replace(/\.(nhdr|mhd|hdr)(\.gz)?$/, "");
  if (stem === basename(path)) return [];
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${stem}.`) || name.startsWith(`${stem}-0`))
    .map((name) => join(dirname(path), name));
}

/** Small volumes, images and projections of every ending that is written. */
async function ownSeeds() {
  const folder = mkdtempSync(join(tmpdir(), "tomograd-fuzz-own-"));
  try {
    const grid = { size: [5, 4, 3], indexToWorld: [-2, 0.25, 0, 7, 0, 3, 0.5, -9.1, 0, 0, 4, 21, 0, 0, 0, 1] };
    const values = Int16Array.from({ length: 60 }, (_, i) => 40 * i - 1000);
    const paths = [];
    for (const ending of ["nii", "nii.gz", "nrrd", "nhdr", "mha", "mhd", "npy", "npz", "mat", "h5", "tif", "zarr"]) {
      const path = join(folder, `own-${ending}.${ending}`);
      await writeVolume(path, { quantity: "hounsfield", grid, values });
      paths.push(path);
    }
    // MATLAB 7.3: HDF5 behind 512 bytes of its own.
    const matlab = join(folder, "own-v73.mat");
    const head = Buffer.alloc(512);
    head.write("MATLAB 7.3 MAT-file, Platform: GLNXA64");
    writeFileSync(matlab, Buffer.concat([head, readFileSync(join(folder, "own-h5.h5"))]));
    paths.push(matlab);
    const upright = { ...grid, indexToWorld: [-2, 0, 0, 7, 0, -3, 0, -9.1, 0, 0, 4, 21, 0, 0, 0, 1] };
    const series = join(folder, "own-series");
    await writeVolume(`${series}/`, { quantity: "hounsfield", grid: upright, values });
    paths.push(
      series,
      ...readdirSync(series)
        .slice(0, 1)
        .map((name) => join(series, name)),
    );
    const picture = join(folder, "picture.png");
    await writeImage(picture, { rows: 4, columns: 15, values: Float32Array.from(values) });
    const scan = join(folder, "scan.npy");
    const view = {
      beam: "cone",
      source: [0, 850, 0],
      firstPixel: [3, -170, 1.5],
      columnStep: [-2, 0, 0],
      rowStep: [0, 0, -1.5],
    };
    await writeProjections(scan, {
      about: "two views",
      detector: { rows: 3, columns: 4, pixelSize: [2, 1.5] },
      views: [view, { ...view, source: [1, 840, 0] }],
      values: Float32Array.from({ length: 24 }, Math.sqrt),
    });
    const scanFiles = readdirSync(folder)
      .filter((name) => name.startsWith("scan."))
      .map((name) => join(folder, name));
    return [
      ...paths.map((path) => seedOf(path)),
      seedOf(picture),
      { ...seedOf(scan, scanFiles), kind: "projections" },
      { ...seedOf(scanFiles.find((path) => path.endsWith(".json"))), kind: "geometry" },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
