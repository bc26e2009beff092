import type { VoxelEncoding } from "./voxelEncoding.js";

/** Endings of headers without voxels, and of what goes beside them: as other software of these formats names it. */
const besides: readonly (readonly [
  header: RegExp,
  usual: VoxelEncoding,
  Readonly<Partial<Record<VoxelEncoding, string>>>,
])[] = [
  [/\.nhdr$/i, "compressed", { raw: ".raw", compressed: ".raw.gz", text: ".txt" }],
  [/\.mhd$/i, "raw", { raw: ".raw", compressed: ".zraw" }],
  [/\.hdr$/i, "raw", { raw: ".img" }],
];

/** Where the voxels of a header without voxels go: .nhdr with .raw.gz, .mhd with .raw, .hdr with .img beside it; undefined for other endings. */
export function detachedPath(path: string, encoding?: VoxelEncoding): string | undefined {
  const [header, usual, endings] = besides.find(([ending]) => ending.test(path)) ?? [];
  // An encoding that the format does not have is refused by its writer.
  return header && path.replace(header, endings![encoding ?? usual!] ?? endings![usual!]!);
}

/** The name by which a header beside it knows a file. */
export const detachedName = (path: string): string => path.replace(/^.*[\\/]/, "");
