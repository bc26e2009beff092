import { fault } from "./errors.js";
import { describeValue } from "./words.js";

/** Edit distance (Levenshtein) between two words. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(previous[j] + 1, current[j - 1] + 1, substitution);
    }
    previous = current;
  }
  return previous[b.length];
}

/** The known word nearest to `word`, or undefined if none is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * Refuses what is no object of options, and fields that `where` does not know, naming the nearest known one.
 * @throws INVALID_ARGUMENT
 */
export function refuseUnknownOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw fault(
      "INVALID_ARGUMENT",
      `${where} takes an object of options, such as { ${known[0]}: ... }, not ${describeValue(options)}`,
    );
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = nearestWord(name, known);
    throw fault(
      "INVALID_ARGUMENT",
      `${where} has no option '${name}'${near ? `; did you mean '${near}'?` : `; it knows ${known.join(", ")}`}`,
      { defect: "unknown-option", option: name, known },
    );
  }
}
