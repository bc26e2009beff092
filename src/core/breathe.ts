/** Lets others have a turn during long work that never waits. */

/** ms of work without a pause: short enough for a key to be answered, long enough for the pauses to cost nothing. */
const BREATH_MS = 50;

/**
 * A function to call between steps of long work: at most every 50 ms it waits for a turn of the event loop, so that
 * signals, timers and clicks get through also where a backend computes at the call and promises resolve at once.
 */
export function createBreather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH_MS) return;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
    last = performance.now();
  };
}
