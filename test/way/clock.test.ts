import { describe, expect, test } from "vitest";
import { folder } from "../cli/folder.ts";
import { KEYS, standIn, xmlError } from "./stand-in.ts";

const MINUTE = 60_000;
const config = { bastion: { allowedCidrs: ["203.0.113.10/32"] }, domain: null } as const;

describe.each([
  ["slow", 20 * MINUTE],
  ["fast", -20 * MINUTE],
])("a clock that is 20 min %s", (way, aheadMs) => {
  test("costs one refused call, and the run goes on with AWS's time", async () => {
    const { url } = await standIn({ aheadMs });
    const on = folder(config);
    const { code, stderr } = await on.run("status --json --trace trace.jsonl", { AWS_ENDPOINT_URL: url, ...KEYS });
    expect(stderr).toBe(
      `Note: this machine's clock is 20 min ${way}. Requests are signed with AWS's time; set the clock (NTP).\n`,
    );
    expect(code).toBe(3);
    const calls = on.trace();
    expect(new Set(calls.map(({ service }) => service)).size).toBeGreaterThan(5);
    expect(calls.filter(({ error }) => /Signature|AuthFailure/.test(String(error)))).toEqual([]);
    expect(calls.filter(({ attempts }) => attempts !== 1).map(({ operation }) => operation)).toEqual([
      "GetCallerIdentity",
    ]);
  });

  test("is a finding of doctor, which gets that far", async () => {
    const { url } = await standIn({ aheadMs });
    const { stdout } = await folder(config).run("doctor --json", { AWS_ENDPOINT_URL: url, ...KEYS });
    const { findings } = JSON.parse(stdout) as { findings: { about: string; verdict: string; message: string }[] };
    expect(findings.find(({ about }) => about === "clock")).toMatchObject({
      verdict: "problem",
      message: expect.stringContaining(`this machine's clock is 20 min ${way}`),
    });
    expect(findings.find(({ about }) => about === "credentials")).toMatchObject({ verdict: "ok" });
  });
});

test("a wrong secret on a machine whose clock is off is not tried for ever, and both are said", async () => {
  const { url, sent } = await standIn({
    aheadMs: 20 * MINUTE,
    instead: () => xmlError(403, "SignatureDoesNotMatch", "The request signature we calculated does not match."),
  });
  const { code, stderr } = await folder(config).run("outputs", { AWS_ENDPOINT_URL: url, ...KEYS });
  expect(code).toBe(1);
  expect(sent).toHaveLength(3);
  expect(stderr).toContain("this machine's clock is 20 min slow");
  expect(stderr).toContain("the secret access key does not belong to its access key id");
  expect(stderr).not.toMatch(/foreseen|sso login/);
});
