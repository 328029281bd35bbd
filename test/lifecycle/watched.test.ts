/** What nobody asks for and somebody changes: seen, ranked, left alone, accepted; and what AWS changes by itself, which is no drift. */
import { CreateLaunchTemplateVersionCommand, ModifyLaunchTemplateCommand } from "@aws-sdk/client-ec2";
import { ModifyTargetGroupAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeAll, describe, expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { rank } from "../../src/engine/baseline.ts";
import { mend, mendsOf } from "../../src/engine/mend.ts";
import type { Danger } from "../../src/engine/resource.ts";
import type { StatusItem } from "../../src/engine/status.ts";
import { statusOf } from "../../src/engine/status.ts";
import { accept } from "../../src/engine/watching.ts";
import { acceptedView } from "../../src/report/views/accepted.ts";
import { mendView } from "../../src/report/views/mend.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { stranger } from "../stranger.ts";
import { standing } from "../strangers/hand.ts";
import { CHANGES } from "../strangers/table.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const off = (items: readonly StatusItem[]) =>
  items
    .filter(({ standing }) => standing !== "in-sync")
    .map(({ key, standing, drift, watched, pending, reason }) => ({ key, standing, drift, watched, pending, reason }));

const CONFIG = { monitoring: { email: "ops@example.com" } };

/** An AWS that answers operations otherwise: somebody has changed what it has. */
function changedBy(sandbox: Sandbox, rows: readonly Pick<Row, "operation" | "change">[]): Sandbox {
  return Object.create(sandbox, {
    answer: {
      value: async (...call: Parameters<Sandbox["answer"]>) => {
        const answer = structuredClone(await sandbox.answer(...call));
        for (const { operation, change } of rows) if (call[1] === operation) change(answer, call[2]);
        return answer;
      },
    },
  });
}
/** A change by somebody else, as AWS then answers it, and what `status` says of it. */
interface Row {
  readonly key: string;
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: each operation has its own
  readonly change: (answer: any, input: any) => void;
  readonly path: string;
  readonly before?: string;
  readonly now?: string;
  readonly danger?: Danger;
}
type Change = Row["change"];

const set =
  // biome-ignore lint/suspicious/noExplicitAny: each operation has its own
    (of: (answer: any) => any, value: object): Change =>
    (answer) => {
      const found = of(answer);
      if (found) Object.assign(found, value);
    };
// biome-ignore-start lint/suspicious/noExplicitAny: each operation has its own
const named =
  (list: string, name: string, value: string) =>
  (answer: any): any =>
    answer[list]?.find((one: any) => one[name] === value);
const tagged =
  (list: string, key: string) =>
  (answer: any): any =>
    answer[list]?.find((one: any) =>
      one.Tags?.some(({ Key, Value }: any) => Key === "buddyverse:key" && Value === key),
    );
const instance =
  (key: string) =>
  ({ Reservations }: any): any =>
    Reservations.map((one: any) => tagged("Instances", key)(one)).find((one: any) => one !== undefined);
const attribute =
  (Key: string, Value: string): Change =>
  ({ Attributes }) => {
    const there = Attributes.find((one: any) => one.Key === Key);
    if (there) there.Value = Value;
    else Attributes.push({ Key, Value });
  };
const ofRole =
  (name: string, change: (answer: any) => void): Change =>
  (answer, { RoleName }) => {
    if (RoleName.startsWith(name)) change(answer);
  };
// biome-ignore-end lint/suspicious/noExplicitAny: see above

const database = named("DBInstances", "DBInstanceIdentifier", "database1");
const replica = named("DBInstances", "DBInstanceIdentifier", "database1-replica");
// biome-ignore lint/suspicious/noExplicitAny: see above
const group = ({ AutoScalingGroups: [one] }: any) => one;
const ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess";

const ROWS: readonly Row[] = [
  {
    key: "vpc",
    operation: "DescribeVpcs",
    change: set(tagged("Vpcs", "vpc"), { DhcpOptionsId: "dopt-2" }),
    path: "DhcpOptionsId",
    now: "dopt-2",
    danger: "leads elsewhere",
  },
  {
    key: "vpc",
    operation: "DescribeVpcs",
    change: ({ Vpcs }) => {
      for (const { CidrBlockAssociationSet } of Vpcs)
        CidrBlockAssociationSet.push({ AssociationId: "vpc-cidr-2", CidrBlock: "10.9.0.0/16" });
    },
    path: "CidrBlockAssociationSet[vpc-cidr-2].CidrBlock",
    now: "10.9.0.0/16",
  },
  {
    key: "subnet-web-1",
    operation: "DescribeSubnets",
    change: set(tagged("Subnets", "subnet-web-1"), { EnableDns64: true }),
    path: "EnableDns64",
    now: "true",
  },
  {
    key: "subnet-db-1",
    operation: "DescribeSubnets",
    change: set(tagged("Subnets", "subnet-db-1"), { MapCustomerOwnedIpOnLaunch: true }),
    path: "MapCustomerOwnedIpOnLaunch",
    now: "true",
  },
  {
    key: "subnet-db-2",
    operation: "DescribeSubnets",
    change: (answer) => tagged("Subnets", "subnet-db-2")(answer)?.Tags.push({ Key: "theirs", Value: "1" }),
    path: "Tags[theirs]",
    now: "1",
  },
  {
    key: "routes-private-1",
    operation: "DescribeRouteTables",
    change: set(tagged("RouteTables", "routes-private-1"), { PropagatingVgws: [{ GatewayId: "vgw-1" }] }),
    path: "PropagatingVgws[vgw-1].GatewayId",
    now: "vgw-1",
  },
  {
    key: "nat-instance-1",
    operation: "DescribeInstances",
    change: (answer) =>
      set(instance("nat-instance-1"), {
        MetadataOptions: { ...instance("nat-instance-1")(answer)?.MetadataOptions, HttpTokens: "optional" },
      })(answer, {}),
    path: "MetadataOptions.HttpTokens",
    before: "required",
    now: "optional",
    danger: "IMDSv1 allowed",
  },
  {
    key: "bastion-1",
    operation: "DescribeInstances",
    change: set(instance("bastion-1"), { Monitoring: { State: "enabled" } }),
    path: "Monitoring.State",
    before: "disabled",
    now: "enabled",
  },
  {
    key: "bastion-2",
    operation: "DescribeInstances",
    change: (answer) =>
      instance("bastion-2")(answer)?.BlockDeviceMappings.push({
        DeviceName: "/dev/sdf",
        Ebs: { VolumeId: "vol-theirs", Status: "attached" },
      }),
    path: "BlockDeviceMappings[/dev/sdf].Ebs.VolumeId",
    now: "vol-theirs",
  },
  {
    key: "role-web",
    operation: "ListAttachedRolePolicies",
    change: ofRole("Buddy-WEB", ({ AttachedPolicies }) =>
      AttachedPolicies.push({ PolicyName: "AdministratorAccess", PolicyArn: ADMIN }),
    ),
    path: `AttachedPolicies[${ADMIN}].PolicyArn`,
    now: ADMIN,
    danger: "administrator rights",
  },
  {
    key: "role-nat",
    operation: "GetRole",
    change: ofRole("Buddy-NAT", ({ Role }) => Object.assign(Role, { MaxSessionDuration: 43_200 })),
    path: "MaxSessionDuration",
    now: "43200",
  },
  {
    key: "backup-vault",
    operation: "ListBackupVaults",
    change: ({ BackupVaultList: [one] }) => Object.assign(one, { MinRetentionDays: 7 }),
    path: "MinRetentionDays",
    now: "7",
  },
  {
    key: "file-system",
    operation: "DescribeFileSystems",
    change: ({ FileSystems: [one] }) =>
      Object.assign(one, { FileSystemProtection: { ReplicationOverwriteProtection: "DISABLED" } }),
    path: "FileSystemProtection.ReplicationOverwriteProtection",
    now: "DISABLED",
    danger: "less protected",
  },
  {
    key: "file-system",
    operation: "DescribeLifecycleConfiguration",
    change: ({ LifecyclePolicies }) => LifecyclePolicies.push({ TransitionToArchive: "AFTER_90_DAYS" }),
    path: "LifecyclePolicies.TransitionToArchive",
    now: "AFTER_90_DAYS",
  },
  {
    key: "db-parameter-group",
    operation: "DescribeDBParameters",
    change: ({ Parameters }) => Parameters.push({ ParameterName: "general_log", ParameterValue: "1" }),
    path: "Parameters[general_log].ParameterValue",
    now: "1",
  },
  {
    key: "database",
    operation: "DescribeDBInstances",
    change: set(database, { IAMDatabaseAuthenticationEnabled: true }),
    path: "IAMDatabaseAuthenticationEnabled",
    now: "true",
  },
  {
    key: "database",
    operation: "DescribeDBInstances",
    change: set(database, { MonitoringInterval: 60 }),
    path: "MonitoringInterval",
    now: "60",
  },
  {
    key: "database",
    operation: "DescribeDBInstances",
    change: set(database, { MultiAZ: true }),
    path: "MultiAZ",
    before: "false",
    now: "true",
  },
  {
    key: "database",
    operation: "DescribeDBInstances",
    change: set(database, { PreferredMaintenanceWindow: "mon:03:00-mon:03:30" }),
    path: "PreferredMaintenanceWindow",
    now: "mon:03:00-mon:03:30",
  },
  {
    key: "database",
    operation: "DescribeDBInstances",
    change: set(database, { EnabledCloudwatchLogsExports: ["error"] }),
    path: "EnabledCloudwatchLogsExports[error]",
    now: "yes",
  },
  {
    key: "replica",
    operation: "DescribeDBInstances",
    change: set(replica, { PerformanceInsightsEnabled: true }),
    path: "PerformanceInsightsEnabled",
    now: "true",
  },
  {
    key: "replica",
    operation: "DescribeDBInstances",
    change: set(replica, { BackupRetentionPeriod: 7 }),
    path: "BackupRetentionPeriod",
    now: "7",
  },
  {
    key: "log-app",
    operation: "DescribeLogGroups",
    change: set(named("logGroups", "logGroupName", "/buddyverse/buddyverse/app"), { kmsKeyId: "arn:aws:kms:key/1" }),
    path: "kmsKeyId",
    now: "arn:aws:kms:key/1",
  },
  {
    key: "log-boot",
    operation: "DescribeLogGroups",
    change: set(named("logGroups", "logGroupName", "/buddyverse/buddyverse/boot"), { deletionProtectionEnabled: true }),
    path: "deletionProtectionEnabled",
    now: "true",
  },
  {
    key: "image",
    operation: "DescribeImages",
    change: ({ Images }) =>
      Images.filter((one: { Public?: boolean; Name?: string }) => one.Name?.startsWith("Buddy")).forEach(
        (one: { Public: boolean }) => void Object.assign(one, { Public: true }),
      ),
    path: "Public",
    now: "true",
    danger: "made public",
  },
  {
    key: "load-balancer",
    operation: "DescribeLoadBalancerAttributes",
    change: attribute("routing.http.drop_invalid_header_fields.enabled", "maybe"),
    path: "Attributes[routing.http.drop_invalid_header_fields.enabled]",
    now: "maybe",
  },
  {
    key: "load-balancer",
    operation: "DescribeLoadBalancerAttributes",
    change: attribute("idle_timeout.timeout_seconds", "4000"),
    path: "Attributes[idle_timeout.timeout_seconds]",
    now: "4000",
  },
  {
    key: "load-balancer",
    operation: "DescribeLoadBalancers",
    change: ({ LoadBalancers: [one] }) => Object.assign(one, { IpAddressType: "dualstack" }),
    path: "IpAddressType",
    before: "ipv4",
    now: "dualstack",
  },
  {
    key: "target-group",
    operation: "DescribeTargetGroupAttributes",
    change: attribute("slow_start.duration_seconds", "300"),
    path: "Attributes[slow_start.duration_seconds]",
    now: "300",
  },
  {
    key: "target-group",
    operation: "DescribeTargetGroups",
    change: ({ TargetGroups: [one] }) => Object.assign(one, { HealthCheckPort: "8080" }),
    path: "HealthCheckPort",
    now: "8080",
  },
  {
    key: "listener-https",
    operation: "DescribeListeners",
    change: set(named("Listeners", "Port", 443 as never), { MutualAuthentication: { Mode: "passthrough" } }),
    path: "MutualAuthentication.Mode",
    now: "passthrough",
  },
  {
    key: "auto-scaling-group",
    operation: "DescribeAutoScalingGroups",
    change: set(group, { SuspendedProcesses: [{ ProcessName: "ReplaceUnhealthy", SuspensionReason: "User" }] }),
    path: "SuspendedProcesses[ReplaceUnhealthy].ProcessName",
    now: "ReplaceUnhealthy",
    danger: "less protected",
  },
  {
    key: "auto-scaling-group",
    operation: "DescribeAutoScalingGroups",
    change: set(group, { DefaultInstanceWarmup: 1 }),
    path: "DefaultInstanceWarmup",
    now: "1",
  },
  {
    key: "auto-scaling-group",
    operation: "DescribeAutoScalingGroups",
    change: set(group, { NewInstancesProtectedFromScaleIn: true }),
    path: "NewInstancesProtectedFromScaleIn",
    now: "true",
  },
  {
    key: "auto-scaling-group",
    operation: "DescribeAutoScalingGroups",
    change: set(group, { MaxInstanceLifetime: 86_400 }),
    path: "MaxInstanceLifetime",
    now: "86400",
  },
  {
    key: "scaling-policy",
    operation: "DescribePolicies",
    change: ({ ScalingPolicies: [one] }) => Object.assign(one, { Enabled: false }),
    path: "Enabled",
    now: "false",
  },
  {
    key: "scaling-policy",
    operation: "DescribePolicies",
    change: ({ ScalingPolicies: [one] }) => Object.assign(one.TargetTrackingConfiguration, { DisableScaleIn: true }),
    path: "TargetTrackingConfiguration.DisableScaleIn",
    now: "true",
  },
  {
    key: "launch-template",
    operation: "DescribeLaunchTemplateVersions",
    change: ({ LaunchTemplateVersions: [one] }) =>
      Object.assign(one.LaunchTemplateData, { InstanceInitiatedShutdownBehavior: "terminate" }),
    path: "LaunchTemplateData.InstanceInitiatedShutdownBehavior",
    now: "terminate",
  },
  {
    key: "certificate",
    operation: "DescribeCertificate",
    change: ({ Certificate }) =>
      Object.assign(Certificate, { Options: { CertificateTransparencyLoggingPreference: "DISABLED" } }),
    path: "Options.CertificateTransparencyLoggingPreference",
    now: "DISABLED",
  },
  {
    key: "alarm-web-cpu",
    operation: "DescribeAlarms",
    change: set(named("MetricAlarms", "AlarmName", "Buddy-Web-CPU"), { InsufficientDataActions: ["arn:aws:sns:1"] }),
    path: "InsufficientDataActions[arn:aws:sns:1]",
    now: "yes",
  },
  {
    key: "database-endpoint",
    operation: "GetParameters",
    change: set(named("Parameters", "Name", "/buddyverse/buddyverse/database/primary"), { Type: "StringList" }),
    path: "Type",
    before: "String",
    now: "StringList",
  },
  {
    key: "records",
    operation: "ListResourceRecordSets",
    change: ({ ResourceRecordSets }) =>
      ResourceRecordSets.filter(
        (one: { AliasTarget?: object; Name: string }) => one.AliasTarget && one.Name.startsWith("www"),
      ).forEach((one: object) => void Object.assign(one, { HealthCheckId: "hc-1" })),
    path: "ResourceRecordSets[www.buddyverse.link.].HealthCheckId",
    now: "hc-1",
  },
];

let up: Stage;
let seen: readonly StatusItem[];
beforeAll(async () => {
  up = await stage(CONFIG);
  await up.up();
  const on = await stageOn(up.config, up.clock, changedBy(up.sandbox, ROWS), memoryText(up.text.text));
  seen = await on.status();
}, 120_000);

describe("what nobody asks for and somebody has changed", () => {
  const found = (row: Row) =>
    seen.find(
      ({ key }) =>
        key === row.key ||
        (key.startsWith(`${row.key}-`) &&
          row.key.match(/^(image|records|certificate)$/) !== null &&
          !/base|validation|issued/.test(key)),
    );

  test.each(ROWS.map((row) => [`${row.key}: ${row.path}`, row] as const))("%s", (_, row) => {
    const item = found(row);
    expect(item?.standing).toBe("watched");
    expect(item?.drift).toEqual([]);
    expect(item?.pending).toEqual([]);
    const change = item?.watched.find(({ path }) => path === row.path);
    expect(change).toMatchObject({ now: row.now, danger: row.danger, ...(row.before ? { before: row.before } : {}) });
  });

  test("nothing else is said to have changed", () => {
    const told = new Set(ROWS.map(({ path }) => path));
    const besides = seen.flatMap(({ key, watched }) =>
      watched
        .filter(
          ({ path }) =>
            ![...told].some((one) => path === one || path.startsWith(`${one.slice(0, one.lastIndexOf("]") + 1)}.`)),
        )
        .map(({ path }) => `${key} ${path}`),
    );
    expect(besides).toEqual([]);
    expect(seen.flatMap(({ drift, pending }) => [...drift, ...pending])).toEqual([]);
  });

  test("what matters for safety comes first in its object", () => {
    const items = seen.filter(({ watched }) => watched.length > 1);
    for (const { watched } of items) {
      const ranks = watched.map(({ danger }) => rank(danger));
      expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
    }
    expect(items.length).toBeGreaterThan(3);
  });

  test("up leaves it as it is, and says nothing changed; it stays told", async () => {
    const on = await stageOn(up.config, up.clock, changedBy(up.sandbox, ROWS), memoryText(up.text.text));
    on.writes();
    await on.up();
    expect(on.writes()).toEqual([]);
    expect((await on.status()).filter(({ standing }) => standing === "watched").map(({ key }) => key)).toEqual(
      seen.filter(({ standing }) => standing === "watched").map(({ key }) => key),
    );
  });
});

test("a status makes 60 calls at most, and none for the baseline but that of the load balancer's attributes", async () => {
  const on = await stageOn(up.config, up.clock, up.sandbox, memoryText(up.text.text));
  on.calls.length = 0;
  await on.status();
  expect(on.calls.length).toBeLessThanOrEqual(60);
  expect(on.calls.filter(({ operation }) => operation === "DescribeLoadBalancerAttributes")).toHaveLength(1);
});

describe("accepted", () => {
  const changes = ROWS.filter(({ key }) => key === "nat-instance-1" || key === "bastion-1");
  const again = () => stageOn(up.config, up.clock, changedBy(up.sandbox, changes), memoryText(up.text.text));

  test("by its key or its name: it is no change any more, also for the next command; the others' are still told", async () => {
    const on = await again();
    const { snapshot, accepted } = accept(on.run, await on.refresh(), ["Buddy-NAT1"]);
    expect(accepted).toEqual([
      { name: "Buddy-NAT1", changes: [expect.objectContaining({ path: "MetadataOptions.HttpTokens" })], managed: [] },
    ]);
    expect(off(statusOf(snapshot)).map(({ key }) => key)).toEqual(["bastion-1"]);
    const next = await stageOn(up.config, up.clock, changedBy(up.sandbox, changes), memoryText(on.text.text));
    expect(off(await next.status()).map(({ key }) => key)).toEqual(["bastion-1"]);
    // Put back, it is a change again.
    const back = await stageOn(up.config, up.clock, up.sandbox, memoryText(on.text.text));
    expect(off(await back.status()).map(({ key, watched }) => [key, watched.map(({ now }) => now)])).toEqual([
      ["nat-instance-1", ["required"]],
    ]);
  });

  test("what is managed is not, and the config's key is named that would ask for it", async () => {
    const row = {
      operation: "DescribeDBInstances",
      change: set(database, { BackupRetentionPeriod: 0, StorageThroughput: 500 }),
    };
    const on = await stageOn(up.config, up.clock, changedBy(up.sandbox, [row]), memoryText(up.text.text));
    const { snapshot, accepted } = accept(on.run, await on.refresh(), ["database"]);
    expect(accepted).toMatchObject([
      {
        changes: [{ path: "StorageThroughput" }],
        managed: [{ field: "backupRetentionDays", found: 0, configured: "database.backupRetentionDays" }],
      },
    ]);
    expect(acceptedView(accepted).join("\n")).toContain('To keep it: "database.backupRetentionDays": 0');
    expect(off(statusOf(snapshot))).toMatchObject([{ key: "database", standing: "drift", watched: [] }]);
  });

  test("a name that the stack does not have is refused, and nothing is written", async () => {
    const on = await again();
    const before = on.text.text;
    const seen = await on.refresh();
    expect(() => accept(on.run, seen, ["bastion-1", "bastion-9"])).toThrow('the stack has no object "bastion-9"');
    expect(on.text.text).toBe(before);
  });
});

describe("mended", () => {
  test("it is looked at until it shows: then status tells of it no more", async () => {
    const on = await stage();
    await on.up();
    const { elb } = stranger(on.sandbox);
    const TargetGroupArn = on.store.get("target-group")?.id as string;
    const Attributes = [{ Key: "slow_start.duration_seconds", Value: "300" }];
    await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
    await on.clock.sleep(60_000);
    const seen = await on.refresh();
    expect(off(statusOf(seen)).map(({ key }) => key)).toEqual(["target-group"]);
    expect(await mend(on.run, seen, mendsOf(on.run, seen, ["target-group"]))).toBe(1);
    expect(off(await on.status())).toEqual([]);
  }, 60_000);

  const mendOf = async (keys: readonly string[]) => {
    const rows = ROWS.filter(({ path }) => keys.includes(path));
    const on = await stageOn(up.config, up.clock, changedBy(up.sandbox, rows), memoryText(up.text.text));
    const seen = await on.refresh();
    const mends = mendsOf(on.run, seen, [...new Set(rows.map(({ key }) => key))]);
    on.calls.length = 0;
    return { on, mends, done: () => mend(on.run, seen, mends) };
  };

  test("what a call of `up` sets is put back to what it was, and nothing else is sent", async () => {
    const { on, mends, done } = await mendOf([
      "Attributes[slow_start.duration_seconds]",
      `AttachedPolicies[${ADMIN}].PolicyArn`,
      "InsufficientDataActions[arn:aws:sns:1]",
      "TargetTrackingConfiguration.DisableScaleIn",
      "DefaultInstanceWarmup",
    ]);
    expect(await done()).toBe(mends.length);
    const sent = new Map(
      on.calls.filter(({ operation }) => !isRead(operation)).map(({ operation, input }) => [operation, input]),
    );
    expect([...sent.keys()].sort()).toEqual([
      "DetachRolePolicy",
      "ModifyTargetGroupAttributes",
      "PutMetricAlarm",
      "PutScalingPolicy",
      "UpdateAutoScalingGroup",
    ]);
    expect(sent.get("DetachRolePolicy")).toMatchObject({ PolicyArn: ADMIN });
    expect(sent.get("ModifyTargetGroupAttributes")).toMatchObject({
      Attributes: [{ Key: "slow_start.duration_seconds", Value: "0" }],
    });
    expect(sent.get("UpdateAutoScalingGroup")).toMatchObject({ DefaultInstanceWarmup: 120 });
    expect(sent.get("PutMetricAlarm")).not.toHaveProperty("InsufficientDataActions");
    expect(sent.get("PutScalingPolicy")).not.toHaveProperty("TargetTrackingConfiguration.DisableScaleIn");
  });

  test("what it cannot set is a command of AWS's, or is said to be nobody's", async () => {
    const { on, mends, done } = await mendOf(["MetadataOptions.HttpTokens", "Monitoring.State"]);
    expect(await done()).toBe(0);
    expect(on.calls).toEqual([]);
    const text = mendView(mends).join("\n");
    expect(text).toMatch(
      /! Buddy-NAT1: MetadataOptions.HttpTokens: optional → required: not by this program:\n +aws .*modify-instance-metadata-options --instance-id i-\w+ --http-tokens required/,
    );
    expect(text).toMatch(
      /! Bastion1: Monitoring.State: enabled → disabled: not by this program:\n +aws .*unmonitor-instances --instance-ids i-\w+/,
    );
    const [nobodys] = mends.map(({ command: _, ...one }) => one);
    expect(mendView(nobodys ? [nobodys] : []).join("\n")).toMatch(
      /not by this program:\n +It has no call for it: .*AWS console/,
    );
  });

  test("what strangers change of what is watched, of each kind: what is put back, what a command does", async () => {
    const who = await (await standing()).again();
    // What waits for the window the next change at once would bring about, and of another port others have to know. A group that
    // lacks an instance and may not heal waits for a person.
    const isAlone = (name: string) => /, in the window$|^another port|an instance is lost/.test(name);
    const rows = CHANGES.filter(({ name, says }) => says.kind === "watched" && !isAlone(name));
    for (const { does } of rows) await does(who);
    await who.wait(60);
    const { on } = who;
    const seen = await on.refresh();
    const keys = off(statusOf(seen)).map(({ key }) => key);
    const mends = mendsOf(on.run, seen, keys);
    expect(await mend(on.run, seen, mends)).toBe(mends.filter(({ put }) => put).length);
    await who.wait(60);
    const left = mends.filter(({ put }) => !put);
    expect(
      off(await on.status())
        .flatMap(({ key, watched }) => watched.map(({ path }) => `${key} ${path}`))
        .sort(),
    ).toEqual(left.map(({ key, path }) => `${key} ${path}`).sort());
    expect(
      left
        .map(
          ({ key, path, command }) =>
            `${key.replace(/-[0-9a-f]{12}$/, "")} ${path.replace(/vpc-cidr-assoc-\w+/, "ID")}${command ? "" : ": no way"}`,
        )
        .sort(),
    ).toEqual([
      "auto-scaling-group DeletionProtection",
      "auto-scaling-group SuspendedProcesses[AddToLoadBalancer].ProcessName",
      "auto-scaling-group SuspendedProcesses[AlarmNotification].ProcessName",
      "auto-scaling-group SuspendedProcesses[HealthCheck].ProcessName",
      "auto-scaling-group SuspendedProcesses[Launch].ProcessName",
      "auto-scaling-group SuspendedProcesses[ReplaceUnhealthy].ProcessName",
      "bastion-1 IamInstanceProfile.Arn: no way",
      "bastion-1 IamInstanceProfile.Id: no way",
      "bastion-1 MetadataOptions.HttpEndpoint",
      "bastion-1 MetadataOptions.HttpPutResponseHopLimit",
      "bastion-1 MetadataOptions.HttpTokens",
      "bastion-1 MetadataOptions.InstanceMetadataTags",
      "bastion-2 Monitoring.State",
      "database CACertificateIdentifier",
      "database EnabledCloudwatchLogsExports[general]",
      "database MultiAZ",
      "database PreferredBackupWindow",
      "database PreferredMaintenanceWindow",
      "database StorageType",
      ...["ApplyMethod", "ApplyType", "IsModifiable", "ParameterName", "ParameterValue", "Source"].map(
        (name) => `db-parameter-group Parameters[innodb_buffer_pool_instances].${name}: no way`,
      ),
      "file-system FileSystemProtection.ReplicationOverwriteProtection",
      "image DeregistrationProtection",
      "load-balancer Attributes[access_logs.s3.bucket]",
      "load-balancer Attributes[access_logs.s3.enabled]",
      "load-balancer Attributes[client_keep_alive.seconds]",
      "load-balancer Attributes[connection_logs.s3.bucket]",
      "load-balancer Attributes[connection_logs.s3.enabled]",
      "load-balancer Attributes[deletion_protection.enabled]",
      "load-balancer Attributes[idle_timeout.timeout_seconds]",
      "load-balancer Attributes[routing.http.desync_mitigation_mode]",
      "load-balancer Attributes[routing.http.drop_invalid_header_fields.enabled]",
      "load-balancer Attributes[routing.http.preserve_host_header.enabled]",
      "load-balancer Attributes[routing.http.xff_header_processing.mode]",
      "load-balancer Attributes[routing.http2.enabled]",
      "load-balancer Attributes[waf.fail_open.enabled]",
      "load-balancer Attributes[zonal_shift.config.enabled]",
      "log-apache metricFilterCount: no way",
      "log-app deletionProtectionEnabled",
      "record-validation-buddyverse.link TTL: no way",
      "replica PreferredMaintenanceWindow",
      "role-web MaxSessionDuration",
      "role-web PermissionsBoundary.PermissionsBoundaryArn",
      "role-web PermissionsBoundary.PermissionsBoundaryType: no way",
      "scripts-archive Size: no way",
      "vpc BlockPublicAccessStates.InternetGatewayBlockMode: no way",
      "vpc CidrBlockAssociationSet[ID].AssociationId: no way",
      "vpc CidrBlockAssociationSet[ID].CidrBlock: no way",
      "vpc DhcpOptionsId",
    ]);
    expect((await on.plan()).items.filter(({ action }) => action !== "none")).toEqual([]);
  }, 60_000);
});

/** Somebody makes a version that starts what the stack's do, and more, and has it be the default. */
async function otherDefault(on: Stage, data: object): Promise<void> {
  const { ec2 } = stranger(on.sandbox);
  const [template] = Object.values(on.store.resources).filter(({ type }) => type === "ec2:launch-template");
  const LaunchTemplateId = template?.id as string;
  await ec2.send(
    new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, SourceVersion: "1", LaunchTemplateData: data }),
  );
  await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId, DefaultVersion: "2" }));
  await on.clock.sleep(60_000);
}

