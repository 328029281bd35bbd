import { expect, test } from "vitest";
import { widthOf } from "../../../src/lib/text.ts";
import { coloured } from "../../../src/report/style.ts";
import { credentialsWarning, heading, warningsView } from "../../../src/report/views/heading.ts";
import { aws, expectScreen, sandbox } from "./things.ts";

test("on the sandbox every width says SANDBOX", () => {
  expect(heading(sandbox, { width: 160 })).toMatch(/stack buddyverse +SANDBOX, nothing reaches AWS$/);
  expect(widthOf(heading(sandbox, { width: 160 }))).toBe(108);
  expect(heading(sandbox, { width: 80 })).toMatch(/stack buddyverse +SANDBOX$/);
  expect(widthOf(heading(sandbox, { width: 80 }))).toBe(79);
  expect(heading(sandbox, { width: 50 })).toMatch(/stack buddyverse\nSANDBOX, nothing reaches AWS$/);
});

test("on AWS: the account and the region", () => {
  expect(heading(aws)).toBe("buddyverse · account 123456789012 · ap-northeast-2 · stack buddyverse");
});

test("on AWS: until when the credentials hold, where they say so", () => {
  const now = Date.UTC(2026, 10, 22, 13, 10);
  const line = (at: number, renewed = false) =>
    heading({ ...aws, credentials: { end: { at, renewed }, now } }).split("\n")[1];
  expect(line(now + 55 * 60_000)).toBe("credentials until 14:05 UTC (in 55 min)");
  expect(line(now + 11 * 3_600_000)).toBe("credentials until 2026-11-23 00:10 UTC (in 11.0 h)");
  expect(line(now - 1)).toBe("credentials until 13:09 UTC (over, by this machine's clock)");
  expect(line(now + 60_000, true)).toMatch(/\(in 60 s\); the AWS SDK renews them while the login or role/);
});

test("colours only when asked, and they change no width", () => {
  expect(heading(sandbox, { width: 160 })).not.toContain("\u001b");
  expect(widthOf(heading(sandbox, { width: 160, style: coloured }))).toBe(widthOf(heading(sandbox, { width: 160 })));
});

test("credentials that end before the work does: what happens then, and what to do", async () => {
  const now = Date.UTC(2026, 10, 22, 13, 10);
  const warn = (renewed: boolean, seconds: number) =>
    credentialsWarning({ end: { at: now + 600_000, renewed }, now }, seconds);
  expect(warn(false, 600)).toBeUndefined();
  await expectScreen([warn(false, 1_080), warn(true, 1_080)].join("\n\n"), "heading-credentials");
});

test("warnings name the file, the place in it, and what would be better", () => {
  expect(warningsView([], "buddyverse.config.json")).toBe("");
  expect(
    warningsView(
      [{ path: "domain", message: "Without a domain the site has no https.", hint: "set domain.name" }],
      "buddyverse.config.json",
    ),
  ).toBe("warning: buddyverse.config.json domain: Without a domain the site has no https.\n      → set domain.name");
});
