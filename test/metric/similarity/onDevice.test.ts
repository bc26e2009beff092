import { expect, test } from "vitest";
import { createBackend } from "../../../src/backend/index.js";
import { evaluateSimilarity, imageStack, ncc } from "../../../src/metric/index.js";
import { toDevice } from "../../../src/projector/index.js";
import { coneViews } from "../../projector/scene.js";
import { expectDeviceEvaluation } from "./deviceLaws.js";

const detector = { rows: 3, columns: 4, pixelSize: [1, 1] } as const;
const views = coneViews(2);

test.each(["reference", "wasm"] as const)(
  "on %s a similarity has the value and cotangent of the host",
  async (prefer) => {
    await using backend = await createBackend({ prefer });
    await expectDeviceEvaluation(backend);
    expect(backend.liveBytes).toBe(0);
  },
);

test("images come from the device as [view][row][column]", async () => {
  await using backend = await createBackend({ prefer: "wasm" });
  const values = Float32Array.from({ length: 24 }, (_, i) => i * i);
  using images = toDevice(backend, { detector, views, about: "a test", values });
  expect(await imageStack(images)).toEqual({ values, views: 2, rows: 3, columns: 4 });
});

test("the target may lie on another backend, and must have the same shape or be in the similarity", async () => {
  await using wasm = await createBackend({ prefer: "wasm" });
  await using reference = await createBackend({ prefer: "reference" });
  const values = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * i));
  using predicted = toDevice(wasm, { detector, views, about: "a test", values });
  using target = toDevice(reference, { detector, views, about: "a test", values: values.map((x) => 2 * x - 1) });
  using evaluation = await evaluateSimilarity(ncc(), predicted, target);
  expect(await evaluation.value()).toBeCloseTo(2, 6);
  using small = toDevice(wasm, {
    detector: { ...detector, columns: 2 },
    views,
    about: "a test",
    values: values.subarray(0, 12),
  });
  await expect(evaluateSimilarity(ncc(), predicted, small)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
  await expect(evaluateSimilarity(ncc(), predicted, undefined as never)).rejects.toThrow("no target images");
});
