/** Why a long test is left out of `npm test`; undefined in `npm run test:full`. */
export const left = process.env.TOMOGRAD_FULL ? undefined : "it takes a minute of its own: npm run test:full";
