/** Animations as GIF. */
import { fault } from "../core/index.js";

/** Frames of one size. */
export interface Animation {
  readonly rows: number;
  readonly columns: number;
  /** Each 8-bit RGB, [row][column][3]. */
  readonly frames: readonly Uint8Array[];
  /** ms that each frame stays, a multiple of 10; the last one stays ten times as long. @default 120 */
  readonly delay?: number;
}

/** Colors that a GIF holds. */
const COLORS = 256;
/** The last frame is what the others lead to. */
const LAST_STAYS = 10;

/**
 * A GIF that repeats for ever, in 256 colors chosen from the first and the last frame. Deterministic. The encoder is
 * loaded at the first call.
 * @throws INVALID_ARGUMENT without frames, SHAPE_MISMATCH
 */
export async function encodeGif({ rows, columns, frames, delay = 120 }: Animation): Promise<Uint8Array> {
  if (frames.length === 0)
    throw fault("INVALID_ARGUMENT", "found no frame; expected at least one; give frames", { defect: "no-frames" });
  for (const frame of frames)
    if (frame.length !== 3 * rows * columns)
      throw fault(
        "SHAPE_MISMATCH",
        `found a frame of ${frame.length} numbers; expected ${3 * rows * columns}, RGB of ${rows} x ${columns} pixels; give frames of one size`,
        { defect: "length" },
      );
  const { GIFEncoder, applyPalette, quantize } = await loadEncoder();
  const colors = frames.map((frame) => withAlpha(frame));
  const sample = new Uint8Array(8 * rows * columns);
  sample.set(colors[0]);
  sample.set(colors[colors.length - 1], colors[0].length);
  const palette = quantize(sample, COLORS);
  const gif = GIFEncoder();
  colors.forEach((rgba, i) => {
    const stays = i === colors.length - 1 ? LAST_STAYS * delay : delay;
    gif.writeFrame(applyPalette(rgba, palette), columns, rows, {
      ...(i === 0 && { palette }),
      delay: stays,
      repeat: 0,
    });
  });
  gif.finish();
  return gif.bytes();
}

/** A GIF as `data:` URI. @throws as `encodeGif` */
export async function gifDataUri(animation: Animation): Promise<string> {
  const bytes = await encodeGif(animation);
  let binary = "";
  // In pieces, because a call takes a limited number of arguments.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:image/gif;base64,${btoa(binary)}`;
}

/** Node takes the package's CommonJS file, whose names are those of its default export; bundlers take the module. */
async function loadEncoder() {
  const encoder = await import("gifenc");
  return "GIFEncoder" in encoder ? encoder : (encoder as typeof import("gifenc")).default;
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((4 * rgb.length) / 3).fill(255);
  for (let i = 0, k = 0; i < rgb.length; i += 3, k += 4) {
    rgba[k] = rgb[i];
    rgba[k + 1] = rgb[i + 1];
    rgba[k + 2] = rgb[i + 2];
  }
  return rgba;
}
