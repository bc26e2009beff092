/** Messages of readers in the words of the page: they name options that it has as controls, or not at all. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/the option 'affine' says otherwise/, "npx tomograd convert --affine writes a file that says otherwise"],
  [
    /cannot be fetched: (Failed to fetch|NetworkError.*|Load failed)$/,
    "cannot be fetched: check the address, and whether its host lets other pages read it (CORS)",
  ],
  [/choose with 'frame'/, "choose under “Volume of the file”"],
];

export const inPageWords = (message: string): string =>
  WORDS.reduce((said, [words, others]) => said.replace(words, others), message);
