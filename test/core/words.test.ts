import { expect, test } from "vitest";
import { counted, describeValue } from "../../src/core/words.js";

test("one thing is one, all other numbers are several", () => {
  expect([0, 1, 2, 120].map((n) => counted(n, "view"))).toEqual(["0 views", "1 view", "2 views", "120 views"]);
});

test("what somebody gave is told by its kind; numbers as they are, arrays without their elements", () => {
  const given = [
    undefined,
    null,
    "8192",
    10n ** 9n,
    3,
    [1, 2],
    { a: 1 },
    new Float32Array(9),
    new Int16Array(1),
    () => 0,
  ];
  expect(given.map(describeValue)).toEqual([
    ...["nothing", "null", "text '8192'", "the BigInt 1000000000", "3", "an array", "an object"],
    ...["a Float32Array", "an Int16Array", "a function"],
  ]);
});
