/**
 * A Chromium for tests of pages: the one that `TOMOGRAD_CHROMIUM` names, the system's, else (or where it names "npm") that
 * of the package @sparticuz/chromium, a dependency of development (Linux on x64), with the libraries that it brings along.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { root } from "./node.mjs";
import { filesOf } from "./tar.mjs";

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];
const LIBRARIES = join(root, "node_modules/@sparticuz/chromium/bin/al2023.tar.br");
const FOLDER = join(root, "node_modules/.cache/chromium");

/** The libraries that a bare system lacks (nss, nspr, expat), unpacked once, whole or not at all. */
function libraryFolder() {
  if (!existsSync(FOLDER)) {
    const fresh = `${FOLDER}.${process.pid}`;
    for (const { path, bytes } of filesOf(brotliDecompressSync(readFileSync(LIBRARIES)))) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true });
      writeFileSync(join(fresh, path), bytes);
    }
    renameSync(fresh, FOLDER);
  }
  return join(FOLDER, "lib");
}

/** Environment variables for the tests: where Chromium is, and its libraries; undefined where there is none. */
export async function chromiumEnvironment() {
  const named = process.env.TOMOGRAD_CHROMIUM;
  const found = named ?? SYSTEM.find((path) => existsSync(path));
  if (found && found !== "npm") return { TOMOGRAD_CHROMIUM: found };
  if (process.platform !== "linux" || process.arch !== "x64" || !existsSync(LIBRARIES)) return undefined;
  const { default: packed } = await import("@sparticuz/chromium");
  return {
    TOMOGRAD_CHROMIUM: await packed.executablePath(),
    LD_LIBRARY_PATH: [libraryFolder(), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
  };
}
