/** Reads one input in a process of its own and prints {peakBytes, seconds, needBytes}: `node readInChild.mjs INPUT`. */
import { readVolume } from "tomograd/io";

const start = process.cpuUsage();
const volume = await readVolume(process.argv[2]).catch(() => undefined);
const { user, system } = process.cpuUsage(start);
// maxRSS is in KiB.
const peakBytes = 1024 * process.resourceUsage().maxRSS;
console.log(JSON.stringify({ peakBytes, seconds: (user + system) / 1e6, needBytes: volume?.values.byteLength ?? 0 }));
