export { deviceProjections, deviceVolume, toDevice, toHost, zeroProjections, zeros, zerosLike } from "./arrays.js";
export { createProjector, type ProjectorOptions } from "./createProjector.js";
export { labelChannels, labelChannelsAdjoint } from "./labelChannels.js";
export * from "./parity.js";
export { createRayProjector, type RayProjector, type RayProjectorOptions } from "./rayProjector.js";
export type { DeviceProjections, DeviceVolume, LinearOperator, OutputOptions, Projector } from "./types.js";
