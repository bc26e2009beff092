import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server of this machine. */
export interface FileServer {
  /** http://127.0.0.1:PORT */
  readonly address: string;
  /** Whether it sends the parts that are asked for, or always the whole. */
  ranges: boolean;
  /** What it has sent, in order. */
  readonly log: { path: string; bytes: number }[];
  close(): void;
}

const TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", mjs: "text/javascript" };

/** Serves files by their path; `special` may answer itself, by returning true. */
export async function serveFiles(
  files: ReadonlyMap<string, Uint8Array>,
  special: (path: string, response: ServerResponse) => boolean = () => false,
): Promise<FileServer> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1).split("?")[0]);
    if (special(path, response)) return;
    const bytes = files.get(path);
    if (!bytes) return void response.writeHead(404).end();
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    const part = served.ranges && first ? bytes.subarray(Number(first), Number(last) + 1) : bytes;
    response.setHeader("content-type", TYPES[path.split(".").pop()!] ?? "application/octet-stream");
    if (served.ranges && first)
      response.writeHead(206, {
        "content-range": `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`,
      });
    served.log.push({ path, bytes: part.length });
    response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const served: FileServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ranges: true,
    log: [],
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return served;
}
