import { expect, test } from "vitest";
import { cpuCreditsOf } from "../../../src/aws/ec2/cpu-credits.ts";

test.each([
  ["t2.micro", "standard"],
  ["t3.micro", "unlimited"],
  ["t3a.small", "unlimited"],
  ["t4g.nano", "unlimited"],
  ["t1.micro", undefined],
  ["m7i.large", undefined],
  ["trn1.2xlarge", undefined],
])("%s: AWS's default is %s", (type, wanted) => expect(cpuCreditsOf(type, null)).toBe(wanted));

test("a choice holds for burstable types only", () => {
  expect(cpuCreditsOf("t3.micro", "standard")).toBe("standard");
  expect(cpuCreditsOf("t2.micro", "unlimited")).toBe("unlimited");
  expect(cpuCreditsOf("c7i.large", "unlimited")).toBeUndefined();
});
