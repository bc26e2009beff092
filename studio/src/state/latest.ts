import { isCancelled } from "../worker/client";

/**
 * Runs one job at a time and keeps only the newest of those that wait: a hand that moves faster than pictures are made
 * gets every picture late by one, never a queue of them.
 */
export function latestWins<Input, Output>(
  run: (input: Input) => Promise<Output>,
  deliver: (output: Output, input: Input) => void,
  fail: (error: unknown, input: Input) => void,
): { readonly ask: (input: Input) => void; readonly busy: () => boolean } {
  let running = false;
  let waiting: { readonly input: Input } | undefined;
  const work = async () => {
    running = true;
    while (waiting) {
      const { input } = waiting;
      waiting = undefined;
      try {
        deliver(await run(input), input);
      } catch (error) {
        if (!isCancelled(error)) fail(error, input);
      }
    }
    running = false;
  };
  return {
    ask(input) {
      waiting = { input };
      if (!running) void work();
    },
    busy: () => running,
  };
}
