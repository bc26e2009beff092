/** `npm run test:full`: `npm test` with the tests that take minutes of their own. */
process.env.TOMOGRAD_FULL = "1";
await import("./test.mjs");
