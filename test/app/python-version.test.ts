import { expect, test } from "vitest";
import { admits, pythonOf } from "../../src/app/python-version.ts";

test.each([
  [">=3.10", true],
  [">=3.10,<3.13", true],
  [">= 3.9 , != 3.10.*", false],
  [">=3.10.13", false],
  ["==3.10.*", true],
  ["==3.10", true],
  ["~=3.9", true],
  ["~=3.9.1", false],
  ["^3.9", true],
  ["^3.11", false],
  ["~3.10", true],
  ["~3.9", false],
  ["*", true],
  ["3.9 || 3.10", true],
  [">3.10 <3.11", true],
  ["<3.10", false],
  ["three", undefined],
  [">=3.11, three", false],
] as const)("Python 3.10.12 and %s: %s", (specifier, answer) => {
  expect(admits(specifier, "3.10.12")).toBe(answer);
});

test("the Python of a base", () => {
  expect(pythonOf("ubuntu-22.04")).toBe("3.10.12");
  expect(pythonOf("/aws/service/canonical/ubuntu/server/noble/stable/current/amd64/hvm/ebs-gp3/ami-id")).toBe("3.12.3");
  expect(
    pythonOf("/aws/service/canonical/ubuntu/server/20.04/stable/current/amd64/hvm/ebs-gp2/ami-id"),
  ).toBeUndefined();
  expect(pythonOf("ami-0123456789abcdef0")).toBeUndefined();
});
