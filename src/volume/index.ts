export * from "./boxResample.js";
export * from "./createGrid.js";
export * from "./createVolume.js";
export * from "./cropPad.js";
export * from "./grid.js";
export * from "./gridFrame.js";
export * from "./reorient.js";
export * from "./resample.js";
