import { render } from "preact";
import { App } from "./App";
import { publishInterface } from "./interface";
import { openFromAddress } from "./panels/openFrom";
import { beginKeeping } from "./state/lastSession";
import { takeLink, takeLinkedArm } from "./state/link";
import { report, startBackend } from "./state/status";

const root = document.getElementById("studio");
if (root) render(<App />, root);
publishInterface();
// what the address says of the view: its C-arm at once, all of it when there is a volume to look at
const look = () => {
  try {
    takeLink();
  } catch (error) {
    report(error);
  }
};
takeLinkedArm();
addEventListener("hashchange", look);
await startBackend({ prefer: "auto" });
await openFromAddress();
look();
await beginKeeping();
