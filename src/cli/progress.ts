/** Says on stderr how far a long operation is: a line that changes, or without a terminal a few lines. */
export interface Progress {
  /** @param fraction 0 to 1 */
  update(fraction: number, text: string): void;
  /** Removes the line. */
  done(): void;
}

/** Lines are rewritten at most ten times a second. */
const INTERVAL_MS = 100;
const BAR = 24;

/** Where progress goes: stderr, or a test's. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function terminalProgress(stream: TextStream): Progress {
  if (!stream.isTTY) return steadyProgress((line) => stream.write(line));
  let last = 0;
  let shown = false;
  return {
    update(fraction, text) {
      const now = performance.now();
      if (now - last < INTERVAL_MS && fraction < 1) return;
      last = now;
      shown = true;
      const filled = Math.round(BAR * Math.min(1, Math.max(0, fraction)));
      const bar = "#".repeat(filled) + ".".repeat(BAR - filled);
      stream.write(
        `\r\x1b[K[${bar}] ${String(Math.round(100 * fraction)).padStart(3)} % ${text}`.slice(
          0,
          (stream.columns ?? 80) + 4,
        ),
      );
    },
    done() {
      if (shown) stream.write("\r\x1b[K");
      shown = false;
    },
  };
}

/** What takes no longer needs no lines in a log. */
const PATIENCE_MS = 2000;

/** Without a terminal: a line at every fourth part, so that logs stay short and a long run is seen to go on. */
function steadyProgress(write: (line: string) => void): Progress {
  const started = performance.now();
  let quarter = 0;
  return {
    update(fraction, text) {
      const now = Math.floor(4 * fraction);
      if (now <= quarter || performance.now() - started < PATIENCE_MS) return;
      quarter = now;
      write(`  ${Math.round(100 * fraction)} % ${text}\n`);
    },
    done() {
      quarter = 0;
    },
  };
}
