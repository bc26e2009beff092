import { expect, test } from "vitest";
import { createBreather } from "../../src/core/breathe.js";

/** Work that never waits by itself, for so many ms. */
async function work(ms: number, breathe: () => Promise<void>): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < ms) await breathe();
}

test("timers fire during long work that breathes, and not during work that only awaits what is there", async () => {
  for (const [breathe, fires] of [
    [createBreather(), true],
    [async () => undefined, false],
  ] as const) {
    let fired = false;
    const timer = setTimeout(() => {
      fired = true;
    }, 1);
    await work(150, breathe);
    expect(fired).toBe(fires);
    clearTimeout(timer);
  }
});
