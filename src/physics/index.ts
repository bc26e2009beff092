export * from "./attenuation.js";
export * from "./beerLambert.js";
export * from "./density.js";
export * from "./noise.js";
export * from "./padding.js";
export * from "./piecewise.js";
