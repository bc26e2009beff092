/** A line on stderr that says how far a long operation is; nothing unless stderr is a terminal. */
export interface Progress {
  /** @param fraction 0 to 1 */
  update(fraction: number, text: string): void;
  /** Removes the line. */
  done(): void;
}

/** Lines are rewritten at most ten times a second. */
const INTERVAL_MS = 100;
const BAR = 24;

export function terminalProgress(stream: NodeJS.WriteStream): Progress {
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

/** Without a terminal: a line at every fourth part, so that logs stay short and a long run is seen to go on. */
function steadyProgress(write: (line: string) => void): Progress {
  let quarter = 0;
  return {
    update(fraction, text) {
      const now = Math.floor(4 * fraction);
      if (now <= quarter) return;
      quarter = now;
      write(`  ${Math.round(100 * fraction)} % ${text}\n`);
    },
    done() {
      quarter = 0;
    },
  };
}
