/** What options of a registration may be, said by name where they are not. */
import { fault } from "../core/errors.js";
import type { Matrix4 } from "../core/linear.js";
import { checkRotation } from "../geometry/pose.js";
import { INTRINSICS } from "./layout.js";
import { RECIPES, type RegistrationOptions, type SearchBox } from "./types.js";

/**
 * @param starts the motions that the bodies' searches begin with
 * @throws INVALID_ARGUMENT (`out-of-range`), INVALID_GEOMETRY (`not-a-rotation`, `not-affine`), NOT_FINITE
 */
export function checkOptions(options: RegistrationOptions, starts: readonly Matrix4[], box: SearchBox): void {
  const { recipe, mask, refine = [], seed, isocenter } = options;
  for (const start of starts) checkMotion(start);
  checkWord("recipe", recipe, RECIPES);
  checkWord("mask", mask, ["cut-faces", "none"]);
  for (const name of refine) checkWord("refine", name, INTRINSICS);
  if (seed !== undefined && !Number.isInteger(seed)) throw outOfRange("seed", seed, "a whole number");
  if (isocenter && !(isocenter.length === 3 && isocenter.every(Number.isFinite)))
    throw outOfRange("isocenter", `[${isocenter}]`, "3 finite numbers in mm");
  for (const [field, most] of [
    ["rotationDeg", 180],
    ["translation", 1e4],
  ] as const)
    if (!(box[field] > 0 && box[field] <= most))
      throw outOfRange(`search.${field}`, box[field], `more than 0 and at most ${most}`);
}

function checkMotion(motion: Matrix4): void {
  checkRotation(motion);
  if ([0, 0, 0, 1].some((value, i) => motion[12 + i] !== value))
    throw fault("INVALID_GEOMETRY", `found a start whose last row is ${motion.slice(12)}; expected 0,0,0,1`, {
      defect: "not-affine",
    });
}

function checkWord(field: string, word: string | undefined, known: readonly string[]): void {
  if (word === undefined || known.includes(word)) return;
  throw outOfRange(field, `'${word}'`, known.map((one) => `'${one}'`).join(" or "));
}

const outOfRange = (field: string, found: unknown, expected: string) =>
  fault("INVALID_ARGUMENT", `found ${field} = ${found}; expected ${expected}`, { defect: "out-of-range", field });
