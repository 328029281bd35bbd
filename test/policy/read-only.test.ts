import { expect, test } from "vitest";
import { preflight } from "../../src/doctor/preflight.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { documentsOf, readingOnly } from "../../src/policy/policy.ts";
import { lookAround } from "../../src/residuals/extras.ts";
import { account, bad, policyOf } from "./lives.ts";

test("with `policy --read-only` plan and status work on what stands, and nothing can be changed", async () => {
  const on = await account();
  const whole = await policyOf({}, []);
  expect(bad((await (await on.under(whole)).up()).settled)).toEqual([]);

  const reader = await on.under(documentsOf(readingOnly(whole.flatMap(({ Statement }) => Statement))));
  expect(isEmpty(await reader.plan())).toBe(true);
  const { seen, extras } = await lookAround("buddyverse", reader.stack);
  expect(extras.unseen).toEqual([]);
  const findings = await preflight(reader.aws, seen.entries.values());
  expect(findings.filter(({ verdict }) => verdict === "unseen")).toEqual([]);
  expect(on.denials()).toEqual([]);

  await expect(reader.aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).rejects.toThrow();
  expect(on.denials()).toHaveLength(1);
});
