/** `sandbox delegate` and `sandbox confirm`: what waits for a person can be rehearsed to its end. */
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

const WAITS = {
  domain: { name: "play.example.com", zone: "create" },
  monitoring: { email: "ops@example.com" },
} as const;

test("what waits for the registrar and for a mailbox is done, and the next up ends", async () => {
  const on = folder(WAITS);
  const first = await on.rehearse("up --yes");
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/waits for you: domain/);

  const delegated = await on.run("sandbox delegate play.example.com");
  expect(delegated.stdout).toMatch(/^The registrar names the name servers of play\.example\.com: ns-\d+\.awsdns/);
  expect((await on.run("sandbox delegate play.example.com")).stdout).toBe(delegated.stdout);
  const confirmed = await on.run("sandbox confirm ops@example.com --json");
  expect(JSON.parse(confirmed.stdout)).toEqual({ schemaVersion: 1, errand: "confirm", about: "ops@example.com" });

  const second = await on.rehearse("up --yes");
  expect(second.code, second.stderr).toBe(0);
  expect(second.stdout).not.toMatch(/waits for you/);
  expect(second.stdout).toMatch(/^Site +https:\/\/play\.example\.com\/$/m);
  const verify = await on.rehearse("verify");
  expect(verify.stdout).toMatch(/ops@example\.com/);
  expect(verify.code, verify.stdout).toBe(0);
});

test("what waits for nobody is refused", async () => {
  const on = folder();
  const zone = await on.run("sandbox delegate other.example.com");
  expect(zone).toMatchObject({ code: 2 });
  expect(zone.stderr).toMatch(/the sandbox has no hosted zone "other\.example\.com"/);
  const mail = await on.run("sandbox confirm nobody@example.com");
  expect(mail).toMatchObject({ code: 2 });
  expect(mail.stderr).toMatch(/nothing in the sandbox waits for the e-mail address "nobody@example\.com"/);
});
