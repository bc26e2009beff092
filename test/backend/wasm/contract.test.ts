import { afterAll, describe, expect, test } from "vitest";
import { createWasmBackend, type WasmBackendOptions } from "../../../src/backend/wasm/index.js";
import { backendSuite } from "../../../src/testing/index.js";

const configurations: readonly [string, WasmBackendOptions][] = [
  ["2 threads", { threads: 2 }],
  ["5 threads", { threads: 5 }],
  ["1 thread without shared memory", { forceSingleThread: true }],
];

for (const [name, options] of configurations)
  await backendSuite((asked) => createWasmBackend({ ...options, ...asked }), {
    describe: (title, body) => describe(`${name}: ${title}`, body),
    test,
    expect,
    afterAll,
  });
