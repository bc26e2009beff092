import { expect, test } from "vitest";
import { createBackend, listBackends } from "../../src/backend/create.js";
import type { Backend } from "../../src/backend/index.js";
import { isTomogradError } from "../../src/core/errors.js";

const refusal = async (work: () => Promise<unknown>) => {
  const error = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isTomogradError(error) ? `${error.code}: ${error.message}` : String(error);
};

test("the reference backend starts when asked for and says so", async () => {
  await using backend = await createBackend({ prefer: "reference" });
  expect(backend.name).toBe("reference");
  expect(backend.about).toContain("as asked");
});

test("without a preference the first backend that is worth it starts, and says what it is and why", async () => {
  await using backend = await createBackend();
  const names = (await listBackends()).filter(({ available }) => available).map(({ name }) => name);
  expect(names).toContain(backend.name);
  expect(backend.about).toMatch(new RegExp(`^${backend.name}, \\d+ .*\\((the fastest here|not webgpu: .{5,60})\\)$`));
});

test("threads belong to wasm: without a preference it is then the one, and webgpu refuses them", async () => {
  await using backend = await createBackend({ threads: 1 });
  expect(backend.about).toMatch(/^wasm, 1 thread: as asked \(not webgpu: threads are asked for\)$/);
  expect(await refusal(() => createBackend({ prefer: "webgpu", threads: 2 }))).toMatch(/^INVALID_ARGUMENT: threads/);
});

test("options of webgpu are checked without a GPU too, and refused where another backend is asked for", async () => {
  expect(await refusal(() => createBackend({ prefer: "webgpu", maxBindingBytes: 100 }))).toMatch(
    /at least 4096, not 100/,
  );
  expect(await refusal(() => createBackend({ maxBindingBytes: 100 }))).toMatch(/^INVALID_ARGUMENT: .*not 100/);
  const belongs = /^INVALID_ARGUMENT: adjoint belongs to the webgpu backend/;
  expect(await refusal(() => createBackend({ prefer: "wasm", adjoint: "gather" }))).toMatch(belongs);
  expect(await refusal(() => createBackend({ threads: 2, adjoint: "gather" }))).toMatch(belongs);
  for (const [given, told] of [
    ["8192", "text '8192'"],
    [10n ** 9n, "the BigInt 1000000000"],
  ] as const)
    expect(await refusal(() => createBackend({ prefer: "webgpu", maxBindingBytes: given as never }))).toBe(
      `INVALID_ARGUMENT: maxBindingBytes must be a number of at least 4096, not ${told}`,
    );
  await using backend = await createBackend({ prefer: "reference", maxBindingBytes: undefined });
  expect(backend.name).toBe("reference");
});

test("every backend is listed, with the reason of those that do not run here; the reference always does", async () => {
  const reports = await listBackends();
  expect(reports.map(({ name }) => name)).toEqual(["webgpu", "wasm", "reference"]);
  expect(reports[2].available).toBe(true);
  for (const { about } of reports) expect(about).not.toBe("");
});

test("webgpu starts when asked for, or says what is missing", async () => {
  const report = (await listBackends()).find(({ name }) => name === "webgpu");
  const made = await createBackend({ prefer: "webgpu" }).catch((error: unknown) => error);
  if (report?.available) {
    await using backend = made as Backend;
    expect(backend.about).toBe(report.about);
  } else {
    expect(isTomogradError(made, "UNSUPPORTED_KERNEL")).toBe(true);
    expect(String(made)).toContain(report?.about);
    expect(report?.about).toMatch(/driver|npm install webgpu/i);
  }
});

test("unknown backends, options and numbers of threads are refused by name", async () => {
  // @ts-expect-error not a backend
  expect(await refusal(() => createBackend({ prefer: "cuda" }))).toMatch(/^INVALID_ARGUMENT: .*'cuda'/);
  // @ts-expect-error not an option
  expect(await refusal(() => createBackend({ thread: 2 }))).toMatch(/^INVALID_ARGUMENT: .*did you mean 'threads'/);
  expect(await refusal(() => createBackend({ threads: 0 }))).toMatch(/^INVALID_ARGUMENT: .*not 0/);
});

test("options that are no object are refused with what they are", async () => {
  for (const [given, told] of [
    [null, "null"],
    ["webgpu", "text 'webgpu'"],
    [[], "an array"],
  ] as const)
    expect(await refusal(() => createBackend(given as never))).toBe(
      `INVALID_ARGUMENT: createBackend takes an object of options, such as { prefer: ... }, not ${told}`,
    );
});
