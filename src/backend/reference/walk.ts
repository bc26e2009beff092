import type { Model } from "../kernels.js";
import { joseph } from "./joseph.js";
import type { Walk } from "./ray.js";
import { siddon } from "./siddon.js";
import { trilinear } from "./trilinear.js";

/** How each model walks a ray. */
export const WALKS: { readonly [M in Model]: Walk } = { siddon, joseph, trilinear };
