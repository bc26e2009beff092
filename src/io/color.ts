import type { Decoded } from "./numeric.js";

/**
 * One number a pixel of interleaved samples: luminance 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601-7, section 2.5.1),
 * rounded for integers, where the pixels are RGB; else the first sample. Further samples (alpha) are left out.
 */
export function toGray(values: Decoded, samples: number, rgb: boolean): Decoded {
  if (samples === 1) return values;
  const gray = values.slice(0, values.length / samples);
  const whole = !(values instanceof Float32Array || values instanceof Float64Array);
  for (let i = 0; i < gray.length; i++) {
    const at = i * samples;
    const red = values[at];
    if (!rgb || samples < 3 || (red === values[at + 1] && red === values[at + 2])) gray[i] = red;
    else {
      const luminance = 0.299 * red + 0.587 * values[at + 1] + 0.114 * values[at + 2];
      gray[i] = whole ? Math.round(luminance) : luminance;
    }
  }
  return gray;
}
