export type { Backend, DeviceArray, ElementType, HostArray, Shape } from "./backend.js";
export { describeShape, sameShape, shapeLength } from "./backend.js";
export type { BackendOptions, BackendReport } from "./create.js";
export { createBackend, createHostBackend, listBackends } from "./create.js";
export type {
  Discretization,
  FreeRays,
  KernelArguments,
  KernelName,
  KernelTable,
  Model,
  Rays,
  Scalar,
} from "./kernels.js";
export { KERNEL_NAMES } from "./kernels.js";
