/** Rays that a core takes through a volume in a second, roughly: a chest CT of 512 x 512 x 133 voxels, float32. */
const RAYS_PER_SECOND = 1e6;

/** Samples of trilinear that cost what a ray of siddon does, roughly. */
const SAMPLES_OF_A_RAY = 500;

/** Rays of siddon that take as long as these. */
export const equivalentRays = (rays: number, samples: number): number => (rays * samples) / SAMPLES_OF_A_RAY;

/** How long so many rays take, roughly, for the first line of a command. */
export function aboutSeconds(rays: number): string {
  const seconds = Math.round(rays / RAYS_PER_SECOND);
  return seconds < 3 ? "a few seconds" : `about ${seconds} s (on reference ten times that)`;
}

/** What the messages of the library call by its options' names, as the command line names it. */
const FLAGS: Readonly<Record<string, string>> = {
  learningRate: "--learning-rate",
  rayFraction: "--rays",
  totalVariation: "--tv",
  stepMm: "--step",
  pixelSize: "--pixel",
  photonsPerPixel: "--i0",
  airColumns: "--air",
  starvedBelow: "--starved",
  flatsAt: "--flats-at",
};

/** The same message with the flags of the command line instead of the library's options. */
export const withFlags = (message: string): string =>
  message
    .replace(/; readRadiograph and readImage read it/, "; `tomograd inspect` shows it")
    .replace(/; readRadiograph and readImage read them/, "; `tomograd inspect` shows them")
    .replace(/give views of your own/, "give the views by --geometry")
    .replace(/(?:the option )?'(quantity|series|frame|dataset|affine|geometry|sdd|sid)'/g, "--$1")
    .replace(/the option 'anglesDeg'/g, "--start")
    .replace(/\b[a-z]+[A-Z][A-Za-z]+\b/g, (word) => FLAGS[word] ?? word);
