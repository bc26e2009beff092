import { describe, expect, test } from "vitest";
import { hasGolden } from "../helpers/folders.js";
import { goldenKinds } from "../helpers/golden.js";

/** Kinds whose numbers are held by a test of this suite. */
const HELD = [
  "render",
  "render_full",
  "nanodrr_render",
  "reconstruction",
  "reconstruction_full",
  "conversions",
  "conversions_raw",
  "attenuation",
  "projections",
  "metrics",
  "geodesics",
  "nanodrr_poses",
  "registration",
];

describe.skipIf(!hasGolden)("golden cases", () => {
  test("every kind of the manifest is held by a test", () => {
    expect(goldenKinds().filter((kind) => !HELD.includes(kind))).toEqual([]);
  });
});
