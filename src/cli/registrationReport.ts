/** The page about a registration. */
import type { Backend } from "../backend/backend.js";
import { counted } from "../core/words.js";
import {
  type Animation,
  checkerboardFigure,
  drawGeometry,
  edgeOverlayFigure,
  figureRow,
  gifDataUri,
  type Html,
  html,
  type Image,
  lineChart,
  pictureFigure,
  plainGrey,
  renderPage,
  renderTable,
} from "../report/index.js";
import type { Volume } from "../volume/grid.js";
import { resized } from "./foundTrajectories.js";
import type { RegisteredGroup } from "./registerGroups.js";
import { type Rendered, registrationPictures, type XRayPictures } from "./registrationPictures.js";
import { motionDistance, type WrittenPose } from "./registrationPoses.js";
import { type FoundViews, movedLine, of, type RegisteredXRay, registeredXRays, whose } from "./registrationResults.js";
import type { Session } from "./session.js";
import { VERSION } from "./version.js";

export interface RegistrationReportInput {
  readonly found: FoundViews;
  readonly rendered: Rendered & { readonly backend: Backend };
  readonly volume: Volume;
  /** One a group. */
  readonly frames: readonly Animation[];
  readonly session: Session;
}

/** Width of a picture, CSS pixels: three fit beside each other. */
const WIDTH = 340;

export async function registrationReport(input: RegistrationReportInput): Promise<string> {
  const { found, rendered, volume, frames, session } = input;
  const { groups, isocenter } = found;
  const xrays = registeredXRays(found);
  const sections = [];
  for (const group of groups) {
    const pictures = await registrationPictures(group, rendered);
    for (const [i, { image }] of group.xrays.entries())
      sections.push({ title: `${image.name}: before and after`, content: beforeAndAfter(pictures[i]) });
  }
  for (const [g, group] of groups.entries()) {
    const ofWhich = groups.length > 1 ? ` of ${group.xrays[0].image.name}` : "";
    sections.push({ title: `Search${ofWhich}`, content: await searchCharts(group, frames[g]) });
  }
  for (const xray of xrays) sections.push({ title: `${xray.name}: pose`, content: poseTables(xray) });
  const { detector } = groups[0].xrays[0];
  const views = groups.flatMap((group) =>
    group.bodies.flatMap((body) => body.views.map((view, i) => resized(view, group.xrays[i].detector, detector))),
  );
  sections.push({
    title: "Geometry",
    content: drawGeometry({ detector, views, about: "the views found" }, volume.grid, { isocenter }),
  });
  return renderPage({
    title: `Registration of ${counted(groups.flatMap((group) => group.xrays).length, "X-ray")}`,
    summary: html`${groups.map((group) => verdictOf(group, found))}`,
    sections,
    footer: html`<code>${session.command}</code><br>tomograd ${VERSION}, Node ${process.versions.node}, on ${rendered.backend.about}`,
  });
}

/** What the verdict says, in words. */
const MEANING = {
  certain: "the pose can be relied on as far as the images tell",
  doubtful: "do not use the pose before you have looked at the pictures and at what speaks against it",
} as const;

