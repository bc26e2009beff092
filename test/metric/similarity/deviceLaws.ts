import { expect } from "vitest";
import type { Backend } from "../../../src/backend/index.js";
import {
  evaluateSimilarity,
  gradientNcc,
  type ImageStack,
  localGradientNcc,
  meanSquaredErrorSimilarity,
  multiscaleNcc,
  mutualInformation,
  ncc,
  structuralSimilarity,
} from "../../../src/metric/index.js";
import { toDevice, toHost } from "../../../src/projector/index.js";
import { coneViews } from "../../projector/scene.js";
import { mixedWith, smoothImages, someMask } from "./scenes.js";

const SIMILARITIES = [
  ...[ncc(), ncc({ trim: 0.12 }), ncc({ patchSize: 7 }), multiscaleNcc(), gradientNcc(), localGradientNcc()],
  ...[mutualInformation(), mutualInformation({ window: "gaussian", bins: 16 })],
  ...[meanSquaredErrorSimilarity(), meanSquaredErrorSimilarity({ affineInvariant: true }), structuralSimilarity()],
];

/** The images as a backend of float32 has them, so that no pixel changes its bin or its rank on the way. */
const rounded = (stack: ImageStack): ImageStack => ({ ...stack, values: Float32Array.from(stack.values) });

/** Holds `evaluateSimilarity` on a backend to the similarities on the host, cotangents up to float32. */
export async function expectDeviceEvaluation(backend: Backend): Promise<void> {
  const detector = { rows: 24, columns: 31, pixelSize: [2, 2] } as const;
  const views = coneViews(2);
  const moving = rounded(smoothImages(1, 2, detector.rows, detector.columns));
  const fixed = rounded(mixedWith(moving, 2, 0.5));
  const mask = someMask(moving);
  const images = (stack: ImageStack) => toDevice(backend, { detector, views, about: "a test", values: stack.values });
  using predicted = images(moving);
  using target = images(fixed);
  for (const similarity of SIMILARITIES) {
    const cotangent = new Float64Array(moving.values.length);
    const prepared = similarity.prepare(fixed);
    const [a, b] = prepared.evaluate(moving, { cotangent, mask });
    using together = await evaluateSimilarity(similarity, predicted, target, { mask });
    using alone = await evaluateSimilarity(prepared, predicted, undefined, { mask });
    for (const evaluation of [together, alone]) {
      expect(await evaluation.value(), similarity.name).toBeCloseTo(a + b, 12);
      const { values } = await toHost(evaluation.cotangent);
      const largest = Math.max(...cotangent.map(Math.abs));
      // half a unit in the last place of float32
      for (let i = 0; i < values.length; i++)
        expect(Math.abs(values[i] - cotangent[i]), similarity.name).toBeLessThan(6e-8 * largest);
    }
  }
}
