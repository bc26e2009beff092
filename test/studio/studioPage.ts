/** The built page in a Chromium, and what went wrong in it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from "playwright-core";
import { type StudioServer, serveStudio } from "../../src/cli/studioServer.js";
import { root } from "../package/sourceImports.js";

export const folder = join(root, "dist/studio");
const executablePath = process.env.TOMOGRAD_CHROMIUM;

/** Why the page cannot be tested here; undefined where it can. */
export const missing = !executablePath
  ? "there is no Chromium: npm run test:studio looks for one, TOMOGRAD_CHROMIUM names it"
  : !existsSync(join(folder, "index.html"))
    ? "the page is not built: npm run build"
    : undefined;

/** A page that has been opened. */
export interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, requests to other hosts or that failed. */
  readonly problems: string[];
  /** Every request, in order. */
  readonly requests: Request[];
}

export interface Studio {
  readonly server: StudioServer;
  readonly browser: Browser;
  /** Opens the page in a context of its own; resolves when its first picture is there, unless `query` opens nothing. */
  open(options?: OpenOptions): Promise<Opened>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly address?: string;
  readonly width?: number;
  readonly height?: number;
  /** Of the browser: what the user prefers, touch, permissions. */
  /** Chosen before. */
  readonly theme?: "dark" | "light";
  readonly context?: BrowserContextOptions;
}

/** A tablet, held either way. */
export const TABLET: BrowserContextOptions = { hasTouch: true, isMobile: true };

/** Starts server and browser. */
export async function startStudio(args: readonly string[] = []): Promise<Studio> {
  const server = await serveStudio(folder, 0);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
  return {
    server,
    browser,
    async open({ address = server.address, width = 1280, height = 720, theme, context } = {}) {
      const page = await browser.newPage({ viewport: { width, height }, ...context });
      if (theme) await page.addInitScript((chosen) => localStorage.setItem("tomograd-theme", chosen), theme);
      const problems: string[] = [];
      const requests: Request[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
      page.on("request", (request) => {
        requests.push(request);
        const { protocol, origin } = new URL(request.url());
        if (!["blob:", "data:"].includes(protocol) && origin !== new URL(address).origin)
          problems.push(`other host: ${request.url()}`);
      });
      page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));
      await page.goto(address);
      await becomes(page, "window.tomogradStudio?.shown() !== undefined");
      return { page, problems, requests };
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Waits for an expression to be true; the page forbids itself `eval`, with which Playwright would wait. */
export async function becomes(page: Page, expression: string, seconds = 30): Promise<void> {
  // a page that is loading anew has no answer yet
  const holds = () => page.evaluate(expression).catch(() => false);
  for (const end = Date.now() + 1000 * seconds; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`after ${seconds} s it is still not so that ${expression}`);
    await page.waitForTimeout(30);
  }
}

/** The exact picture of the present view, as the page hands it out. */
export interface PageImage {
  readonly rows: number;
  readonly columns: number;
  readonly coarsening: number;
  readonly values: readonly number[];
}

export const exactImage = (page: Page): Promise<PageImage> =>
  page.evaluate(
    "tomogradStudio.image().then(({ values, rows, columns, coarsening }) => ({ rows, columns, coarsening, values: [...values] }))",
  );

/** Waits for the exact picture, without its many values. */
export const settled = (page: Page): Promise<Omit<PageImage, "values">> =>
  page.evaluate("tomogradStudio.image().then(({ rows, columns, coarsening }) => ({ rows, columns, coarsening }))");

/** The red of every pixel of a canvas; where all are grey that says everything. */
export const greys = (page: Page, selector: string) =>
  page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector('${selector}');
    const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    context.drawImage(canvas, 0, 0);
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
  })()`);

/** A file to be dropped. */
export interface Dropped {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Drops files on the page. */
export async function drop(page: Page, files: readonly Dropped[]): Promise<void> {
  const plain = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString("base64") }));
  const transfer = await page.evaluateHandle(async (list) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of list) {
      const bytes = await (await fetch(`data:application/octet-stream;base64,${base64}`)).arrayBuffer();
      transfer.items.add(new File([bytes], name));
    }
    return transfer;
  }, plain);
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
}
