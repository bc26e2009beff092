import { listFolder } from "#platform";
import { isTomogradError, type TomogradError, throwIfAborted, type Warning } from "../../core/errors.js";
import { DISK_DEPTH, folderPath } from "../folder.js";
import { type Input, type Source, toSource } from "../source.js";
import { openDicom } from "./openDicom.js";
import { type Slice, seriesFacts, slicesOf } from "./parseSlice.js";
import { type Found, leftOut, type Refused } from "./series.js";
import { DICOM_HEAD, dicomKind } from "./sniff.js";

/**
 * All slices of the input. DICOM files of a folder or list that are none are kept by name, with the reason, until a series
 * is chosen; other files are passed over.
 * @throws TRUNCATED_FILE, CORRUPT_FILE, UNSUPPORTED_FORMAT for a header that does not even tell the series
 */
export async function collect(input: Input | readonly Input[], signal?: AbortSignal): Promise<Found> {
  const folder = await folderPath(input);
  if (folder === undefined && !Array.isArray(input)) {
    const file = await openDicom(await toSource(input as Input));
    return { where: file.name, slices: slicesOf(file), refused: [], warnings: [] };
  }
  const slices: Slice[] = [];
  const refused: Refused[] = [];
  const empty: { name: string }[] = [];
  const files = folder === undefined ? listed(input as readonly Input[]) : filesIn(folder, DISK_DEPTH);
  for await (const { source, name } of files) {
    throwIfAborted(signal);
    if (source.size === 0) {
      // A lost slice, or a mark that a transfer has ended.
      empty.push({ name });
      continue;
    }
    if (!dicomKind(await source.read(0, DICOM_HEAD))) continue;
    const file = await openDicom(source, name);
    const found = attempt(() => slicesOf(file));
    if (Array.isArray(found)) for (const slice of found) slices.push(slice);
    else refused.push({ name, ...seriesFacts(file.set), error: found });
  }
  const warnings: Warning[] = [];
  if (empty.length > 0)
    warnings.push({ defect: "empty-file", message: `files without a single byte are left out: ${leftOut(empty)}` });
  return { where: folder ?? "the list", slices, refused, warnings };
}

function attempt(parse: () => Slice[]): Slice[] | TomogradError {
  try {
    return parse();
  } catch (error) {
    if (isTomogradError(error)) return error;
    throw error;
  }
}

async function* listed(inputs: readonly Input[]): AsyncGenerator<{ source: Source; name: string }> {
  for (const [i, one] of inputs.entries()) {
    const source = await toSource(one);
    yield { source, name: source.name ?? `file ${i}` };
  }
}

async function* filesIn(folder: string, depth: number): AsyncGenerator<{ source: Source; name: string }> {
  for (const { name, path, kind } of await listFolder(folder)) {
    if (kind === "file") yield { source: await toSource(path), name };
    else if (depth > 0) yield* filesIn(path, depth - 1);
  }
}
