/** The security group that AWS makes with every VPC: empty, and watched, by whoever may empty it. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  type IpPermission,
} from "@aws-sdk/client-ec2";
import { expect, onTestFinished, test } from "vitest";
import { vpc } from "../../src/aws/ec2/vpc.ts";
import { isRead } from "../../src/aws/safety.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { dangerOf } from "../../src/engine/baseline.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { PolicyDocument } from "../../src/policy/policy.ts";
import { lookAround, opensSomething } from "../../src/residuals/extras.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Recorded } from "../../src/state/state.ts";
import type { stepsFor } from "../../steps/index.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { at, folder, folderThatIsUp } from "../cli/folder.ts";
import { account, policyOf } from "../policy/lives.ts";
import { inSandboxOf, stranger } from "../stranger.ts";
import { START, type Stage, stage, stageOn } from "./stage.ts";

const networkOnly: typeof stepsFor = (config) => {
  const vpc = vpcStep(config);
  return [vpc, subnetsStep(config, vpc.resources)];
};

const WORLD = [{ CidrIp: "0.0.0.0/0" }];
const SSH: IpPermission = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: WORLD };

/** The default group as whoever may see all sees it. */
async function groupOf(on: Stage) {
  const Filters = [
    { Name: "vpc-id", Values: [on.store.get("vpc")?.id as string] },
    { Name: "group-name", Values: ["default"] },
  ];
  const { SecurityGroups = [] } = await stranger(on.sandbox).ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups[0] as { GroupId: string; IpPermissions: object[]; IpPermissionsEgress: object[] };
}
const rulesOf = async (on: Stage) => {
  const { IpPermissions, IpPermissionsEgress } = await groupOf(on);
  return [IpPermissions.length, IpPermissionsEgress.length];
};
/** Somebody lets everybody in. */
async function open(on: Stage, who = stranger(on.sandbox)): Promise<void> {
  const { GroupId } = await groupOf(on);
  await who.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [SSH] }));
  await on.clock.sleep(60_000);
}
const off = async (on: Stage) => (await on.status()).filter(({ standing }) => standing !== "in-sync");
const vpcIn = async (on: Stage) => (await on.status()).find(({ key }) => key === "vpc");
const notesOf = async (on: Stage) => (await vpcIn(on))?.notes ?? [];
const outcomes = async (on: Stage) =>
  (await on.up()).settled.filter(({ outcome }) => outcome !== "unchanged").map(({ key, outcome }) => [key, outcome]);

test("up empties it; what somebody lets in then is drift that is told with its danger, and up takes it out again", async () => {
  const on = await stage({}, 7, networkOnly);
  await on.up();
  expect(await rulesOf(on)).toEqual([0, 0]);
  expect(await off(on)).toEqual([]);
  on.writes();
  expect(await outcomes(on)).toEqual([]);
  expect(on.writes()).toEqual([]);

  await open(on);
  const { GroupId } = await groupOf(on);
  await stranger(on.sandbox).ec2.send(
    new AuthorizeSecurityGroupEgressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId }] }],
    }),
  );
  await on.clock.sleep(60_000);
  expect(await off(on)).toMatchObject([
    {
      key: "vpc",
      standing: "drift",
      drift: [
        {
          field: "defaultGroupRules",
          wanted: [],
          found: ["tcp 22 from 0.0.0.0/0", `everything to ${GroupId}`],
          replaces: false,
        },
      ],
      notes: [],
    },
  ]);
  const dangerOfRules = (...rules: readonly string[]) => dangerOf(vpc, "defaultGroupRules", JSON.stringify(rules));
  expect(dangerOfRules("tcp 22 from 0.0.0.0/0", `everything to ${GroupId}`)).toBe("opened to the world");
  expect(dangerOfRules("tcp 22 from ::/0")).toBe("opened to the world");
  expect(dangerOfRules(`everything from ${GroupId}`, "everything to 0.0.0.0/0")).toBeUndefined();
  // It is told once, with what up manages.
  expect((await lookAround(on.config.stack, on.stack)).extras).toEqual({ found: [], unseen: [] });
  on.writes();
  expect(await outcomes(on)).toEqual([["vpc", "updated"]]);
  expect(on.writes()).toEqual(["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"]);
  expect(await rulesOf(on)).toEqual([0, 0]);
});

