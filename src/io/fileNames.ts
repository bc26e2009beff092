/** More files than this are not one volume. */
export const MOST_FILES = 1 << 16;

/** The files that hold the voxels, as a header names them. */
export interface FileNames {
  readonly count: number;
  /** In the order of the slowest axis. */
  names(): Iterable<string>;
  /** How many axes one file holds, if the header says so. */
  readonly axes?: number;
}

/** Files named one by one. */
export const listedFiles = (files: readonly string[], axes?: number): FileNames => ({
  count: files.length,
  names: () => files,
  ...(axes !== undefined && { axes }),
});

/**
 * Reads "slice%03d.raw 1 20 1 [axes]": a printf pattern with first, last and step, as NRRD and MetaImage have it.
 * Undefined if the text is no such pattern; numbers that are left out are `defaults`.
 */
export function patternFiles(
  text: string,
  defaults?: { readonly first: number; readonly last: number; readonly step: number },
): FileNames | undefined {
  const match = /^(.*?)%(0?)(\d{0,2})(?:\.(\d{1,2}))?[diu](.*?)((?:\s+-?\d+){0,4})$/.exec(text);
  if (!match) return undefined;
  const [, before, zero, width, precision, after, tail] = match;
  const numbers = tail.split(/\s+/).filter(Boolean).map(Number);
  if (numbers.length < 3 && !defaults) return undefined;
  const [first = defaults?.first ?? 0, last = defaults?.last ?? 0, step = defaults?.step ?? 1, axes] = numbers;
  const count = Math.floor((last - first) / step) + 1;
  if (!(count >= 1 && count <= MOST_FILES)) return undefined;
  const digits = (n: number) => {
    const sign = n < 0 ? "-" : "";
    const body = String(Math.abs(n)).padStart(Number(precision ?? 0), "0");
    if (zero && precision === undefined) return sign + body.padStart(Number(width || 0) - sign.length, "0");
    return (sign + body).padStart(Number(width || 0));
  };
  return {
    count,
    *names() {
      for (let i = 0; i < count; i++) yield before + digits(first + i * step) + after;
    },
    ...(axes !== undefined && { axes }),
  };
}
