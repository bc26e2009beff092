export * from "./createGrid.js";
export * from "./grid.js";
export * from "./gridFrame.js";
