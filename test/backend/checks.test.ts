import { describe, expect, test } from "vitest";
import type { DeviceArray } from "../../src/backend/backend.js";
import { checkCall } from "../../src/backend/checks.js";
import type { KernelArguments, KernelName } from "../../src/backend/kernels.js";
import { KERNEL_NAMES } from "../../src/backend/kernels.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { SPECS } from "../../src/backend/specs/index.js";
import { isTomogradError } from "../../src/core/errors.js";
import { uploadArguments } from "../../src/testing/runCase.js";

const backend = createReferenceBackend();

function codeOf(kernel: KernelName, args: object): string {
  try {
    checkCall(backend, kernel, args as KernelArguments[KernelName]);
    return "accepted";
  } catch (error) {
    return isTomogradError(error) ? error.code : String(error);
  }
}

/** The uploaded arguments of one of a kernel's cases. */
const argumentsOf = (kernel: KernelName, index = 0) =>
  uploadArguments(backend, SPECS[kernel].cases[index].args).args as unknown as Record<string, unknown>;

const isArray = (value: unknown): value is DeviceArray =>
  typeof value === "object" && value !== null && "backend" in value;

describe("every kernel", () => {
  for (const kernel of KERNEL_NAMES)
    test(`${kernel}: its cases pass; wrong, missing, disposed and doubled arrays and numbers that are not finite do not`, () => {
      for (const { args } of SPECS[kernel].cases) {
        const uploaded = uploadArguments(backend, args);
        expect(codeOf(kernel, uploaded.args)).toBe("accepted");
        uploaded.dispose();
        expect(codeOf(kernel, uploaded.args)).toBe("BUFFER_DISPOSED");
      }
      const good = argumentsOf(kernel);
      const arrays = Object.entries(good).filter(([, value]) => isArray(value));
      for (const [name] of arrays) {
        const labels = backend.allocate({ kind: "flat", length: 1 }, "labels", "u8");
        expect(codeOf(kernel, { ...good, [name]: labels }), name).toBe("SHAPE_MISMATCH");
        if (name !== "pixels") expect(codeOf(kernel, { ...good, [name]: undefined }), name).toBe("INVALID_ARGUMENT");
        for (const [other, array] of arrays)
          if (other !== name)
            expect(codeOf(kernel, { ...good, [name]: array })).toMatch(/INVALID_ARGUMENT|SHAPE_MISMATCH/);
      }
      for (const [name, value] of Object.entries(good))
        if (typeof value === "number") expect(codeOf(kernel, { ...good, [name]: Number.NaN }), name).toBe("NOT_FINITE");
    });
});

describe("rays", () => {
  const good = argumentsOf("project", 3);
  const shape = (views: number, rows: number, columns: number) =>
    backend.allocate({ kind: "projections", views, rows, columns });

  test("a table of views has 18 numbers for each view of the image", () => {
    const table = backend.allocate({ kind: "flat", length: 19 }, "table", "f64");
    expect(codeOf("project", { ...good, views: table })).toBe("SHAPE_MISMATCH");
    expect(codeOf("project", { ...good, out: shape(7, 3, 3) })).toBe("SHAPE_MISMATCH");
  });

  test("trilinear needs a step above 0 or an interval; an interval needs trilinear, two samples and a source", () => {
    const interval = { from: 0, to: 1, samples: 2 };
    const trilinear = { ...good, model: "trilinear", step: undefined };
    expect(codeOf("project", trilinear)).toBe("INVALID_ARGUMENT");
    expect(codeOf("project", { ...trilinear, step: 0 })).toBe("INVALID_ARGUMENT");
    expect(codeOf("project", { ...trilinear, step: 0.5 })).toBe("accepted");
    expect(codeOf("project", { ...trilinear, interval })).toBe("accepted");
    expect(codeOf("project", { ...trilinear, interval: { ...interval, samples: 1 } })).toBe("INVALID_ARGUMENT");
    expect(codeOf("project", { ...trilinear, interval, beam: "parallel" })).toBe("INVALID_ARGUMENT");
    expect(codeOf("project", { ...good, model: "siddon", interval })).toBe("INVALID_ARGUMENT");
  });

  test("models, beams and extents are those of the list", () => {
    for (const wrong of [{ model: "bresenham" }, { beam: "fan" }, { extent: "all" }])
      expect(codeOf("project", { ...good, ...wrong })).toBe("INVALID_ARGUMENT");
  });

  test("a jacobian has 6 images a view, a table of free rays 6 numbers a ray", () => {
    const jacobian = argumentsOf("projectLineJacobian", 3);
    expect(codeOf("projectLineJacobian", { ...jacobian, jacobian: shape(5, 5, 6) })).toBe("SHAPE_MISMATCH");
    const rays = argumentsOf("projectRays", 3);
    expect(codeOf("projectRays", { ...rays, out: backend.allocate({ kind: "flat", length: 2 }) })).toBe(
      "SHAPE_MISMATCH",
    );
    expect(codeOf("projectRays", { ...rays, metric: [1, 1, 1] })).toBe("INVALID_ARGUMENT");
  });
});

test("an array of another backend is refused, a kernel that does not exist gets the nearest name", async () => {
  await using other = createReferenceBackend();
  const out = other.allocate({ kind: "flat", length: 1 });
  expect(codeOf("fill", { out, value: 1 })).toBe("WRONG_BACKEND");
  expect(() => checkCall(backend, "projct" as "project", {} as KernelArguments["project"])).toThrow(/'project'/);
});

test("shapes, types and values that are none are refused in words", () => {
  const told = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return isTomogradError(error, "INVALID_ARGUMENT") ? error.message : String(error);
    }
  };
  const flat = { kind: "flat", length: 3 } as const;
  expect(told(() => backend.allocate({ kind: "cube" } as never, "x"))).toBe(
    "'x': a shape is of kind flat, volume, projections; this is of kind text 'cube'",
  );
  expect(told(() => backend.allocate(flat, "x", "f16" as never))).toBe(
    "elements are of type real, f64, u8, u32, not text 'f16'",
  );
  expect(told(() => backend.upload([1, 2, 3] as never, flat, "x"))).toBe(
    "'x': values come as Float32Array, Float64Array, Int16Array, Uint16Array, Uint8Array, Uint32Array, not as an array",
  );
});
