import { CONSTANT } from "../similarity/epsilon.js";
import { copyPlane } from "../similarity/plane.js";
import { type ImageModel, lengthOf } from "./imageModel.js";

/**
 * (x - least) / (largest - least) for each view by itself: from 0 to 1. Least and largest pixel are part of the derivative.
 * A constant view becomes 0, with derivative 0. Pixels that a similarity's mask leaves out still take part here.
 */
export const minMax: ImageModel = {
  name: "from least to largest, 0 to 1",
  prepare(input) {
    const n = input.rows * input.columns;
    const y = new Float64Array(lengthOf(input));
    // Per view 1 / (largest - least), and where these stand.
    const perUnit = new Float64Array(input.views);
    const lowAt = new Int32Array(input.views);
    const highAt = new Int32Array(input.views);
    return {
      input,
      output: input,
      apply(image, out) {
        for (let v = 0; v < input.views; v++) {
          const [start, end] = [v * n, (v + 1) * n];
          lowAt[v] = start;
          highAt[v] = start;
          for (let i = start; i < end; i++) {
            if (image[i] < image[lowAt[v]]) lowAt[v] = i;
            if (image[i] > image[highAt[v]]) highAt[v] = i;
          }
          const low = image[lowAt[v]];
          const range = image[highAt[v]] - low;
          perUnit[v] = range > 0 ? 1 / range : 0;
          for (let i = start; i < end; i++) out[i] = (image[i] - low) * perUnit[v];
        }
        y.set(out);
      },
      vjp(cotangent, out) {
        for (let v = 0; v < input.views; v++) {
          let toLow = 0;
          let toHigh = 0;
          for (let i = v * n; i < (v + 1) * n; i++) {
            out[i] = cotangent[i] * perUnit[v];
            toLow -= out[i] * (1 - y[i]);
            toHigh -= out[i] * y[i];
          }
          out[lowAt[v]] += toLow;
          out[highAt[v]] += toHigh;
        }
      },
      jvp(tangent, out) {
        for (let v = 0; v < input.views; v++) {
          const low = tangent[lowAt[v]];
          const range = tangent[highAt[v]] - low;
          for (let i = v * n; i < (v + 1) * n; i++) out[i] = (tangent[i] - low - y[i] * range) * perUnit[v];
        }
      },
      mask: (mask, out) => out.set(mask),
    };
  },
};

/**
 * (x - mean) / standard deviation (population) for each view by itself. A constant view becomes 0, with derivative 0.
 * Pixels that a similarity's mask leaves out still take part here.
 */
export const zScore: ImageModel = {
  name: "mean 0, standard deviation 1",
  prepare(input) {
    const n = input.rows * input.columns;
    const y = new Float64Array(lengthOf(input));
    const perUnit = new Float64Array(input.views);
    // The Jacobian is symmetric: both ways take mean and share of y from a change, and divide.
    const change = (from: Float32Array | Float64Array, out: Float64Array) => {
      for (let v = 0; v < input.views; v++) {
        let sum = 0;
        let along = 0;
        for (let i = v * n; i < (v + 1) * n; i++) {
          sum += from[i];
          along += from[i] * y[i];
        }
        for (let i = v * n; i < (v + 1) * n; i++) out[i] = (from[i] - sum / n - (y[i] * along) / n) * perUnit[v];
      }
    };
    return {
      input,
      output: input,
      apply(image, out) {
        copyPlane(image, 0, y);
        for (let v = 0; v < input.views; v++) {
          const [start, end] = [v * n, (v + 1) * n];
          let sum = 0;
          for (let i = start; i < end; i++) sum += y[i];
          const mean = sum / n;
          let squares = 0;
          for (let i = start; i < end; i++) squares += (y[i] - mean) ** 2;
          const variance = squares / n;
          perUnit[v] = variance > CONSTANT * mean * mean ? 1 / Math.sqrt(variance) : 0;
          for (let i = start; i < end; i++) y[i] = (y[i] - mean) * perUnit[v];
        }
        out.set(y);
      },
      vjp: change,
      jvp: change,
      mask: (mask, out) => out.set(mask),
    };
  },
};
