/** Where the voxels of a header without voxels go: .nhdr with .raw.gz, .mhd with .raw, .hdr with .img beside it; undefined for other endings. */
export function detachedPath(path: string): string | undefined {
  if (/\.nhdr$/i.test(path)) return path.replace(/\.nhdr$/i, ".raw.gz");
  if (/\.hdr$/i.test(path)) return path.replace(/\.hdr$/i, ".img");
  return /\.mhd$/i.test(path) ? path.replace(/\.mhd$/i, ".raw") : undefined;
}

/** The name by which a header beside it knows a file. */
export const detachedName = (path: string): string => path.replace(/^.*[\\/]/, "");
