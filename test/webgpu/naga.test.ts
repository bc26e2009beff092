/** Every shader through a second compiler, Naga of Deno: browsers differ in theirs. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { KERNEL_NAMES, type KernelName } from "../../src/backend/kernels.js";
import { SPECS } from "../../src/backend/specs/index.js";
import type { KernelCase } from "../../src/backend/specs/spec.js";
import { always } from "../../src/backend/webgpu/adjointWays.js";
import { createBackendOn } from "../../src/backend/webgpu/backendOn.js";
import { uploadArguments } from "../../src/testing/runCase.js";
import { type Code, recordingDevice } from "../helpers/recordingDevice.js";
import { root } from "../package/sourceImports.js";

/** Deno's binary of this system, from its npm package. */
function denoPath(): string | undefined {
  const folder = join(root, "node_modules/@deno");
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .flatMap((name) => ["deno", "deno.exe"].map((file) => join(folder, name, file)))
    .find((path) => existsSync(path) && spawnSync(path, ["--version"]).status === 0);
}

/** What Naga says against shaders. */
function compiled(deno: string, shaders: readonly Code[]): { missing?: string; errors?: readonly { label: string }[] } {
  const folder = mkdtempSync(join(tmpdir(), "tomograd-naga-"));
  try {
    const list = join(folder, "shaders.json");
    writeFileSync(list, JSON.stringify(shaders));
    const script = fileURLToPath(new URL("compileInDeno.mjs", import.meta.url));
    const args = ["run", "-A", "--no-config", "--no-lock", "--no-prompt", script, list];
    const env = { ...process.env, DENO_DIR: join(folder, "cache"), DENO_NO_UPDATE_CHECK: "1" };
    const child = spawnSync(deno, args, { encoding: "utf8", env, timeout: 150_000 });
    if (child.status !== 0) throw new Error(`Deno ended with ${child.status ?? child.signal}: ${child.stderr}`);
    return JSON.parse(child.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The shaders that every kernel makes in the cases of the contract, and the kernels that made none. */
async function shadersOfKernels() {
  const shaders = new Map<string, Code>();
  const without: KernelName[] = [];
  for (const kernel of KERNEL_NAMES) {
    let made = 0;
    for (const way of ["gather", "scatter"] as const) {
      const device = recordingDevice((shader) => {
        made++;
        shaders.set(shader.code, shader);
      });
      const about = "webgpu, 1 device: that does nothing";
      await using backend = createBackendOn({ device, maxBindingBytes: 2 ** 27, adjoint: always(way), about });
      for (const { args } of SPECS[kernel].cases as readonly KernelCase<typeof kernel>[]) {
        const uploaded = uploadArguments<typeof kernel>(backend, args);
        backend.run(kernel, uploaded.args);
        uploaded.dispose();
      }
      await backend.idle(); // tells of kernels that failed
    }
    if (made === 0) without.push(kernel);
  }
  return { shaders: [...shaders.values()], without };
}

const deno = denoPath();
const missing = deno ? compiled(deno, []).missing : "Deno does not start here";

describe.skipIf(missing)(`shaders in a second compiler${missing ? `: ${missing}` : ""}`, () => {
  test("Naga finds no fault in any shader of any kernel", async () => {
    const { shaders, without } = await shadersOfKernels();
    expect(without).toEqual(["copy"]); // it has buffers copied
    expect(compiled(deno!, shaders)).toEqual({ errors: [] });
  });

  test("and would find one: of types, and of a buffer that is read only", () => {
    const faulty = (label: string, access: string, body: string) => ({
      label,
      code: `@group(0) @binding(0) var<storage, ${access}> x: array<f32>;
@compute @workgroup_size(1) fn main() { ${body} }`,
    });
    const { errors } = compiled(deno!, [
      faulty("sound", "read_write", "x[0] = 1.0;"),
      faulty("types", "read_write", "x[0] = 1u;"),
      faulty("read only", "read", "x[0] = 1.0;"),
    ]);
    expect(errors?.map(({ label }) => label)).toEqual(["types", "read only"]);
  });
});
