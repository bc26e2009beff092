import { fault } from "../../core/errors.js";

/**
 * Inflates LZF (M. Lehmann's liblzf, as in h5py's filter 32000) into exactly `length` bytes: a byte c below 32 is
 * followed by c + 1 literals; else its upper three bits are a length less 2 (7: a further byte is added) and the other 13
 * bits with the next byte a distance less 1 back.
 * @throws CORRUPT_FILE (`corrupt-stream`)
 */
export function inflateLzf(bytes: Uint8Array, length: number, name: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let [at, done] = [0, 0];
  const damaged = () => fault("CORRUPT_FILE", `${name}: an LZF stream is damaged`, { defect: "corrupt-stream" });
  while (at < bytes.length) {
    const control = bytes[at++];
    if (control < 32) {
      const count = control + 1;
      if (at + count > bytes.length || done + count > length) throw damaged();
      out.set(bytes.subarray(at, at + count), done);
      at += count;
      done += count;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += bytes[at++];
    const from = done - ((control & 31) << 8) - bytes[at++] - 1;
    // A byte beyond the end makes both NaN.
    if (!(from >= 0 && done + count <= length)) throw damaged();
    for (let i = 0; i < count; i++) out[done + i] = out[from + i];
    done += count;
  }
  if (done !== length) throw damaged();
  return out;
}

/** Undoes HDF5's shuffle filter: first all first bytes of the numbers, then all second ones, ... */
export function unshuffle(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const count = Math.floor(bytes.length / width);
  for (let b = 0; b < width; b++) for (let i = 0; i < count; i++) out[i * width + b] = bytes[b * count + i];
  out.set(bytes.subarray(count * width), count * width);
  return out;
}
