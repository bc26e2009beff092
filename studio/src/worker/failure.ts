/** Why a call failed, as the page tells it. */
import { isTomogradError } from "tomograd";
import { choicesOf, type Several } from "./choices";
import { noMemory } from "./memory";
import type { CallKind, Failure } from "./protocol";
import { inPageWords } from "./words";

export function failureOf(error: unknown, kind: CallKind, signal: AbortSignal): Failure {
  if (signal.aborted) return { code: "ABORTED", message: "cancelled" };
  const full = noMemory(error, kind);
  if (full) return full;
  if (isTomogradError(error) && error.code !== "INVARIANT") {
    const detail = error.detail as Several & { readonly package?: string };
    const { defect } = detail;
    const message = detail.package === undefined ? inPageWords(error.message) : withoutPackage(error.message, detail);
    const choices = choicesOf(detail);
    return { code: error.code, message, ...(defect && { defect }), ...(choices && { choices }) };
  }
  const said = error instanceof Error ? error.message : String(error);
  return { code: "INVARIANT", message: `This is a defect of tomograd, please report it: ${said}` };
}

/** What to do with files that only an optional package reads, which a page cannot install. */
function withoutPackage(
  message: string,
  { package: name, hint }: { readonly package?: string; readonly hint?: string },
) {
  const finding = hint && message.endsWith(hint) ? message.slice(0, -hint.length).replace(/; $/, "") : message;
  return `${finding}. This page does not bring it along: make another file of it where npm is: npm install tomograd ${name}, then npx tomograd convert FILE volume.nii.gz`;
}
