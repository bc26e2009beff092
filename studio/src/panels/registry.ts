/** The panels beside the views, in the order of their tabs: a new one needs a line here and a file beside this. */
import type { ComponentType } from "preact";
import { ExportPanel } from "./Export";
import { LookPanel } from "./Look";
import { OpenPanel } from "./Open";
import { ReconstructPanel } from "./Reconstruct";
import { RegisterPanel } from "./Register";

export interface PanelEntry {
  readonly id: string;
  readonly title: string;
  readonly Panel: ComponentType;
}

export const PANELS: readonly PanelEntry[] = [
  { id: "open", title: "Open", Panel: OpenPanel },
  { id: "look", title: "Look", Panel: LookPanel },
  { id: "reconstruct", title: "Reconstruct", Panel: ReconstructPanel },
  { id: "register", title: "Register", Panel: RegisterPanel },
  { id: "export", title: "Export", Panel: ExportPanel },
];
