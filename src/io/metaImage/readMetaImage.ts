import { fault, type Warning } from "../../core/errors.js";
import type { Vec3 } from "../../core/linear.js";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Grid } from "../../volume/grid.js";
import { orientation } from "../../volume/index.js";
import { refuseBadAffine, refuseBadSpacing } from "../affine.js";
import { filesBeside } from "../beside.js";
import { openParts } from "../dataFiles.js";
import { chooseFrame } from "../frame.js";
import { type Input, toSource } from "../source.js";
import { readStoredVoxels } from "../storedVoxels.js";
import { missingField, readTextHeader } from "../textHeader.js";
import { type ReadVolumeOptions, readVolumeOptionNames, type VolumeFile } from "../types.js";
import { millimetersOf } from "../units.js";
import { endOfMetaImageHeader, looksLikeMetaImage, type MetaImageHeader, parseMetaImageHeader } from "./header.js";

/**
 * Reads MetaImage: one file (.mha) or a header with one or several data files beside it (.mhd with .raw or .zraw), raw,
 * zlib or text, either byte order, two to four axes (of four, one volume: `frame`).
 * Values are [nz][ny][nx], x fastest; the affine is RAS mm at voxel centers (the format's world is left, posterior, superior).
 * @throws TRUNCATED_FILE, CORRUPT_FILE, UNSUPPORTED_FORMAT, TOO_LARGE, NOT_FOUND, ABORTED
 */
export async function readMetaImage(input: Input, options: ReadVolumeOptions = {}): Promise<VolumeFile> {
  refuseUnknownOptions("readMetaImage", options, readVolumeOptionNames);
  const source = await toSource(input, options);
  const name = source.name ?? "the file";
  if (!looksLikeMetaImage(await source.read(0, 4096)))
    throw fault("UNSUPPORTED_FORMAT", `${name} is not a MetaImage file`, { defect: "bad-magic" });
  const { text, end } = await readTextHeader(source, endOfMetaImageHeader);
  const header = parseMetaImageHeader(text, name);
  const warnings: Warning[] = [];
  const grid = metaImageGrid(header, name, warnings);
  const [nx, ny, nz] = grid.size;
  const frames = header.sizes[3] ?? 1;
  const frame = chooseFrame(frames, options, name, warnings);
  if (!header.files && end === undefined) throw missingField(name, "ElementDataFile");
  const parts = header.files
    ? await openParts(header.files, header.sizes, filesBeside(input), name)
    : [{ source, start: end ?? 0 }];
  const { encoding, headerSize, type, littleEndian, slope, intercept } = header;
  // The header's size is that of the file, before anything is decompressed.
  const stretches = parts.map((part) => ({ ...part, start: part.start + Math.max(0, headerSize) }));
  const stored = {
    parts: stretches,
    encoding,
    byteSkip: Math.min(0, headerSize),
    type,
    littleEndian,
    slope,
    intercept,
  };
  const count = { count: nx * ny * nz, slice: nx * ny };
  const voxels = await readStoredVoxels({ ...stored, ...count, inner: 1, outer: frames, frame }, options);
  return {
    format: "metaimage",
    type,
    frames,
    quantity: options.quantity ?? header.quantity,
    grid,
    values: voxels.values,
    warnings: [...header.warnings, ...warnings, ...voxels.warnings],
  };
}

/** Voxel to RAS mm: column k is spacing k times direction k, with x and y turned around. */
function metaImageGrid(header: MetaImageHeader, name: string, warnings: Warning[]): Grid {
  const { sizes } = header;
  const n = sizes.length;
  const mm = millimetersOf(header.units ?? "mm");
  if (mm === undefined)
    warnings.push({ defect: "unknown-unit", message: `lengths in DistanceUnits '${header.units}' are taken for mm` });
  // Without spacing, voxels are taken as 1 mm whatever the unit.
  const spacing = (header.spacing?.map((length) => length * (mm ?? 1)) ?? sizes.map(() => 1)).slice(0, 3);
  refuseBadSpacing(spacing, name);
  if (!header.spacing)
    warnings.push({ defect: "no-spacing", message: "the file has no spacing; voxels are taken as 1 mm" });
  if (n === 2)
    warnings.push({
      defect: "no-orientation",
      message: "an image of two axes does not say how the patient lies; it is taken as an axial slice of 1 mm",
    });
  const direction = (k: number): Vec3 => {
    const unit = [0, 1, 2].map((i) => (i === k ? 1 : 0));
    const stored = k < n ? header.directions?.slice(n * k, n * k + Math.min(n, 3)) : undefined;
    const [x, y, z = 0] = stored ?? unit;
    return [x, y, z];
  };
  const columns = [0, 1, 2].map((k) => direction(k).map((x) => x * (spacing[k] ?? 1)));
  const [ox, oy, oz = 0] = (header.offset ?? [0, 0, 0]).map((length) => length * (mm ?? 1));
  const [x, y, z] = columns;
  const indexToWorld = [
    ...[0 - x[0], 0 - y[0], 0 - z[0], 0 - ox],
    ...[0 - x[1], 0 - y[1], 0 - z[1], 0 - oy],
    ...[x[2], y[2], z[2], oz],
    ...[0, 0, 0, 1],
  ];
  refuseBadAffine(indexToWorld, name, "TransformMatrix or Offset");
  const grid: Grid = { size: [sizes[0], sizes[1], sizes[2] ?? 1], indexToWorld };
  if (n > 2) warnings.push(...doubts(header, grid));
  return grid;
}

/** What else the header says about directions, where it does not agree. */
function doubts({ anatomy, centerOfRotation, directions, offset }: MetaImageHeader, grid: Grid): Warning[] {
  const found: Warning[] = [];
  // A header without a matrix has the format's default, the identity in its world; one that writes ??? says that it does not know.
  if (/^\?+$/.test(anatomy ?? ""))
    found.push({
      defect: "no-orientation",
      message:
        "AnatomicalOrientation is ???: the file does not say how the patient lies; directions are taken as they stand, towards left, posterior, superior (the option 'affine' says otherwise)",
    });
  if (!offset)
    found.push({
      defect: "no-origin",
      message: "the file does not say where the volume lies; its first voxel is at 0",
    });
  if (centerOfRotation?.some((c) => c !== 0) && directions)
    found.push({
      defect: "center-of-rotation",
      message: `CenterOfRotation ${centerOfRotation.join(" ")} is not applied: the offset is taken as the first voxel's place`,
    });
  // The letters say where axes come from; RAI is also written as the name of the format's world, whatever the axes.
  const opposite: Readonly<Record<string, string>> = { R: "L", L: "R", A: "P", P: "A", I: "S", S: "I" };
  const towards = [...(anatomy ?? "").toUpperCase()].map((letter) => opposite[letter] ?? "?").join("");
  if (/^[RLAPIS]{3}$/i.test(anatomy ?? "") && anatomy?.toUpperCase() !== "RAI" && towards !== orientation(grid))
    found.push({
      defect: "orientation-disagrees",
      message: `AnatomicalOrientation ${anatomy} and the directions of the axes disagree; the directions are taken`,
    });
  return found;
}
