import { expect, test } from "vitest";
import { counted } from "../../src/core/words.js";

test("one thing is one, all other numbers are several", () => {
  expect([0, 1, 2, 120].map((n) => counted(n, "view"))).toEqual(["0 views", "1 view", "2 views", "120 views"]);
});
