import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  decodeRunRecord,
  encodeRunRecord,
  type RunRecord,
  runRecordJsonSchema,
  sha256,
} from "../../src/report/index.js";

const record: RunRecord = {
  format: "tomograd-run/1",
  operation: "render",
  options: { model: "siddon", size: [200, 200] },
  inputs: [
    { path: "chest.nii.gz", bytes: 3, sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  ],
  outputs: [],
  seed: 7,
  versions: { tomograd: "0.1.0", node: "20.19.0" },
  machine: { system: "linux x64", processor: "some", cores: 2, memoryBytes: 8e9 },
  backend: { name: "wasm", about: "wasm, 2 threads", threads: 2 },
  results: { psnr: 41.5 },
  warnings: [],
  startedAt: "2026-01-02T03:04:05.678Z",
  seconds: 1.25,
};

test("a run record survives its file", () => {
  expect(decodeRunRecord(encodeRunRecord(record))).toEqual(record);
});

test("the published schema is the one that files are checked with", () => {
  const published = readFileSync(new URL("../../schema/run.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(runRecordJsonSchema())));
});

test("a broken file, another format, an unknown field and a wrong hash are refused, each by its name", () => {
  const decode = (change: object) => () => decodeRunRecord(JSON.stringify({ ...record, ...change }));
  expect(() => decodeRunRecord("{")).toThrow(expect.objectContaining({ code: "CORRUPT_FILE" }));
  expect(decode({ format: "tomograd-run/2" })).toThrow(expect.objectContaining({ code: "UNSUPPORTED_FORMAT" }));
  expect(decode({ sede: 7 })).toThrow(/sede/);
  expect(decode({ inputs: [{ path: "x", bytes: 1, sha256: "abc" }] })).toThrow(/inputs\.0\.sha256/);
});

test("a result that is not finite is refused when written, not lost as null", () => {
  expect(() => encodeRunRecord({ ...record, results: { psnr: Number.POSITIVE_INFINITY } })).toThrow(
    /'psnr' is Infinity/,
  );
});

test("the SHA-256 of 'abc' is that of FIPS 180-4", async () => {
  expect(await sha256(new TextEncoder().encode("abc"))).toBe(record.inputs[0].sha256);
});
