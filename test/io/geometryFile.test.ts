import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Trajectory } from "../../src/geometry/view.js";
import { geometryJsonSchema } from "../../src/io/geometrySchema.js";
import { bytesSource, geometryContent, parseGeometry, readGeometry, writeGeometry } from "../../src/io/index.js";

const trajectory: Trajectory = {
  about: "two views for a test",
  detector: { rows: 3, columns: 4, pixelSize: [2, 1.5] },
  views: [
    { beam: "cone", source: [0, 850, 0], firstPixel: [3, -170, 1.5], columnStep: [-2, 0, 0], rowStep: [0, 0, -1.5] },
    {
      beam: "cone",
      source: [850, 1 / 3, 0],
      firstPixel: [-170, -3, 1.5],
      columnStep: [0, 2, 0],
      rowStep: [0, 0, -1.5],
    },
  ],
};
// biome-ignore lint/suspicious/noExplicitAny: contents are broken on purpose
const broken = async (change: (content: any) => void) => {
  const content = JSON.parse(JSON.stringify(await geometryContent(trajectory)));
  change(content);
  return parseGeometry(content).catch((error) => error);
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-geometry-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the geometry file", () => {
  test("its published schema is the one in use", () => {
    const published = readFileSync(new URL("../../schema/geometry.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(geometryJsonSchema());
  });

  test("comes back number by number, cone and parallel, and leaves no other file", async () => {
    const path = join(folder, "scan.geometry.json");
    await writeGeometry(path, trajectory);
    expect(await readGeometry(path)).toEqual(trajectory);
    const parallel: Trajectory = {
      ...trajectory,
      views: [
        {
          beam: "parallel",
          direction: [0, -1, 0],
          firstPixel: [3, 0, 2],
          columnStep: [-2, 0, 0],
          rowStep: [0, 0, -1.5],
        },
      ],
    };
    await writeGeometry(path, parallel);
    expect(await readGeometry(path)).toEqual(parallel);
    expect(await readdir(folder)).toEqual(["scan.geometry.json"]);
  });

  test("an unknown key is named with the nearest known one and its place", async () => {
    const top = await broken((content) => {
      content.detektor = 1;
    });
    expect(top).toMatchObject({ code: "INVALID_GEOMETRY", detail: { defect: "unknown-key", key: "detektor" } });
    expect(top.message).toContain("did you mean 'detector'");
    const deep = await broken((content) => {
      content.views[1].rowSteps = [0, 0, 1];
    });
    expect(deep.message).toContain("'rowSteps' in views[1]; did you mean 'rowStep'");
  });

  test.each([
    [
      "a missing field",
      "views[0].source",
      (c) => {
        delete c.views[0].source;
      },
    ],
    [
      "a direction in a cone view",
      "views[0]",
      (c) => {
        c.views[0] = { ...c.views[0], direction: [0, 1, 0] };
      },
    ],
    [
      "NaN",
      "views[0].firstPixel[1]",
      (c) => {
        c.views[0].firstPixel[1] = Number.NaN;
      },
    ],
    [
      "infinity",
      "views[1].source[0]",
      (c) => {
        c.views[1].source[0] = Number.POSITIVE_INFINITY;
      },
    ],
    [
      "no views",
      "views",
      (c) => {
        c.views = [];
      },
    ],
    [
      "zero rows",
      "detector.rows",
      (c) => {
        c.detector.rows = 0;
      },
    ],
    [
      "half a column",
      "detector.columns",
      (c) => {
        c.detector.columns = 2.5;
      },
    ],
    [
      "a pixel of no size",
      "detector.pixelSize[0]",
      (c) => {
        c.detector.pixelSize[0] = 0;
      },
    ],
    [
      "another version",
      "format",
      (c) => {
        c.format = "tomograd-geometry/2";
      },
    ],
    [
      "another beam",
      "beam",
      (c) => {
        c.beam = "fan";
      },
    ],
    // biome-ignore lint/suspicious/noExplicitAny: contents are broken on purpose
  ] as [string, string, (content: any) => void][])("%s is refused at %s", async (_, place, change) => {
    const error = await broken(change);
    expect(error.code).toBe("INVALID_GEOMETRY");
    expect(error.message).toContain(place);
  });

  test.each([
    [
      "a step that is not the pixel size",
      (c) => {
        c.views[1].rowStep = [0, 0, -1.6];
      },
    ],
    [
      "steps in one line",
      (c) => {
        c.views[1].rowStep = [0, 1.5, 0];
      },
    ],
    [
      "a source in the detector's plane",
      (c) => {
        c.views[1].source = [-170, 5, 5];
      },
    ],
    // biome-ignore lint/suspicious/noExplicitAny: contents are broken on purpose
  ] as [string, (content: any) => void][])("%s is inconsistent", async (_, change) => {
    expect(await broken(change)).toMatchObject({ detail: { defect: "inconsistent-geometry", view: 1 } });
  });

  test("text that is not JSON and views of two kinds are refused", async () => {
    const text = new TextEncoder().encode("{ format: }");
    await expect(readGeometry(bytesSource(text))).rejects.toMatchObject({ detail: { defect: "bad-json" } });
    const { source: _, ...rest } = trajectory.views[1] as Extract<Trajectory["views"][number], { beam: "cone" }>;
    const mixed = [trajectory.views[0], { ...rest, beam: "parallel" as const, direction: [1, 0, 0] as const }];
    await expect(geometryContent({ ...trajectory, views: mixed })).rejects.toMatchObject({
      detail: { defect: "mixed-beams" },
    });
  });
});
