/** `npm run demo`: installs what is missing, builds, and runs the main job. Further arguments go to `tomograd demo`. */
import { build } from "./build.mjs";
import { attempt, node, say } from "./node.mjs";

say("demo: installs what is missing, builds, then a CT becomes X-rays and X-rays a CT; about 2 minutes on two cores");
if (attempt(build)) process.exitCode = node(["dist/cli/main.js", "demo", ...process.argv.slice(2)]);
