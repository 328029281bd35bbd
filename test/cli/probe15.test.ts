// biome-ignore-all lint: scratch
import { rmSync, appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ec2m from "@aws-sdk/client-ec2";
import * as elbm from "@aws-sdk/client-elastic-load-balancing-v2";
import * as logsm from "@aws-sdk/client-cloudwatch-logs";
import * as r53 from "@aws-sdk/client-route-53";
import * as efsm from "@aws-sdk/client-efs";
import { beforeAll, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { at, folder, makeFolder } from "./folder.ts";
const OUT = "/tmp/probe15/cli.out";
writeFileSync(OUT, "");
const base = at(makeFolder());
beforeAll(async () => { base.configure({ tags: { team: "a" } }); await base.rehearse("up --yes"); });
const go = async (name: string, on: any, lines: string[]) => {
  for (const line of lines) {
    const { code, stdout, stderr } = await on.rehearse(line);
    appendFileSync(OUT, `## ${name}: ${line} → ${code}\n${stdout.slice(0, 3000)}\n${stderr ? `-- ${stderr.slice(0, 1500)}` : ""}\n`);
  }
};
const open = (p: string) => inSandboxOf(p, async ({ ec2, elb, logs, efs }, clock) => {
  const { SecurityGroups = [] } = await ec2.send(new ec2m.DescribeSecurityGroupsCommand({}));
  const { GroupId } = SecurityGroups.find(({ GroupName }: any) => GroupName === "Buddy-DB") ?? {};
  await ec2.send(new ec2m.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: 3306, ToPort: 3306, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] }));
  const { TargetGroups = [] } = await elb.send(new elbm.DescribeTargetGroupsCommand({}));
  await elb.send(new elbm.ModifyTargetGroupAttributesCommand({ TargetGroupArn: TargetGroups[0]?.TargetGroupArn, Attributes: [{ Key: "slow_start.duration_seconds", Value: "300" }] }));
  await logs.send(new logsm.PutLogGroupDeletionProtectionCommand({ logGroupIdentifier: "/buddyverse/buddyverse/app", deletionProtectionEnabled: true }));
  await clock.sleep(60_000);
});
test("plan file after drift", async () => {
  const on = folder({ tags: { team: "b" } }, base.path);
  await go("planfile", on, ["plan --out p.json --detailed-exit-code"]);
  await open(on.path);
  await go("planfile", on, ["up p.json --yes", "status", "plan --json --detailed-exit-code"]);
});
test("mend and accept", async () => {
  const on = folder({ tags: { team: "a" } }, base.path);
  await open(on.path);
  await go("mend", on, ["up --yes --mend target-group --mend log-app --mend group-db", "status", "status --accept log-app", "status --accept group-db", "status --accept nothing-such", "up --yes --mend nothing-such", "up --yes --mend load-balancer", "status"]);
});
test("gates", async () => {
  const a = folder({ tags: { team: "a" }, nat: { instanceType: "t3.small" } }, base.path);
  await go("gate replace", a, ["plan --detailed-exit-code", "plan --detailed-exit-code --replace", "plan --json --detailed-exit-code", "up --yes"]);
  const b = folder({ tags: { team: "a" }, database: { engineVersion: "8.0" } }, base.path);
  await go("gate refused", b, ["plan --detailed-exit-code", "plan"]);
  const c = folder({}, base.path);
  await go("deleted key", c, ["plan --detailed-exit-code"]);
  rmSync(join(c.path, "buddyverse.state.json"), { force: true });
});
