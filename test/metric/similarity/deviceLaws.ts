import { expect } from "vitest";
import type { Backend } from "../../../src/backend/index.js";
import { evaluateSimilarity, gradientNcc, type ImageStack, ncc } from "../../../src/metric/index.js";
import { toDevice, toHost } from "../../../src/projector/index.js";
import { coneViews } from "../../projector/scene.js";
import { mixedWith, smoothImages, someMask } from "./scenes.js";

/** Holds `evaluateSimilarity` on a backend to the similarity on the host, up to float32. */
export async function expectDeviceEvaluation(backend: Backend): Promise<void> {
  const detector = { rows: 13, columns: 18, pixelSize: [2, 2] } as const;
  const views = coneViews(2);
  const moving = smoothImages(1, 2, detector.rows, detector.columns);
  const fixed = mixedWith(moving, 2, 0.5);
  const mask = someMask(moving);
  const images = (stack: ImageStack) => toDevice(backend, { detector, views, about: "a test", values: stack.values });
  using predicted = images(moving);
  using target = images(fixed);
  for (const similarity of [ncc(), gradientNcc()]) {
    const cotangent = new Float64Array(moving.values.length);
    const prepared = similarity.prepare(fixed);
    const [a, b] = prepared.evaluate(moving, { cotangent, mask });
    using together = await evaluateSimilarity(similarity, predicted, target, { mask });
    using alone = await evaluateSimilarity(prepared, predicted, undefined, { mask });
    for (const evaluation of [together, alone]) {
      expect(await evaluation.value()).toBeCloseTo(a + b, 5);
      const { values } = await toHost(evaluation.cotangent);
      const largest = Math.max(...cotangent.map(Math.abs));
      for (let i = 0; i < values.length; i++) expect(Math.abs(values[i] - cotangent[i])).toBeLessThan(1e-5 * largest);
    }
  }
}
