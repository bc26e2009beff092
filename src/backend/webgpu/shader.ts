/** Kernels in WGSL as data: what they bind, their numbers, their text; and the pipelines made of them. */
import type { Slot } from "./bufferPool.js";

export type NumberType = "f32" | "u32" | "i32";

/** Access and WGSL type of a storage buffer: "read array<f32>", "write array<vec4f>". */
export type BufferUse = `${"read" | "write"} ${string}`;

export interface Shader<N extends string = string, B extends string = string> {
  readonly name: string;
  /** Numbers of a dispatch: `setting.NAME` in the text; at most 64. */
  readonly settings: { readonly [name in N]: NumberType };
  /** Storage buffers, at most 8, under their names. */
  readonly buffers: { readonly [name in B]: BufferUse };
  /** WGSL with an entry point `main`. */
  readonly code: string;
}

/** What a dispatch gives a shader. */
export interface Bound<N extends string, B extends string> {
  readonly settings: { readonly [name in N]: number };
  readonly slots: { readonly [name in B]: Slot };
}

/** States a shader, its names checked wherever it is dispatched. */
export const shader = <N extends string, B extends string>(declaration: Shader<N, B>): Shader<N, B> => declaration;

/** Invocations of a workgroup of `perElement`. */
export const GROUP = 64;

/** Numbers of `perElement`, for `dispatchElements`. */
export type Elements = "firstElement" | "count";

/** Parameters of an entry point that counts its workgroups in x and y, and the number of its workgroup. */
export const LINEAR_ENTRY =
  "@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32";
export const GROUP_NUMBER = "(group.y * groups.x + group.x)";

/** A shader that does `body` for every i from `setting.firstElement` on, below `setting.count`. */
export const perElement = <N extends string, B extends string>({
  name,
  settings,
  buffers,
  code,
  body,
}: Omit<Shader<N, B>, "code"> & { readonly code?: string; readonly body: string }): Shader<N | Elements, B> => ({
  name,
  // the numbers asked for and two more
  settings: { ...settings, firstElement: "u32", count: "u32" } as { readonly [name in N | Elements]: NumberType },
  buffers,
  code: `${code ?? ""}
@compute @workgroup_size(${GROUP})
fn main(${LINEAR_ENTRY}) {
  let i = setting.firstElement + ${GROUP_NUMBER} * ${GROUP}u + local;
  if (i >= setting.count) { return; }
  ${body}
}`,
});

/** WGSL of a shader, its declarations before it. */
export function wgslOf({ settings, buffers, code }: Shader): string {
  const fields = Object.entries(settings).map(([name, type]) => `${name}: ${type},`);
  const bindings = Object.entries(buffers).map(([name, use], i) => {
    const [access, ...type] = use.split(" ");
    const mode = access === "read" ? "read" : "read_write";
    return `@group(0) @binding(${i + 1}) var<storage, ${mode}> ${name}: ${type.join(" ")};`;
  });
  return `struct Settings { ${fields.join(" ") || "none: u32,"} }
@group(0) @binding(0) var<uniform> setting: Settings;
${bindings.join("\n")}
${code}`;
}

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** `GPUShaderStage.COMPUTE`, which Node lacks. */
const COMPUTE = 4;

/** Compiles each shader once. */
export function createPipelines(device: GPUDevice): (shader: Shader) => Pipeline {
  const compiled = new Map<Shader, Pipeline>();
  const compile = (shader: Shader): Pipeline => {
    const { name, buffers } = shader;
    const layout = device.createBindGroupLayout({
      label: name,
      entries: [
        { binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
        ...Object.values<BufferUse>(buffers).map(
          (use, i): GPUBindGroupLayoutEntry => ({
            binding: i + 1,
            visibility: COMPUTE,
            buffer: { type: use.startsWith("read ") ? "read-only-storage" : "storage" },
          }),
        ),
      ],
    });
    const pipeline = device.createComputePipeline({
      label: name,
      layout: device.createPipelineLayout({ label: name, bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label: name, code: wgslOf(shader) }), entryPoint: "main" },
    });
    return { pipeline, layout };
  };
  return (shader) => {
    const known = compiled.get(shader) ?? compile(shader);
    compiled.set(shader, known);
    return known;
  };
}
