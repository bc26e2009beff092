import { describe, expect, test } from "vitest";
import { type AttenuationModel, hounsfieldToAttenuation, hounsfieldToDensity } from "../../src/physics/index.js";
import { createGrid, type Volume } from "../../src/volume/index.js";
import { goldenFolder, hasGolden, readManifest } from "../helpers/folders.js";
import { expectClose, type GoldenVolume, goldenCases, goldenValues } from "../helpers/golden.js";

const cases = goldenCases("attenuation");
const number = "[-+.0-9eE]+";
const density = new RegExp(`^transform_hu_to_density\\(hu, (${number})\\)$`);
const attenuation = /^hu_to_mu\(hu, \{(.*)\}\)$/;

/** The options of `hu_to_mu(hu, {'mu_water': 0.02, ...})`. */
function modelOf(text: string): AttenuationModel {
  const names: Record<string, string> = { mu_water: "muWater", mu_bone: "muBone", hu_bone: "hounsfieldBone" };
  const entries = [...text.matchAll(new RegExp(`'(\\w+)': (${number})`, "g"))];
  return Object.fromEntries(entries.map(([, name, value]) => [names[name] ?? name, Number(value)]));
}

const asVolume = (values: Volume["values"]): Volume => ({
  quantity: "hounsfield",
  grid: createGrid({ size: [values.length, 1, 1], spacing: 1 }),
  values,
});

describe.skipIf(!hasGolden)("Hounsfield maps of the reference libraries", () => {
  test("are in the golden folder", () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  for (const { name, arrays, tolerances } of cases)
    for (const [array, entry] of Object.entries(arrays).filter(([key]) => key !== "hu"))
      test(`${name}: ${array}, ${entry.what}, from int16 and from float64`, () => {
        const hu = goldenValues(arrays.hu);
        const expected = goldenValues(entry);
        const bone = density.exec(entry.what);
        const model = attenuation.exec(entry.what);
        expect(bone ?? model).not.toBeNull();
        for (const volume of [asVolume(Int16Array.from(hu)), asVolume(hu)]) {
          const { values } = bone
            ? hounsfieldToDensity(volume, { boneMultiplier: Number(bone[1]) })
            : hounsfieldToAttenuation(volume, modelOf(model?.[1] ?? ""));
          expectClose(array, values, expected, tolerances.all);
          if (bone) expect(values).toEqual(Float32Array.from(expected));
        }
      });

  const volumes: [string, GoldenVolume][] = hasGolden ? Object.entries(readManifest(goldenFolder).volumes) : [];
  for (const [name, volume] of volumes)
    test(`the density of ${name} has the same bits: ${volume.density_f32.what}`, () => {
      const boneMultiplier = Number(/=([-+.0-9eE]+)\)$/.exec(volume.density_f32.what)?.[1]);
      const hu = asVolume(Int16Array.from(goldenValues(volume.hu)));
      const expected = Float32Array.from(goldenValues(volume.density_f32));
      expect(hounsfieldToDensity(hu, { boneMultiplier }).values).toEqual(expected);
    });
});
