/** The built command line, and what it makes of the page's run files. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { root } from "../package/sourceImports.js";

export const run = promisify(execFile);

export const tomograd = (args: readonly string[], cwd: string) =>
  run(process.execPath, [join(root, "dist/cli/main.js"), ...args], { cwd });

/** Repeats the scan and the reconstruction of the page in `folder`, on `wasm`; the results of the second. */
export async function repeated(page: Page, folder: string): Promise<{ readonly psnr: number }> {
  let printed = "{}";
  for (const operation of ["simulate", "reconstruct"]) {
    const file = join(folder, `${operation}.run.json`);
    writeFileSync(file, await page.evaluate<string>(`tomogradStudio.runFile("${operation}")`));
    printed = (await tomograd(["run", file, "--backend", "wasm", "--json", "--quiet"], folder)).stdout;
  }
  return JSON.parse(printed) as { readonly psnr: number };
}
