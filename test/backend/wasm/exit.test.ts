import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";

const built = new URL("../../../dist/backend/wasm/index.js", import.meta.url);

/** Runs a module in a Node process of its own; the result holds its output and exit status. */
const run = (body: string) =>
  spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", `import { createWasmBackend } from ${JSON.stringify(built.href)};\n${body}`],
    { encoding: "utf8", timeout: 20_000 },
  );

describe.skipIf(!existsSync(built))("a Node process (needs `npm run build`)", () => {
  test("ends although a backend of 2 threads was not disposed of", () => {
    const { status, stdout } = run(`
      const backend = await createWasmBackend({ threads: 2 });
      const x = backend.allocate({ kind: "flat", length: 3 });
      backend.run("fill", { out: x, value: 7 });
      console.log(String(await backend.download(x)));`);
    expect(stdout).toBe("7,7,7\n");
    expect(status).toBe(0);
  });

  test("does not end while a download is pending", () => {
    const { status, stdout } = run(`
      const backend = await createWasmBackend({ threads: 2 });
      const x = backend.allocate({ kind: "volume", size: [128, 128, 128] });
      for (let i = 0; i < 300; i++) backend.run("fill", { out: x, value: i });
      backend.download(x).then((values) => console.log(values[0]));`);
    expect(stdout).toBe("299\n");
    expect(status).toBe(0);
  });
});