test("a look only asks whether it may be emptied; a stack that an older version made gets one change in place", async () => {
  const on = await stage({}, 7, networkOnly);
  await on.up();
  const { GroupId } = await groupOf(on);
  const { ec2 } = stranger(on.sandbox);
  const all = { IpProtocol: "-1" };
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ ...all, UserIdGroupPairs: [{ GroupId }] }],
    }),
  );
  await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [{ ...all, IpRanges: WORLD }] }));
  const { attributes, ...recorded } = on.store.get("vpc") as Recorded;
  const { defaultGroupRules, ...spec } = recorded.spec;
  on.store.put("vpc", { ...recorded, spec });
  await on.clock.sleep(60_000);
  on.writes();
  expect(await off(on)).toMatchObject([{ key: "vpc", standing: "pending-change", drift: [] }]);
  const { items } = await on.plan();
  expect(items.filter(({ action }) => action !== "none")).toMatchObject([
    {
      key: "vpc",
      action: "update",
      differences: [{ wanted: [], found: [`everything from ${GroupId}`, "everything to 0.0.0.0/0"] }],
    },
  ]);
  expect(on.writes()).toEqual([]);
  expect(await rulesOf(on)).toEqual([1, 1]);
  expect(await outcomes(on)).toEqual([["vpc", "updated"]]);
  expect(await rulesOf(on)).toEqual([0, 0]);
  expect(on.store.get("vpc")?.attributes).toEqual({ defaultGroupId: GroupId });
});

test("killed before or after any call, the next up leaves one VPC, with an empty group", async () => {
  const config = parseConfig({}, "test.config.json");
  const clock = jumpingClock(START);
  const sandbox = openSandbox({ world: freshWorld({ region: config.region, time: START, seed: 7 }), clock });
  const text = memoryText();
  const points: {
    readonly world: string;
    readonly time: number;
    readonly state: string | undefined;
    readonly after: string;
  }[] = [];
  const watched: Sandbox = {
    ...sandbox,
    async answer(service, operation, input, region) {
      const note = (after: string) =>
        points.push({ world: JSON.stringify(sandbox.world), time: clock.now(), state: text.text, after });
      if (isRead(operation, input)) return sandbox.answer(service, operation, input, region);
      note(`before ${operation}`);
      const answer = await sandbox.answer(service, operation, input, region);
      note(operation);
      return answer;
    },
  };
  await (await stageOn(config, clock, watched, text, networkOnly)).up();
  expect(points.map(({ after }) => after)).toEqual(
    expect.arrayContaining(["CreateVpc", "RevokeSecurityGroupIngress", "before RevokeSecurityGroupEgress"]),
  );
  for (const { world, time, state, after } of points) {
    const later = jumpingClock(time + 5_000);
    const again = openSandbox({ world: JSON.parse(world), clock: later });
    const on = await stageOn(config, later, again, memoryText(state), networkOnly);
    expect(
      (await on.up()).settled.filter(({ outcome }) => outcome === "failed"),
      after,
    ).toEqual([]);
    expect(await rulesOf(on), after).toEqual([0, 0]);
    const { Vpcs = [] } = await on.aws.ec2.describeVpcs({});
    expect(
      Vpcs.filter(({ IsDefault }) => !IsDefault),
      after,
    ).toHaveLength(1);
  }
});

test("who may not empty it is told so, and finds nothing to do; what a stranger opens there is told nevertheless", async () => {
  const who = await account();
  const on = await who.under(await policyOf({}), { steps: networkOnly });
  expect((await on.up()).settled.map(({ outcome }) => outcome)).not.toContain("failed");
  const { GroupId } = await groupOf(on);
  expect(await rulesOf(on)).toEqual([1, 1]);
  expect(await off(on)).toEqual([]);
  expect(await notesOf(on)).toEqual([
    `its default security group has rules (everything from ${GroupId}, everything to 0.0.0.0/0) that this caller may not revoke: \`buddyverse policy\` prints what that takes`,
  ]);
  expect((await lookAround(on.config.stack, on.stack)).extras.found).toEqual([]);
  expect((await on.plan()).items.filter(({ action }) => action !== "none")).toEqual([]);
  on.writes();
  expect(await outcomes(on)).toEqual([]);
  expect(on.writes()).toEqual([]);

  await open(on, who.stranger());
  expect(await off(on)).toEqual([]);
  const { extras } = await lookAround(on.config.stack, on.stack);
  expect(extras.found).toMatchObject([
    { id: GroupId, effect: "tcp 22 from 0.0.0.0/0", danger: "opened to the world", commands: [] },
  ]);
  expect(opensSomething(extras)).toBe(true);
  expect(await outcomes(on)).toEqual([]);
  expect(who.denials()).toEqual([]);
  expect(who.keptGroups().length).toBeGreaterThan(0);
});