describe("somebody else's version of the launch template is the default", () => {
  test.each([
    ["one that allows IMDSv1", { MetadataOptions: { HttpTokens: "optional" as const } }, "metadataTokens"],
    ["one that starts the same otherwise", { InstanceInitiatedShutdownBehavior: "terminate" as const }, "release"],
  ])(
    "%s is told as drift, the group is left alone, and up puts the default back",
    async (_, data, field) => {
      const on = await stage();
      await on.up();
      await otherDefault(on, data);
      const items = (await on.status()).filter(({ standing }) => standing !== "in-sync");
      expect(items.map(({ key, drift }) => [key, drift.map((one) => one.field)])).toEqual([
        ["launch-template", [field]],
      ]);
      const plan = await on.plan();
      expect(plan.items.filter(({ action }) => action !== "none").map(({ key }) => key)).toEqual(["launch-template"]);
      on.writes();
      await on.up();
      expect(on.writes()).toEqual(["ec2:ModifyLaunchTemplate"]);
      expect(off(await on.status())).toEqual([]);
    },
    60_000,
  );
});

test("nothing that AWS changes by itself is drift: right after `up`, a day later, and after another `up`", async () => {
  const on = await stageOn(up.config, up.clock, up.sandbox, memoryText(up.text.text));
  expect(off(await on.status())).toEqual([]);
  await on.clock.sleep(24 * 3600_000);
  expect(off(await on.status())).toEqual([]);
});
