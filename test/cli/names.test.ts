/** What the screens say of names: those that others have, those that are taken over, and the zone that stays. */
import { ChangeResourceRecordSetsCommand, ListHostedZonesByNameCommand } from "@aws-sdk/client-route-53";
import { expect, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { folder } from "./folder.ts";

/** Without the breaks of its lines. */
const flat = (text: string): string => text.replace(/\s+/g, " ");

test("a zone of the stack: said to stay, with its servers and its cost; --delete-zone deletes it and says what is to be done", async () => {
  const on = folder({ domain: { name: "play.example.com", zone: "create" } });
  const up = await on.rehearse("up --yes --step domain");
  expect(up.code, up.stderr).toBe(0);
  expect(flat(up.stderr)).toMatch(/play.example.com will wait for you: there is no hosted zone for it yet/);
  const first = await on.rehearse("down --yes");
  expect(first.code, first.stderr).toBe(0);
  const stays =
    /Stays: the hosted zone play\.example\.com \(Z[0-9A-F]+\), as the registrar has been told its name servers \(ns-/;
  expect(flat(first.stderr)).toMatch(stays);
  expect(flat(first.stderr)).toMatch(/hosted zone of play\.example\.com: \$0\.50 a month; kept for the next up/);
  expect(flat(first.stdout)).toMatch(stays);
  expect(flat(first.stdout)).toMatch(/hosted zone Z[0-9A-F]+: \$0\.50 a month/);
  expect(flat(first.stdout)).toMatch(/nothing of stack buddyverse is left/);

  const again = await on.rehearse("down --yes");
  expect(flat(again.stderr)).toMatch(stays);
  const last = await on.rehearse("down --yes --delete-zone");
  expect(last.code, last.stderr).toBe(0);
  for (const text of [last.stderr, last.stdout])
    expect(flat(text)).toMatch(/is deleted: have the registrar no longer name its name servers \(ns-/);
  expect(flat(last.stdout)).toMatch(/Removed 1 resource/);
  expect(JSON.parse((await on.rehearse("down --yes --json")).stdout)).toMatchObject({ kept: [] });
  expect((await on.rehearse("down --yes --delete-zone")).stderr).toMatch(/the stack has no hosted zone of its own/);
});

test("names that lead elsewhere: doctor, plan and up name them with both ways out; with takeOver they are said to move", async () => {
  const on = folder({});
  expect((await on.rehearse("up --yes --step vpc")).code).toBe(0);
  await inSandboxOf(on.path, async ({ route53 }) => {
    const { HostedZones = [] } = await route53.send(new ListHostedZonesByNameCommand({}));
    const HostedZoneId = HostedZones[0]?.Id?.replace("/hostedzone/", "");
    const ResourceRecordSet = {
      Name: "www.buddyverse.link",
      Type: "A" as const,
      TTL: 300,
      ResourceRecords: [{ Value: "203.0.113.9" }],
    };
    const ChangeBatch = { Changes: [{ Action: "CREATE" as const, ResourceRecordSet }] };
    await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
  });
  const leads =
    /www\.buddyverse\.link leads elsewhere already, in hosted zone Z\S+ A www\.buddyverse\.link: 203\.0\.113\.9 \(TTL 300 s\)/;
  const doctor = await on.rehearse("doctor");
  expect(doctor.code).toBe(1);
  expect(flat(doctor.stdout)).toMatch(leads);
  const plan = await on.rehearse("plan");
  expect(flat(plan.stdout)).toMatch(leads);
  expect(flat(plan.stdout)).toMatch(/set domain\.takeOver to true/);
  const up = await on.rehearse("up --yes");
  expect(up.code).toBe(2);
  expect(flat(up.stderr)).toMatch(leads);
  expect(flat(up.stderr)).toMatch(/Nothing was changed/);

  on.configure({ domain: { takeOver: true } });
  const moves = /takes over A www\.buddyverse\.link: 203\.0\.113\.9 \(TTL 300 s\)/;
  const before = await on.rehearse("doctor");
  expect(before.code, before.stdout).toBe(0);
  expect(flat(before.stdout)).toMatch(moves);
  expect(flat((await on.rehearse("plan")).stdout)).toMatch(moves);
});
