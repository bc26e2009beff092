import { fileSource, kindOfPath, listFolder } from "#platform";
import { isTomogradError } from "../core/errors.js";
import { endOfMetaImageHeader, looksLikeMetaImage, parseMetaImageHeader } from "./metaImage/header.js";
import { endOfNrrdHeader, looksLikeNrrd, parseNrrdHeader } from "./nrrd/header.js";
import { readTextHeader } from "./textHeader.js";

/** Endings of headers whose voxels may lie in other files. */
const HEADERS = /\.(nhdr|mhd|hdr|nrrd|mha)$/i;

/** The folder of a path with its last slash; empty for a bare name. */
const folderOf = (path: string): string => /^.*[\\/]/.exec(path)?.[0] ?? "";

/** Paths of the files in which a header (NRRD, MetaImage, or the .hdr of a pair) says that its voxels lie; none for other files. */
async function namedFiles(path: string): Promise<string[]> {
  if (/\.hdr$/i.test(path)) return [path.replace(/\.hdr$/i, ".img")];
  const source = await fileSource(path);
  const head = await source.read(0, 4096);
  try {
    const { files } = looksLikeNrrd(head)
      ? parseNrrdHeader((await readTextHeader(source, endOfNrrdHeader)).text, true, path)
      : looksLikeMetaImage(head)
        ? parseMetaImageHeader((await readTextHeader(source, endOfMetaImageHeader)).text, path)
        : {};
    return [...(files?.names() ?? [])].map((name) => folderOf(path) + name);
  } catch (error) {
    // What cannot be read has no voxels to lose.
    if (isTomogradError(error)) return [];
    throw error;
  }
}

/** The headers among `further` and in the folder of `voxels` that say that their voxels lie in the file `voxels`. */
export async function headersOf(voxels: string, further: readonly string[] = []): Promise<string[]> {
  const folder = folderOf(voxels);
  const beside = (await listFolder(folder || ".")).filter(({ kind, name }) => kind === "file" && HEADERS.test(name));
  const paths = new Set([...further, ...beside.map(({ name }) => folder + name)]);
  const found: string[] = [];
  for (const path of paths)
    if ((await kindOfPath(path)) === "file" && (await namedFiles(path)).includes(voxels)) found.push(path);
  return found;
}
