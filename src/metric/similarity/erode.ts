import type { PlaneSize } from "./plane.js";

/**
 * Makes a function that fills `out` with 1 where all pixels up to `reach` rows and columns away are 1 in `mask` (no mask:
 * all are), else 0. Pixels outside of the image count as 1 if `outside`, else as 0.
 */
export function eroder({ rows, columns }: PlaneSize, reach: number, outside: boolean) {
  const along = new Uint8Array(rows * columns);
  return (mask: Uint8Array | undefined, out: Uint8Array): void => {
    if (mask) out.set(mask);
    else out.fill(1);
    if (reach === 0) return;
    erodeLines(out, along, rows, columns, columns, 1, reach, outside);
    erodeLines(along, out, columns, rows, 1, columns, reach, outside);
  };
}

/** Along each of `lines` lines of `length` pixels: 1 where no pixel up to `reach` away is 0. */
function erodeLines(
  from: Uint8Array,
  out: Uint8Array,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
  reach: number,
  outside: boolean,
): void {
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    // The number of ones since the last zero; ones before the image if they count.
    let run = outside ? reach : 0;
    for (let t = 0; t < length + reach; t++) {
      const one = t < length ? from[start + t * step] === 1 : outside;
      run = one ? run + 1 : 0;
      if (t >= reach) out[start + (t - reach) * step] = run > 2 * reach ? 1 : 0;
    }
  }
}
