import { listBackends } from "../../backend/create.js";
import { machine } from "../machine.js";
import type { Operation } from "../operation.js";
import { VERSION } from "../version.js";

export const doctor: Operation<object> = {
  name: "doctor",
  summary: "this machine, the backends found, and which one would run and why",
  positional: [],
  inputs: () => [],
  outputs: () => [],
  configure: () => undefined,
  announce: () => "looks at the machine and tries every backend; a second",
  async execute(_, session) {
    const { system, processor, cores, memoryBytes } = machine();
    const backends = await listBackends();
    const { about } = await session.backend();
    return {
      results: {
        tomograd: VERSION,
        node: process.versions.node,
        system,
        processor,
        cores,
        memoryBytes,
        backends,
        chosen: about,
      },
      outputs: [],
      summary: [
        `tomograd ${VERSION}, Node ${process.versions.node}, ${system}`,
        `${processor}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`,
        ...backends.map((one) => `${one.available ? "found  " : "missing"} ${one.name}: ${one.about}`),
        `would run: ${about}`,
      ],
    };
  },
};
