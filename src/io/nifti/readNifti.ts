import { gunzip, type Source } from "#platform";
import { fault, isTomogradError, type Warning } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import { type ByteStream, createByteStream, passOver } from "../byteStream.js";
import { chooseFrame } from "../frame.js";
import { MOST_INFLATION } from "../inflate.js";
import { bytesPer, decode } from "../numeric.js";
import { ofFile } from "../ofFile.js";
import { type Input, looksLikeGzip, sourcePieces, toSource } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, readVolumeOptionNames, type VolumeFile } from "../types.js";
import { createValueCollector, tooLarge } from "../values.js";
import { NIFTI_HEAD_BYTES, type NiftiHeader, parseNiftiHeader } from "./header.js";
import { niftiAffine } from "./orientation.js";

/** Options of `readNifti`. */
export interface ReadNiftiOptions extends Omit<ReadVolumeOptions, "affine"> {
  /** The voxel file of a two-file image (.img). @default looked for beside a path that ends in .hdr */
  readonly voxels?: Input;
}

/** Claims of more than this many bytes per compressed byte are counted before memory is asked for. */
const PLAUSIBLE_INFLATION = 32;
/** Bytes decoded at once; a multiple of every number's width. */
const BLOCK = 1 << 20;

/**
 * Reads NIfTI-1, NIfTI-2 or ANALYZE 7.5, plain or gzip, one or two files, either byte order.
 * Values are slope * stored + intercept, [nz][ny][nx], x fastest; the affine is RAS mm at voxel centers.
 * Memory: the volume and about 3 MiB; no header is believed before the file's size allows it.
 * @throws TRUNCATED_FILE, CORRUPT_FILE, UNSUPPORTED_FORMAT, TOO_LARGE, NOT_FOUND, ABORTED
 */
export async function readNifti(input: Input, options: ReadNiftiOptions = {}): Promise<VolumeFile> {
  refuseUnknownOptions("readNifti", options, [...readVolumeOptionNames, "voxels"]);
  const source = await toSource(input, options);
  const name = source.name ?? "the file";
  const header = parseNiftiHeader(await readHead(source), name);
  const { indexToWorld, warnings } = niftiAffine(header, name);
  const frame = chooseFrame(header.frames, options, name, warnings);
  const voxels = await readVoxels(
    header.pair ? await voxelSource(input, header, options) : source,
    header,
    frame,
    options,
  );
  return {
    format: header.format,
    type: header.type,
    frames: header.frames,
    quantity: options.quantity ?? header.quantity,
    grid: { size: header.size, indexToWorld },
    values: voxels.values,
    warnings: [...header.warnings, ...warnings, ...voxels.warnings],
  };
}

async function readHead(source: Source): Promise<Uint8Array> {
  const head = await source.read(0, NIFTI_HEAD_BYTES);
  if (!looksLikeGzip(head)) return head;
  const { stream } = await openStream(source);
  try {
    return await stream.take(NIFTI_HEAD_BYTES);
  } catch (error) {
    throw ofFile(error, source.name);
  } finally {
    await stream.close();
  }
}

/** The content of a source, inflated if it is gzip. */
async function openStream(source: Source, signal?: AbortSignal): Promise<{ stream: ByteStream; compressed: boolean }> {
  const compressed = looksLikeGzip(await source.read(0, 2));
  const pieces = sourcePieces(source, 0, signal);
  return { stream: createByteStream(compressed ? gunzip(pieces) : pieces, signal), compressed };
}

/** The file with the voxels of a two-file image. */
async function voxelSource(input: Input, { format }: NiftiHeader, { voxels }: ReadNiftiOptions): Promise<Source> {
  if (voxels !== undefined) return toSource(voxels);
  const known = typeof input === "object" && "beside" in input ? input : undefined;
  const path = typeof input === "string" ? input : (known?.name ?? "");
  const beside = path.replace(/\.hdr(\.gz)?$/i, ".img$1");
  const found = known?.beside?.(beside.replace(/^.*\//, ""));
  if (found) return found;
  if (known || beside === path)
    throw fault("CORRUPT_FILE", `${known?.name ?? "the file"} is a ${format} header, which alone has no voxels`, {
      hint: "give its .img file together with it",
      defect: format === "analyze-7.5" ? "bad-magic" : "missing-file",
    });
  return toSource(beside);
}

async function readVoxels(
  source: Source,
  header: NiftiHeader,
  frame: number,
  { signal, onProgress, maxBytes = DEFAULT_MAX_BYTES }: ReadNiftiOptions,
): Promise<{ values: VolumeFile["values"]; warnings: Warning[] }> {
  const count = header.size[0] * header.size[1] * header.size[2];
  const width = bytesPer[header.type];
  const frameBytes = count * width;
  const start = header.voxelOffset + frame * frameBytes;
  const end = header.voxelOffset + header.frames * frameBytes;
  const name = source.name ?? "the file";
  const claim = { needed: end, offset: header.voxelOffset, shape: [...header.size].reverse() };
  const truncated = (found: number) =>
    fault("TRUNCATED_FILE", `${name}: the header asks for ${end} bytes, the file has ${found}`, {
      defect: "truncated",
      found,
      ...claim,
    });
  const { stream, compressed } = await openStream(source, signal);
  try {
    const most = compressed ? MOST_INFLATION * source.size : source.size;
    if (end > most) throw truncated(most);
    if (frameBytes > maxBytes) throw tooLarge(frameBytes, maxBytes);
    const rehearsed = compressed && end > PLAUSIBLE_INFLATION * source.size ? end : 0;
    const report = (done: number) => onProgress?.({ done, total: rehearsed + frameBytes });
    if (rehearsed > 0) {
      const rehearsal = await openStream(source, signal);
      const found = await passOver(rehearsal.stream, end, report);
      await rehearsal.stream.close();
      if (found < end) throw truncated(found);
    }
    const values = createValueCollector(count, header.type, header, maxBytes);
    let position = await stream.skip(start);
    while (position < start + frameBytes) {
      const block = await stream.take(Math.min(BLOCK, start + frameBytes - position));
      if (block.length === 0 || block.length % width !== 0) throw truncated(position + block.length);
      const numbers = decode(block, header.type, header.littleEndian);
      values.put(numbers, (position - start) / width, header.slope, header.intercept);
      position += block.length;
      report(rehearsed + position - start);
    }
    position += await stream.skip(end - position);
    if (position < end) throw truncated(position);
    const { values: array, warnings } = values.finish();
    // Asking for one byte more makes a gzip stream verify its checksum; more than that is not inflated.
    if ((await stream.take(1)).length > 0)
      warnings.push({ defect: "trailing-data", message: "bytes follow the last voxel; they are not read" });
    return { values: array, warnings };
  } catch (error) {
    const told = isTomogradError(error, "TRUNCATED_FILE")
      ? fault(error.code, error.message, { ...claim, ...error.detail }, error)
      : error;
    throw ofFile(told, source.name);
  } finally {
    await stream.close();
  }
}
