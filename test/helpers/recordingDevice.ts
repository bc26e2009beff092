/** A device without a GPU. */

/** A shader as a device gets it. */
export interface Code {
  readonly label: string;
  readonly code: string;
}

/** Anything of a device that does nothing: every member, and what every call returns, is it again. */
const nothing: object = new Proxy(() => {}, {
  get: (_, name) => (name === "then" ? undefined : nothing),
  apply: () => nothing,
});

/** A device that does nothing but keep the shaders that it is given. */
export function recordingDevice(keep: (shader: Code) => void): GPUDevice {
  const members: { readonly [name: string]: unknown } = {
    createShaderModule: ({ label = "", code }: GPUShaderModuleDescriptor) => keep({ label, code }),
    popErrorScope: async () => null,
    lost: new Promise(() => {}),
  };
  const device: object = new Proxy(nothing, {
    get: (_, name) => members[String(name)] ?? nothing,
  });
  return device as GPUDevice;
}
