/**
 * A GPU in software for machines without one: SwiftShader's Vulkan driver and loader for Linux on x64, from the package
 * @sparticuz/chromium, a dependency of development.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { root } from "./node.mjs";
import { filesOf } from "./tar.mjs";

const ARCHIVE = join(root, "node_modules/@sparticuz/chromium/bin/swiftshader.tar.br");
const FOLDER = join(root, "node_modules/.cache/swiftshader");
const WANTED = ["libvulkan.so.1", "libvk_swiftshader.so", "vk_swiftshader_icd.json"];

function unpack() {
  const fresh = `${FOLDER}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  for (const { name, bytes } of filesOf(brotliDecompressSync(readFileSync(ARCHIVE))))
    if (WANTED.includes(name)) writeFileSync(join(fresh, name), bytes);
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(fresh, FOLDER);
}

/**
 * Environment variables under which a new process finds the driver; undefined where it does not run. The loader's path
 * cannot be set from inside a process.
 */
export function softwareGpuEnvironment() {
  if (process.platform !== "linux" || process.arch !== "x64" || !existsSync(ARCHIVE)) return undefined;
  const driver = join(FOLDER, "vk_swiftshader_icd.json");
  if (!existsSync(driver)) unpack();
  return {
    LD_LIBRARY_PATH: [FOLDER, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
    VK_DRIVER_FILES: driver,
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? FOLDER,
  };
}
