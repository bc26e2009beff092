import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs `node ARGS` in the root with the same console; returns the exit code. No shell, so that Windows works. */
export function node(args, environment = {}) {
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  if (error) throw error;
  return status ?? 1;
}

/** Tells what happens now; on stderr, because stdout belongs to results. */
export const say = (line) => console.error(line);

/** Runs `action` with a plain message and exit code 1 where it throws. */
export function attempt(action) {
  try {
    action();
    return true;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
    return false;
  }
}

/** True in the file that was named on the command line. */
export const isMain = (url) => process.argv[1] === fileURLToPath(url);
