import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import {
  type AttenuationModel,
  attenuationKnots,
  attenuationToHounsfield,
  hounsfieldToAttenuation,
  mapOnDevice,
  piecewise,
} from "../../src/physics/index.js";
import { createGrid, type Volume } from "../../src/volume/index.js";

const row = (values: Volume["values"], quantity: Volume["quantity"] = "hounsfield"): Volume => ({
  quantity,
  grid: createGrid({ size: [values.length, 1, 1], spacing: 1 }),
  values,
});
const models: AttenuationModel[] = [
  {},
  { muWater: 0.02, muBone: 0.05, hounsfieldBone: 1400 },
  { model: "linear" },
  { model: "linear", muWater: 0.0206, muAir: 0.0001 },
];

describe("hounsfieldToAttenuation", () => {
  test("two slopes: air 0, -500 HU half of water, water 0.0192, 1000 HU 0.0573 and on with that slope", () => {
    const hu = Float64Array.from([-3000, -1000, -500, 0, 500, 1000, 2000]);
    const { values, quantity } = hounsfieldToAttenuation(row(hu));
    const expected = [0, 0, 0.0096, 0.0192, 0.0192 + 0.0381 / 2, 0.0573, 0.0573 + 0.0381];
    expect([...values]).toEqual(expected.map((mu) => expect.closeTo(mu, 15)));
    expect(quantity).toBe("attenuation");
  });

  test("linear: muAir at -1000 HU and below, muWater at 0, twice the step at 1000", () => {
    const hu = Float64Array.from([-2000, -1000, 0, 1000]);
    const { values } = hounsfieldToAttenuation(row(hu), { model: "linear", muWater: 0.0206, muAir: 0.0006 });
    expect([...values]).toEqual([0.0006, 0.0006, 0.0206, 0.0406].map((mu) => expect.closeTo(mu, 15)));
  });

  test.each(models)("all values of 16 bits agree with float64 to float32 rounding, %j", (model) => {
    const all = Int16Array.from({ length: 65536 }, (_, v) => v - 32768);
    const fast = hounsfieldToAttenuation(row(all), model).values;
    const exact = hounsfieldToAttenuation(row(Float64Array.from(all)), model).values;
    expect(fast).toEqual(Float32Array.from(exact));
  });

  test.each(models)("and back gives the same HU to 1e-9 from -1000 up, %j", (model) => {
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 5000, noNaN: true }), (hu) => {
        const mu = hounsfieldToAttenuation(row(Float64Array.of(hu)), model);
        expect(Math.abs(attenuationToHounsfield(mu, model).values[0] - hu)).toBeLessThan(1e-9);
      }),
    );
  });

  test("what attenuates less than air is air: -1000 HU", () => {
    expect(attenuationToHounsfield(row(Float64Array.of(-0.01), "attenuation")).values[0]).toBe(-1000);
  });

  test("a volume of unknown quantity is taken at its word, attenuation is refused", () => {
    expect(hounsfieldToAttenuation(row(Int16Array.of(0), "unknown")).values[0]).toBe(Math.fround(0.0192));
    expect(() => hounsfieldToAttenuation(row(Float32Array.of(0), "attenuation"))).toThrow("needs a volume of quantity");
  });
});

describe("attenuationKnots", () => {
  test.each(models)(
    "the kernel mapPiecewise gives the host's values to 1e-15 and frees its table, %j",
    async (model) => {
      const backend = createReferenceBackend();
      const hu = Float32Array.from({ length: 101 }, (_, i) => -2000 + 50 * i);
      const array = backend.upload(hu, { kind: "flat", length: hu.length }, "hu", "real");
      const before = backend.liveBytes;
      mapOnDevice(array, attenuationKnots(model));
      const f = piecewise(attenuationKnots(model));
      const mapped = await backend.download(array);
      hu.forEach((v, i) => {
        expect(Math.abs(mapped[i] - f(v))).toBeLessThan(1e-15);
      });
      expect(backend.liveBytes).toBe(before);
      await backend[Symbol.asyncDispose]();
    },
  );

  test.each([
    [{ muWater: -1 }, "must rise"],
    [{ muBone: 0.01 }, "must rise"],
    [{ hounsfieldBone: 0 }, "must rise"],
    [{ model: "linear", muAir: 0.03 }, "must rise"],
    [{ model: "linear", muBone: 1 }, "no option 'muBone'"],
    [{ muAir: 0 }, "no option 'muAir'"],
    [{ model: "cubic" }, "got 'cubic'"],
  ])("refuses %j", (options, message) => {
    expect(() => attenuationKnots(options as AttenuationModel)).toThrow(message);
  });
});