test("what `policy` prints once the stack stands is enough to empty it, and reaches no other group", async () => {
  const who = await account();
  const first = await who.under(await policyOf({}), { steps: networkOnly });
  await first.up();
  const { GroupId } = await groupOf(first);
  const documents = await policyOf({}, [], first.store.resources);
  expect(documents.flatMap(({ Statement }) => Statement).find(({ Sid }) => Sid === "DefaultGroup")).toEqual({
    Sid: "DefaultGroup",
    Effect: "Allow",
    Action: ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
    Resource: [`arn:aws:ec2:ap-northeast-2:*:security-group/${GroupId}`],
  });
  const on = await who.under(documents, { steps: networkOnly });
  expect(await outcomes(on)).toEqual([["vpc", "updated"]]);
  expect(await rulesOf(on)).toEqual([0, 0]);
  expect(await notesOf(on)).toEqual([]);
  const asked = who.keptGroups().length;
  await open(on, who.stranger());
  expect(await off(on)).toMatchObject([{ key: "vpc", standing: "drift" }]);
  expect(await outcomes(on)).toEqual([["vpc", "updated"]]);
  expect(who.keptGroups()).toHaveLength(asked);

  const { SecurityGroups = [] } = await stranger(on.sandbox).ec2.send(new DescribeSecurityGroupsCommand({}));
  const others = SecurityGroups.filter((one) => one.GroupId !== GroupId);
  expect(others.length).toBeGreaterThan(0);
  for (const { GroupId, IpPermissionsEgress } of others)
    await expect(
      on.aws.ec2.revokeSecurityGroupEgress({ GroupId, IpPermissions: IpPermissionsEgress }),
    ).rejects.toMatchObject({ name: "UnauthorizedOperation" });
});

test("policy has it of a state in a file, also of one that was pulled; status ends with 3 for a rule in the group", async () => {
  const sids = (stdout: string) =>
    [JSON.parse(stdout)].flat().flatMap(({ Statement }: PolicyDocument) => Statement.map(({ Sid }) => Sid));
  const before = folder();
  expect(sids((await before.run("policy")).stdout)).not.toContain("DefaultGroup");
  const path = await folderThatIsUp();
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const on = folder({ state: { bucket: "example-state" } }, path);
  expect(sids((await on.run("policy")).stdout)).not.toContain("DefaultGroup");
  writeFileSync(join(on.path, "stood.state.json"), (await at(path).rehearse("state pull")).stdout);
  const pulled = sids((await on.run("policy --state stood.state.json")).stdout);
  expect(pulled).toEqual(expect.arrayContaining(["DefaultGroup", "State"]));
  expect(sids((await at(path).rehearse("policy")).stdout)).toContain("DefaultGroup");

  expect((await at(path).rehearse("status")).code).toBe(0);
  await inSandboxOf(path, async ({ ec2 }, clock) => {
    const Filters = [{ Name: "group-name", Values: ["default"] }];
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const ours = SecurityGroups.find(({ IpPermissions = [] }) => IpPermissions.length === 0);
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: ours?.GroupId, IpPermissions: [SSH] }));
    await clock.sleep(60_000);
  });
  const { code, stdout } = await at(path).rehearse("status");
  expect([code, stdout]).toEqual([3, expect.stringContaining("tcp 22 from 0.0.0.0/0")]);
  expect((await at(path).rehearse("plan")).stdout).toContain("- tcp 22 from 0.0.0.0/0");
});

test("the sandbox only pretends what DryRun asks for, and says no where the call itself would", async () => {
  const on = await stage({}, 7, networkOnly);
  await on.up();
  await open(on);
  const { GroupId } = await groupOf(on);
  const { ec2 } = on.aws;
  await expect(ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: [SSH], DryRun: true })).rejects.toMatchObject({
    name: "DryRunOperation",
    $metadata: { httpStatusCode: 412 },
  });
  await expect(ec2.revokeSecurityGroupEgress({ GroupId, IpPermissions: [SSH], DryRun: true })).rejects.toMatchObject({
    name: "InvalidPermission.NotFound",
  });
  expect(await rulesOf(on)).toEqual([1, 0]);
});
