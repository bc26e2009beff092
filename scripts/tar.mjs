const BLOCK = 512;

/** The plain files of a tar archive: a header of 512 bytes (name at 0, octal size at 124), then the bytes, padded. */
export function* filesOf(archive) {
  const text = (from, length) =>
    archive
      .toString("latin1", from, from + length)
      .replace(/\0.*$/s, "")
      .trim();
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const path = text(at, 100);
    if (path === "") return;
    const size = Number.parseInt(text(at + 124, 12), 8);
    if (!path.endsWith("/"))
      yield { path, name: path.split("/").at(-1), bytes: archive.subarray(at + BLOCK, at + BLOCK + size) };
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
}
