import { render } from "preact";
import { App } from "./App";
import { publishInterface } from "./interface";
import { openFromAddress } from "./panels/openFrom";
import { startBackend } from "./state/status";

const root = document.getElementById("studio");
if (root) render(<App />, root);
publishInterface();
await startBackend({ prefer: "auto" });
await openFromAddress();
