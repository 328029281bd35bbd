/** What each of many changes by strangers is told as, and what `up` does about it. In `npm run test:all`. */
import { ChangeResourceRecordSetsCommand } from "@aws-sdk/client-route-53";
import { beforeAll, describe, expect, test } from "vitest";
import { lookAround } from "../../src/residuals/extras.ts";
import { stage } from "../lifecycle/stage.ts";
import { stranger } from "../stranger.ts";
import { type Standing, standing, told } from "./hand.ts";
import { CHANGES } from "./table.ts";
import { tried } from "./tried.ts";

let stack: Standing;
beforeAll(async () => {
  stack = await standing();
});

test("at least 150 different ones", () => {
  expect(new Set(CHANGES.map(({ type, name }) => `${type}: ${name}`)).size).toBe(CHANGES.length);
  expect(CHANGES.length).toBeGreaterThanOrEqual(150);
});

describe.each([...new Set(CHANGES.map(({ type }) => type))])("%s", (type) => {
  test.each(CHANGES.filter((change) => change.type === type))("$name", (change) => tried(stack, change));
});

test.each([
  [
    "HealthCheck",
    /^1 of 2 instances serve, and it does not heal by itself: HealthCheck is suspended\. To resume: `aws /,
  ],
  ["Launch", /^1 of 2 instances serve, and it does not heal by itself: Launch is suspended/],
])(
  "an instance is lost while %s is suspended: nobody waits for the group to heal, and status says how it would",
  async (process, says) => {
    const who = await stack.again();
    const GROUP = { AutoScalingGroupName: "Buddy-AutoScaling-Group" };
    await who.autoScaling("SuspendProcesses", { ...GROUP, ScalingProcesses: [process] });
    const { AutoScalingGroups } = await who.autoScaling("DescribeAutoScalingGroups", {});
    await who.ec2("TerminateInstances", { InstanceIds: [AutoScalingGroups[0].Instances[0].InstanceId] });
    await who.wait(900);
    const isGroup = ({ key }: { readonly key: string }) => key === "auto-scaling-group";
    expect((await told(who)).off.find(isGroup)).toMatchObject({
      standing: "blocked",
      reason: expect.stringMatching(says),
    });
    const at = who.on.clock.now();
    expect((await who.on.up()).settled.find(isGroup)).toMatchObject({ outcome: "blocked" });
    expect(who.on.clock.now() - at).toBeLessThan(120_000);
    await who.autoScaling("ResumeProcesses", GROUP);
    await who.wait(900);
    expect((await told(who)).off).toEqual([]);
  },
);

test("in a zone that the stack made, a record of somebody else's is extra; its own are not", async () => {
  const on = await stage({
    domain: { name: "play.example.com", www: true, zone: "create" },
    database: { replica: false },
  });
  await on.up();
  await on.clock.sleep(60_000);
  expect((await lookAround(on.config.stack, on.stack)).extras.found).toEqual([]);
  const HostedZoneId = [...on.graph.nodes.keys()]
    .map((key) => on.store.get(key)?.id ?? "")
    .find((id) => /^Z[0-9A-Z]+$/.test(id));
  const ResourceRecords = [{ Value: "198.51.100.9" }];
  const record = { Name: "mail.play.example.com", Type: "A" as const, TTL: 60, ResourceRecords };
  const ChangeBatch = { Changes: [{ Action: "CREATE" as const, ResourceRecordSet: record }] };
  await stranger(on.sandbox).route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
  await on.clock.sleep(60_000);
  expect((await lookAround(on.config.stack, on.stack)).extras.found).toMatchObject([
    { what: "A record", id: "mail.play.example.com", effect: "leads to 198.51.100.9" },
  ]);
});
