import { expect } from "vitest";
import type { TomogradError } from "../../src/core/errors.js";

/** What a program says to its author: values that are none, places in its source, other libraries' words. */
export const INTERNAL =
  /undefined|\bnull\b|NaN(?! or infinit)|\[object|\b(Type|Range|Syntax)Error\b|Cannot read|ByteArray|\.[jt]s\b|node_modules|\n/;

/** A refusal says what was found, in words of its own, and ends with what to do about it. */
export function expectWords({ message, detail }: TomogradError): void {
  const { hint = "" } = detail;
  expect(hint, message).toMatch(/^\w.{10,}\w[')]?$/);
  expect(message.toLowerCase().endsWith(hint.toLowerCase()), message).toBe(true);
  const finding = message.slice(0, -hint.length).replace(/[;?.] $/, "");
  expect(finding.length, message).toBeGreaterThan(10);
  expect(message).not.toMatch(INTERNAL);
}
