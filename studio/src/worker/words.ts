/** Messages of readers in the words of the page: they name options that it has as controls, or not at all. */
const WORDS: readonly (readonly [RegExp, string | ((...found: string[]) => string)])[] = [
  [/the option 'affine' says otherwise/, "npx tomograd convert --affine writes a file that says otherwise"],
  [
    /(\S+) cannot be fetched: (?:Failed to fetch|NetworkError.*|Load failed); .*$/,
    (_, address) =>
      `${address} cannot be fetched: ${
        address.startsWith(`${location.origin}/`)
          ? "it comes from the same host as this page: is the network there? Then try again, or reload the page"
          : "check the address, and whether its host lets other pages read it (CORS)"
      }`,
  ],
  [/choose with 'frame'/, "choose under “Volume of the file”"],
  [
    /: a header in memory .* give header and data together.*$/,
    ", which was not opened with it; open header and data together",
  ],
  [/give its \.img file together with it$/, "open its .img file together with it"],
  [/give it together with the header$/, "open it together with the header"],
  [/open its header \((.*)\), with this file beside it$/, "open its header ($1) together with this file"],
  [/give the files of /, "open the files of "],
  [/readRadiograph and readImage read (it|them)/, "open $1 as an X-ray, under Register"],
  [/give views of your own/, "open one with a point source"],
  [/readVolume reads slices/, "open it as a scan, under Open"],
];

export const inPageWords = (message: string): string =>
  WORDS.reduce(
    (said, [words, others]) => (typeof others === "string" ? said.replace(words, others) : said.replace(words, others)),
    message,
  );
