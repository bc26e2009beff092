/** Which way an adjoint takes, without a GPU: the shaders that it asks for tell. */
import { expect, test } from "vitest";
import type { Rays } from "../../../src/backend/kernels.js";
import { SPECS } from "../../../src/backend/specs/index.js";
import type { CaseArguments } from "../../../src/backend/specs/spec.js";
import { always, describeWays } from "../../../src/backend/webgpu/adjointWays.js";
import { createBackendOn } from "../../../src/backend/webgpu/backendOn.js";
import { windowsOf } from "../../../src/backend/webgpu/kernels/windows.js";
import { fasterWays } from "../../../src/backend/webgpu/measureAdjoints.js";
import { uploadArguments } from "../../../src/testing/runCase.js";
import { recordingDevice } from "../../helpers/recordingDevice.js";

/** Runs an adjoint on a backend that prefers the gather. */
async function wayOf(args: CaseArguments<"projectAdjoint">, maxBindingBytes = 2 ** 27): Promise<string> {
  const labels: string[] = [];
  const device = recordingDevice(({ label }) => labels.push(label));
  await using backend = createBackendOn({ device, maxBindingBytes, adjoint: always("gather"), about: "nothing" });
  const uploaded = uploadArguments<"projectAdjoint">(backend, args);
  backend.run("projectAdjoint", uploaded.args);
  uploaded.dispose();
  await backend.idle();
  const gathered = labels.some((label) => label.startsWith("projectAdjoint by gathering"));
  expect(gathered).not.toBe(labels.includes("fixed point to float32"));
  return gathered ? "gather" : "scatter";
}

const caseOf = (name: string) => {
  const found = SPECS.projectAdjoint.cases.find((each) => each.name === name);
  return found!.args;
};

for (const model of ["siddon", "joseph", "trilinear"] as const)
  test.each([
    ["gather", "three views around an odd grid"],
    ["gather", "views along z"],
    ["gather", "a detector inside"],
    ["gather", "parallel beams through a sheared grid"],
    ["scatter", "a source inside"],
    ["scatter", "source and detector inside"],
    ["scatter", "a list of pixels"],
  ])(`the ${model} adjoint takes the %s: %s`, async (way, scene) => {
    expect(await wayOf(caseOf(`${model}, ${scene}`))).toBe(way);
  });

test("a view of more rays than a buffer holds is scattered: 34 x 35 rays of 32 bytes", async () => {
  const args = caseOf("siddon, a 33 x 29 x 31 grid");
  expect(await wayOf(args, 32 * 34 * 35)).toBe("gather");
  expect(await wayOf(args, 32 * 34 * 35 - 4)).toBe("scatter");
});

/** A view along x of a grid of 8³ in index coordinates, 12 x 12 pixels around its middle. */
function alongX({ source = -40, pixel = 1.5, slant = 0, pixels = 12, size = 8 } = {}, rays: Partial<Rays> = {}) {
  const corner = 4 - (pixel * (pixels - 1)) / 2;
  const view = [
    source,
    4,
    4,
    20 - slant * corner,
    corner,
    corner,
    slant * pixel,
    pixel,
    0,
    0,
    0,
    pixel,
    1,
    1,
    1,
    0,
    0,
    0,
  ];
  const beam = { model: "siddon", beam: "cone", ...rays } as const;
  return windowsOf(Float64Array.from(view), beam, { size: [size, size, size], rows: pixels, columns: pixels });
}

test("windows hold with a source before the box; they fail where it is at its face, inside or beyond", () => {
  expect(alongX({ source: -0.5 })).toBeDefined();
  expect(alongX({ source: 0 })).toBeUndefined();
  expect(alongX({ source: 0.6 })).toBeUndefined();
  expect(alongX({ source: 4 })).toBeUndefined();
  expect(alongX({ source: 12 })).toBeUndefined(); // the box behind it
});

test("windows fail where they hold more than 4096 pixels for four voxels", () => {
  expect(alongX({ pixel: 0.06, pixels: 200 })).toBeDefined(); // 26 x 102 pixels in the middle
  expect(alongX({ pixel: 0.02, pixels: 600 })).toBeUndefined();
});

test("windows fail on a detector that is seen from its edge", () => {
  expect(alongX({ slant: 5 })).toBeDefined();
  expect(alongX({ slant: 1e4 })).toBeUndefined();
});

test("a voxel appears where its ray ends, counted from the central pixel", () => {
  const [view] = alongX({ source: -40 })!.views;
  const at = (row: readonly number[], [x, y, z]: readonly number[]) => row[0] * x + row[1] * y + row[2] * z + row[3];
  // voxel (1, 6, 3), counted from voxel (4, 4, 4): its center is at (1.5, 6.5, 3.5)
  const center = [1.5 - 4, 6.5 - 4, 3.5 - 4];
  const depth = at(view.depth, center);
  expect(depth).toBeCloseTo(41.5 / 60, 12);
  const toColumn = (4 + (2.5 * 60) / 41.5 - (4 - 1.5 * 5.5)) / 1.5;
  const toRow = (4 - (0.5 * 60) / 41.5 - (4 - 1.5 * 5.5)) / 1.5;
  expect(at(view.column, center) / depth).toBeCloseTo(toColumn - 6, 12);
  expect(at(view.row, center) / depth).toBeCloseTo(toRow - 6, 12);
});

test("Joseph looks at planes of centers only where all rays of a view have one dominant axis", () => {
  const [along] = alongX({}, { model: "joseph" })!.views;
  expect(along.half.map((extent) => Math.round(extent))).toEqual([0, 1, 1]);
  const [wide] = alongX({ source: -6, pixel: 6 }, { model: "joseph" })!.views;
  expect(wide.half.map((extent) => Math.round(extent))).toEqual([1, 1, 1]);
});

test("the gather is taken unless the scatter is 1.5 times as fast, model by model", () => {
  const gather = { siddon: 3, joseph: 3, trilinear: 3 };
  const ways = fasterWays({ gather, scatter: { siddon: 1.9, joseph: 2.1, trilinear: 9 } });
  expect(ways).toEqual({ siddon: "scatter", joseph: "gather", trilinear: "gather" });
  expect(describeWays(ways)).toBe("adjoints of siddon by scatter, of joseph by gather, of trilinear by gather");
  expect(describeWays(always("gather"))).toBe("adjoints by gather");
});
