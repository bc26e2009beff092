import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { fault } from "../../core/errors.js";
import * as parse from "../parse.js";
import type { Streams } from "../perform.js";
import { serveStudio } from "../studioServer.js";

/** The built page, beside the compiled command line. */
const FOLDER = fileURLToPath(new URL("../../studio/", import.meta.url));

/** Opens an address in the user's browser; where there is none the printed address has to do. */
function openBrowser(address: string): void {
  const [program, ...args] =
    process.platform === "darwin"
      ? ["open"]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler"]
        : ["xdg-open"];
  spawn(program, [...args, address], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });

/** `tomograd studio`: serves the page until it is interrupted. It makes nothing, so it writes no run file. */
export function addStudioCommand(program: Command, streams: Streams, signal: AbortSignal): void {
  program
    .command("studio")
    .description("a web page to steer a C-arm through a CT: serves it on this machine alone, until Ctrl-C")
    .option("--port <n>", "where to listen (default: any free port)", parse.integer)
    .option("--open", "open it in the browser")
    .option("--json", "print the address as JSON")
    .allowExcessArguments(false)
    .addHelpText("after", "\nExamples:\n  $ tomograd studio --open\n  $ tomograd studio --port 8080")
    .action(async ({ port = 0, open, json }: { port?: number; open?: boolean; json?: boolean }) => {
      if (port < 0 || port > 65535)
        throw fault("INVALID_ARGUMENT", `ports go from 0 (any) to 65535, not ${port}`, { defect: "out-of-range" });
      if (!existsSync(`${FOLDER}index.html`))
        throw fault("NOT_FOUND", `the page is missing from ${FOLDER}: install tomograd again, or npm run build`, {
          defect: "missing-file",
        });
      const server = await serveStudio(FOLDER, port);
      try {
        streams.stdout.write(
          json ? `${JSON.stringify({ address: server.address })}\n` : `${server.address} (Ctrl-C ends it)\n`,
        );
        if (open) openBrowser(server.address);
        await stopped(signal);
      } finally {
        await server.close();
      }
    });
}
