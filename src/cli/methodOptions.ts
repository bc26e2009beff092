import type { RampFilter } from "../reconstruction/index.js";

/** What steers a method; each takes some of them. */
export interface MethodOptions {
  readonly iterations?: number;
  readonly subsets?: number;
  readonly allowNegative?: boolean;
  readonly lower?: number;
  readonly upper?: number;
  readonly tolerance?: number;
  readonly noise?: number;
  readonly relaxation?: number;
  readonly lambda?: number;
  readonly penalty?: "identity" | "gradient";
  readonly filter?: RampFilter;
  readonly cut?: number;
  readonly short?: "auto" | "yes" | "no";
  readonly displaced?: "auto" | "yes" | "no";
  readonly truncated?: "auto" | "yes" | "no";
  readonly loss?: "mse" | "l1";
  readonly optimizer?: "adam" | "sgd";
  readonly momentum?: number;
  readonly learningRate?: number;
  readonly decay?: "none" | "cosine";
  readonly rays?: number;
  readonly seed?: number;
  readonly tv?: readonly [number, number];
  readonly mask?: string;
  readonly weights?: string;
  readonly start?: string;
  readonly checkpoint?: string;
  readonly checkpointEvery?: number;
  readonly resume?: string;
}
