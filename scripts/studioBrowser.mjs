/** The built page as its command serves it, in a Chromium. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { chromiumEnvironment } from "./chromium.mjs";

const CLI = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** The address that `tomograd studio` prints, and the process that serves it. */
async function serve() {
  const server = spawn(process.execPath, [CLI, "studio", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((take, refuse) => {
    server.stdout.once("data", take);
    server.once("exit", (code) => refuse(new Error(`tomograd studio ended with ${code}`)));
  });
  return { server, address: JSON.parse(line).address };
}

/** Server and browser; `close` ends both. @throws Error where there is no Chromium */
export async function startStudioBrowser(args = []) {
  const environment = await chromiumEnvironment();
  if (!environment) throw new Error("there is no Chromium on this machine: TOMOGRAD_CHROMIUM names one");
  const { TOMOGRAD_CHROMIUM: executablePath, ...env } = environment;
  const { server, address } = await serve();
  const browser = await chromium.launch({
    ...{ executablePath, args: ["--no-sandbox", ...args], env: { ...process.env, ...env } },
  });
  return {
    address,
    browser,
    async close() {
      await browser.close();
      server.kill();
    },
  };
}
