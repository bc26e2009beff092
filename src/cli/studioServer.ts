/** A web server for one folder, on this machine alone. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { fault } from "../core/errors.js";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".wasm": "application/wasm",
  ".png": "image/png",
};

/**
 * Isolation lets threads share memory; scripts come from the folder alone (workers of the library are made in the page,
 * `blob:`), and what a page fetches may be a scan on another host.
 */
const HEADERS: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' https: http: data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

const LOOPBACK = "127.0.0.1";

/** A server that runs. */
export interface StudioServer {
  /** http://127.0.0.1:PORT/ */
  readonly address: string;
  close(): Promise<void>;
}

/** The file that a request names, or undefined where it names none inside the folder. */
async function fileOf(folder: string, address: string): Promise<string | undefined> {
  let path: string;
  try {
    path = decodeURIComponent(address.split(/[?#]/)[0]);
  } catch {
    return undefined;
  }
  if (path.includes("\0") || path.includes("\\")) return undefined;
  const wanted = resolve(join(folder, path.endsWith("/") ? `${path}index.html` : path));
  if (!wanted.startsWith(folder + sep)) return undefined;
  try {
    // a link may not lead out either
    const real = await realpath(wanted);
    return real.startsWith(folder + sep) && (await stat(real)).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

async function answer(folder: string, hosts: readonly string[], request: IncomingMessage, response: ServerResponse) {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const end = (status: number, words: string) => {
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${words}\n`);
  };
  // another site's name that was made to point here is not answered
  if (!hosts.includes(request.headers.host ?? "")) return end(403, "this server answers to its own address alone");
  if (request.method !== "GET" && request.method !== "HEAD") return end(405, "only GET and HEAD are known here");
  const file = await fileOf(folder, request.url ?? "/");
  if (!file) return end(404, "there is no such file");
  response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
  response.setHeader("Content-Length", (await stat(file)).size);
  if (request.method === "HEAD") return response.end();
  createReadStream(file)
    .on("error", () => response.destroy())
    .pipe(response);
}

const listening = (server: Server, port: number): Promise<number> =>
  new Promise((take, refuse) => {
    server.once("error", refuse);
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      take(typeof address === "object" && address ? address.port : port);
    });
  });

/**
 * Serves a folder on the loopback address. `port` 0 takes any free one.
 * @throws INVALID_ARGUMENT (`port-in-use`) where the port cannot be had
 */
export async function serveStudio(folder: string, port: number): Promise<StudioServer> {
  const root = await realpath(folder);
  const hosts: string[] = [];
  const server = createServer((request, response) => {
    answer(root, hosts, request, response).catch(() => response.destroy());
  });
  let taken: number;
  try {
    taken = await listening(server, port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw fault(
      "INVALID_ARGUMENT",
      `port ${port} cannot be had (${code ?? message}): leave --port out, or name another`,
      { defect: "port-in-use", port },
    );
  }
  hosts.push(`${LOOPBACK}:${taken}`, `localhost:${taken}`);
  return {
    address: `http://${LOOPBACK}:${taken}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
