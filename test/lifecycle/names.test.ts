/** Names that are somebody else's: of a site that moves here, of another stack, of another region. On the whole stack. */
import { expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { farewells } from "../../src/engine/destroy.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { rowsIn } from "../sandbox/contents.ts";
import { accountIn } from "../sandbox/grown.ts";
import { inRegion } from "../sandbox/regions.ts";
import { START, type Stage, stage, stageOn } from "./stage.ts";

type RecordSet = Readonly<Record<string, unknown>> & { readonly Name: string; readonly Type: string };
const them = (on: Stage) => accountIn(on.sandbox, on.clock);
async function zoneId(on: Stage): Promise<string> {
  const { HostedZones } = await them(on).ask<{ HostedZones: { Id: string }[] }>("route-53", "ListHostedZonesByName");
  return HostedZones[0]?.Id.replace("/hostedzone/", "") ?? "";
}
/** All records of the zone, without its own and ACM's. */
async function recordSets(on: Stage): Promise<readonly RecordSet[]> {
  const { ResourceRecordSets } = await them(on).ask<{ ResourceRecordSets: RecordSet[] }>(
    "route-53",
    "ListResourceRecordSets",
    { HostedZoneId: await zoneId(on) },
  );
  return ResourceRecordSets.filter(({ Name, Type }) => !["NS", "SOA"].includes(Type) && !Name.startsWith("_"));
}
const plain = (Name: string, Type: string, ...values: string[]) => ({
  Name,
  Type,
  TTL: 300,
  ResourceRecords: values.map((Value) => ({ Value })),
});
/** The site as it was before it moved, with mail that does not move. */
const OLD = [
  plain("buddyverse.link", "A", "203.0.113.9", "203.0.113.8"),
  plain("buddyverse.link", "AAAA", "2001:db8::9"),
  plain("buddyverse.link", "MX", "10 mail.example."),
  {
    Name: "www.buddyverse.link",
    Type: "A",
    AliasTarget: { HostedZoneId: "Z2FDTNDATAQYW2", DNSName: "d111.cloudfront.net", EvaluateTargetHealth: false },
  },
];
async function withOldSite(on: Stage): Promise<readonly RecordSet[]> {
  await them(on).ask("route-53", "ChangeResourceRecordSets", {
    HostedZoneId: await zoneId(on),
    ChangeBatch: { Changes: OLD.map((ResourceRecordSet) => ({ Action: "CREATE", ResourceRecordSet })) },
  });
  return recordSets(on);
}
const brief = (sets: readonly RecordSet[]) => sets.map(({ Name, Type }) => `${Type} ${Name}`);
const moving = { domain: { takeOver: true } };
const parameters = async (on: Stage) =>
  (await them(on).ask<{ Parameters: { Name: string }[] }>("ssm", "DescribeParameters")).Parameters.map(
    ({ Name }) => Name,
  );

test("a site that moves: said in the plan; its names follow in one batch when it answers; down puts them back", async () => {
  const on = await stage(moving);
  const before = await withOldSite(on);
  const { note } = (await on.plan()).items.find(({ object }) => object === "route53:alias-records") ?? {};
  for (const old of ["A buddyverse.link: 203.0.113.9, 203.0.113.8 (TTL 300 s)", "AAAA", "d111.cloudfront.net"])
    expect(note).toContain(old);

  await on.up();
  expect(brief(await recordSets(on))).toEqual(["A buddyverse.link.", "MX buddyverse.link.", "A www.buddyverse.link."]);
  // Before it everything answers: the group's instances behind the load balancer, and https.
  const at = (operation: string) => on.calls.findIndex((call) => call.operation === operation);
  const batches = on.calls.filter(({ input }) => JSON.stringify(input).includes("203.0.113.9"));
  expect(batches.map(({ operation }) => operation)).toEqual(["PutParameter", "ChangeResourceRecordSets"]);
  const moved = on.calls.indexOf(batches[1] as (typeof batches)[number]);
  const https = on.calls.findIndex(({ input }) => (input as { Port?: number }).Port === 443);
  const serving = on.events.find(
    ({ type, ...rest }) => type === "resource.settled" && JSON.stringify(rest).includes('"auto-scaling-group"'),
  );
  expect(moved).toBeGreaterThan(https);
  expect(https).toBeGreaterThan(at("CreateLoadBalancer"));
  expect(Date.parse(on.calls[moved]?.at ?? "")).toBeGreaterThanOrEqual(serving?.at ?? Number.POSITIVE_INFINITY);

  on.writes();
  expect(isEmpty(planUp(await on.refresh()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);

  const { notes } = farewells(on.run, await on.stack.refresh({ removing: true }));
  expect(notes.join()).toContain("Put back as before the stack: A buddyverse.link: 203.0.113.9");
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(await recordSets(on)).toEqual(before);
  expect(await parameters(on)).toEqual([]);
});

test.each(["with the state", "with the state lost", "with takeOver taken out of the config"])(
  "what was taken over comes back %s",
  async (how) => {
    const on = await stage(moving);
    const before = await withOldSite(on);
    await on.up();
    const text = how.includes("lost") ? memoryText() : memoryText(on.text.text);
    const config = how.includes("taken out") ? {} : moving;
    const later = await stageOn(parseConfig(config, "t"), on.clock, on.sandbox, text);
    expect(isEmpty(planUp(await later.refresh()))).toBe(true);
    await later.down();
    expect(await later.left()).toEqual([]);
    expect(await recordSets(later)).toEqual(before);
    expect(await parameters(later)).toEqual([]);
  },
);

test("names that others have, in AWS and in the DNS, are all told at once, before anything is made", async () => {
  const on = await stage();
  await on.up();
  const other = await stageOn(
    // As a stack that stands since names did not say whose they are.
    { ...parseConfig({ stack: "staging", domain: { name: "buddyverse.link" } }, "t"), plainNames: true },
    on.clock,
    on.sandbox,
    memoryText(),
  );
  const error = await other.up().catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "refused" });
  const told = (error as BuddyError).problems?.map(({ message }) => message).join("\n") ?? "";
  for (const name of [
    "CPU-Per-Second",
    "database1",
    "database1-replica",
    "Buddy-LoadBalance",
    "Buddy-LoadBalance-TargetGroup",
    "Buddy-AutoScaling-Group",
    "launch template Buddy-WEB-Image-Start",
    "image Buddy-WEB-Image-",
    'key pair "Buddy-Project"',
    "utf8encoding",
    "buddy-db",
    "buddyverse.link",
    "www.buddyverse.link",
  ])
    expect(told, name).toContain(name);
  expect(other.writes()).toEqual([]);
  // The plan shows them too; nothing of theirs is touched by a down.
  const plan = await other.plan();
  expect(plan.items.filter(({ refused }) => refused).length).toBeGreaterThan(10);
  const records = await recordSets(on);
  await other.down();
  expect(other.writes()).toEqual([]);
  expect(await recordSets(on)).toEqual(records);
  expect(isEmpty(await on.plan())).toBe(true);
});

test("the same stack in another region: both come up; what the account has once is left alone by both", async () => {
  const on = await stage({ domain: { name: "buddyverse.example", zone: "create" } });
  await on.up();
  const region = "eu-west-1";
  const config = parseConfig({ region, domain: null }, "t");
  const clock = jumpingClock(START + 3_600_000);
  const there = await stageOn(
    config,
    clock,
    openSandbox({ world: inRegion(on.sandbox.world, region), clock }),
    memoryText(),
  );
  const before = rowsIn(on.sandbox.world);
  expect((await there.up()).settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(isEmpty(await there.plan())).toBe(true);
  expect(there.graph.nodes.get("dashboard")?.name).toBe("CPU-Per-Second-buddyverse-eu-west-1");
  // Nothing that the account has is taken for this region's.
  await there.down();
  expect(await there.left()).toEqual([]);
  expect(rowsIn(on.sandbox.world)).toEqual(before);
  expect(isEmpty(planUp(await on.refresh(true)))).toBe(true);
});
