/** Builds dist/studio, the page of `tomograd studio`, from studio/ and the built package. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { root } from "./node.mjs";

const SAMPLE = "chest-lidc-idri-0001-small.nii.gz";

await build({ configFile: join(root, "studio/vite.config.ts"), logLevel: "error" });
// any host serves the folder as it is, the sample with it
mkdirSync(join(root, "dist/studio/data"), { recursive: true });
for (const name of [SAMPLE, "README.md"]) copyFileSync(join(root, "data", name), join(root, "dist/studio/data", name));
