import { existsSync } from "node:fs";

/** A Chromium to drive: the one that `TOMOGRAD_CHROMIUM` names, as in `npm test`, or the system's. */
export const executablePath =
  process.env.TOMOGRAD_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));
