import { changeBackend } from "../session";
import type { Handlers } from "./types";

export const startHandlers: Pick<Handlers, "start"> = {
  async start(choice) {
    const { name, threads, about } = await changeBackend(choice);
    return { name, threads, about, isolated: self.crossOriginIsolated };
  },
};
