import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const { version } = JSON.parse(readFileSync(path("../package.json"), "utf8")) as { readonly version: string };

/** The page of `tomograd studio`: made from the built package, as anybody's page would be. */
export default defineConfig({
  root: path("."),
  // any folder of any host
  base: "./",
  // run files say it
  define: { "import.meta.env.TOMOGRAD_VERSION": JSON.stringify(version) },
  resolve: {
    alias: [
      { find: /^tomograd$/, replacement: path("../dist/index.js") },
      { find: /^tomograd\/(.*)$/, replacement: path("../dist/$1/index.js") },
    ],
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es", rolldownOptions: { external: ["h5wasm", "dcmjs-codecs"] } },
  build: {
    outDir: path("../dist/studio"),
    emptyOutDir: true,
    target: "es2022",
    // what is bundled goes with its terms
    license: { fileName: "licenses.md" },
    rolldownOptions: { external: ["h5wasm", "dcmjs-codecs"] },
  },
});
