import type { Backend } from "tomograd";
import type { BackendFacts } from "../protocol";
import { changeBackend } from "../session";
import type { Handlers } from "./types";

export const startHandlers: Pick<Handlers, "start"> = {
  start: async (choice) => factsOf(await changeBackend(choice)),
};

export const factsOf = ({ name, threads, about }: Backend): BackendFacts => ({
  ...{ name, threads, about, isolated: self.crossOriginIsolated },
});