function verdictOf(group: RegisteredGroup, { groups }: FoundViews): Html {
  const { result, xrays, bodies, landmarkErrors } = group;
  const started = xrays.map(({ image, about }) => `${image.name} from ${about}`).join(", ");
  return html`<p>${whose(group, groups)}<strong>${result.verdict}</strong>: ${MEANING[result.verdict]}.</p>
<ul>${result.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>
<p>${bodies.map((body) => html`${capital(movedLine(body))} (at its center) from where the search began. `)}The search began with ${started}${landmarkErrors && ", moved onto the landmarks"}; ${counted(result.evaluations, "image")} rendered in ${result.seconds.toFixed(2)} s; ended by: ${ENDED[result.stopped]}; ${Math.round(100 * result.share)} % of the rays count.${
    landmarkErrors &&
    html` Landmarks: ${landmarkErrors.given.toFixed(2)} pixels off as given, ${landmarkErrors.start.toFixed(2)} at the start of the search, ${landmarkErrors.found.toFixed(2)} as found.`
  }</p>`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const ENDED: Readonly<Record<RegisteredGroup["result"]["stopped"], string>> = {
  converged: "steps became negligible",
  evaluations: "the last stage used all its steps",
  flat: "no contrast that depends on the pose",
  callback: "Ctrl-C; this is the best pose until then",
};

function beforeAndAfter({ measured, start, found }: XRayPictures): Html {
  const style = { width: WIDTH, scaleBar: false };
  const grey = (image: Image, caption: string) => pictureFigure(image, plainGrey(image.values), { ...style, caption });
  // Edges of a pixel's width, of structures rather than of voxels.
  const edges = { ...style, sigma: Math.max(1, measured.columns / 200) };
  return html`${figureRow([
    grey(measured, "X-ray"),
    grey(start, "rendering at the start"),
    grey(found, "rendering as found"),
  ])}${figureRow([
    checkerboardFigure(measured, start, { ...style, caption: "X-ray and rendering in turn: at the start" }),
    checkerboardFigure(measured, found, { ...style, caption: "X-ray and rendering in turn: as found" }),
  ])}${figureRow([
    edgeOverlayFigure(measured, start, { ...edges, caption: "X-ray, edges of the rendering: at the start" }),
    edgeOverlayFigure(measured, found, { ...edges, caption: "X-ray, edges of the rendering: as found" }),
  ])}`;
}

/** Curves that a chart tells apart. */
const CURVES = 6;

async function searchCharts({ result, bodies }: RegisteredGroup, animation: Animation): Promise<Html> {
  const stages = new Map<string, [number, number][]>();
  for (const { similarity, rows, columns, evaluations, score } of result.trace) {
    const name = `${similarity}, ${rows} x ${columns}`;
    stages.set(name, [...(stages.get(name) ?? []), [evaluations, score]]);
  }
  const curves = [...stages].map(([name, points]) => ({ name, points }));
  const distance = (key: "degrees" | "mm") =>
    bodies.map((body, b) => ({
      name: of(key, body),
      points: result.trace.map(
        ({ evaluations, motions }) => [evaluations, motionDistance(motions[b], body.motion, body.center)[key]] as const,
      ),
    }));
  const axes = { xLabel: "images rendered", width: 520, height: 260 };
  const scores = [];
  for (let at = 0; at < curves.length; at += CURVES)
    scores.push(await lineChart(curves.slice(at, at + CURVES), { ...axes, yLabel: "score of the best start" }));
  const uri = await gifDataUri(animation);
  return html`<div class="figures"><figure><div class="picture"><img src="${uri}" width="${Math.min(680, 2 * animation.columns)}" alt=""></div><figcaption>edges of the rendering over the X-ray during the search, at the best start of each round</figcaption></figure></div>
${scores}${figureRow([
  await lineChart(distance("degrees"), { ...axes, yLabel: "degrees from the final pose", logarithmic: true }),
  await lineChart(distance("mm"), { ...axes, yLabel: "mm from the final pose, at the center", logarithmic: true }),
])}`;
}

const numbers = (values: readonly number[], digits = 6) =>
  values.map((value) => String(Number(value.toFixed(digits)))).join(", ");

function poseTables({ pose, group, index }: RegisteredXRay): Html {
  const { cArm, matrix, projectionMatrix, parameterizations } = pose;
  const intrinsics = group.result.intrinsics[index];
  const refined = [
    intrinsics.sdd !== undefined && `source to detector by ${intrinsics.sdd.toFixed(2)} mm`,
    intrinsics.principalPoint && `detector within its plane by ${numbers(intrinsics.principalPoint, 2)} mm`,
  ].filter(Boolean);
  const command =
    cArm &&
    `--rotation ${numbers(cArm.rotationDeg, 4).replaceAll(" ", "")} --translation ${numbers(cArm.translation, 3).replaceAll(" ", "")} --orientation ${cArm.orientation} --sdd ${numbers([cArm.sdd], 3)} --offset ${numbers(cArm.offset, 3).replaceAll(" ", "")}`;
  return html`${
    cArm
      ? html`<p>As <code>tomograd render</code> takes it, about the isocenter ${numbers(cArm.isocenter, 3)} mm: <code>${command}</code></p>`
      : html`<p>Rows and columns are not at right angles, or the beam is parallel: no C-arm has this view.</p>`
  }${refined.length > 0 && html`<p>Refined: ${refined.join(", ")}.</p>`}
${matrix && matrixTable(matrix, "pose [R | R t], 3 x 4: camera mm about the isocenter to world mm")}
${matrixTable(projectionMatrix, "projection matrix, 3 x 4: RAS mm to pixels (column, row, 1), pixel centers at 1/2")}
${parameterizations.length > 0 && waysTable(parameterizations)}`;
}

const matrixTable = (rows: readonly (readonly number[])[], caption: string): Html =>
  renderTable({
    caption,
    columns: ["", "", "", ""],
    rows: rows.map((row) => row.map((value) => Number(value.toPrecision(10)))),
  });

const waysTable = (ways: readonly WrittenPose[]): Html =>
  renderTable({
    caption: "the same pose in every parameterization; angles in radians, lengths in mm",
    columns: ["parameterization", "rotation", "translation"],
    rows: ways.map(({ parameterization, convention, rotation, translation }) => [
      convention ? `${parameterization} ${convention}` : parameterization,
      numbers(rotation),
      numbers(translation, 4),
    ]),
  });
