import type { Source } from "#platform";
import { fault } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import { filesBeside } from "../beside.js";
import { openParts } from "../dataFiles.js";
import { chooseFrame } from "../frame.js";
import { type Input, toSource } from "../source.js";
import { readStoredVoxels, skipLines } from "../storedVoxels.js";
import { readTextHeader } from "../textHeader.js";
import { type ReadVolumeOptions, readVolumeOptionNames, type VolumeFile } from "../types.js";
import { endOfNrrdHeader, looksLikeNrrd, parseNrrdHeader } from "./header.js";
import { nrrdGrid } from "./orientation.js";

/**
 * Reads NRRD: attached (.nrrd) or detached (.nhdr with one or several data files beside it), raw, gzip, bzip2 or text,
 * either byte order, every space; of more than three axes one volume (`frame`; axes before those of space vary fastest).
 * Values are [nz][ny][nx], x fastest; the affine is RAS mm at voxel centers.
 * @throws TRUNCATED_FILE, CORRUPT_FILE, UNSUPPORTED_FORMAT, TOO_LARGE, NOT_FOUND, ABORTED
 */
export async function readNrrd(input: Input, options: ReadVolumeOptions = {}): Promise<VolumeFile> {
  refuseUnknownOptions("readNrrd", options, readVolumeOptionNames);
  const source = await toSource(input, options);
  const name = source.name ?? "the file";
  const { text, end } = await readTextHeader(source, endOfNrrdHeader);
  if (!looksLikeNrrd(new TextEncoder().encode(text.slice(0, 8))))
    throw fault("UNSUPPORTED_FORMAT", `${name} is not a NRRD file`, { defect: "bad-magic" });
  const header = parseNrrdHeader(text, end !== undefined, name);
  const { size, indexToWorld, inner, outer, warnings } = nrrdGrid(header, name);
  const frame = chooseFrame(inner * outer, options, name, warnings);
  const sources = header.files
    ? await openParts(header.files, header.sizes, filesBeside(input), name)
    : [{ source, start: end as number }];
  const parts: { source: Source; start: number }[] = [];
  for (const { source: from, start } of sources)
    parts.push({ source: from, start: await skipLines(from, start, header.lineSkip) });
  const { encoding, byteSkip, type, littleEndian } = header;
  const stored = { parts, encoding, byteSkip, type, littleEndian, inner, outer, frame, slope: 1, intercept: 0 };
  const voxels = await readStoredVoxels(
    { ...stored, count: size[0] * size[1] * size[2], slice: size[0] * size[1] },
    options,
  );
  return {
    format: "nrrd",
    type,
    frames: inner * outer,
    quantity: options.quantity ?? header.quantity,
    grid: { size, indexToWorld },
    values: voxels.values,
    warnings: [...header.warnings, ...warnings, ...voxels.warnings],
  };
}
