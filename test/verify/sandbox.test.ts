import type { DescribeAutoScalingGroupsCommandOutput } from "@aws-sdk/client-auto-scaling";
import {
  type DescribeVolumesCommandOutput,
  ModifyInstanceMetadataOptionsCommand,
  type RequestLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import { beforeAll, describe, expect, test } from "vitest";
import { BuddyError } from "../../src/lib/errors.ts";
import { newKeyPair } from "../../src/lib/key-pair.ts";
import { fail, parseFailure } from "../../src/sandbox/failures.ts";
import { confirmSubscription } from "../../src/sandbox/outside.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { type CheckResult, type CheckTools, exitCode } from "../../src/verify/check.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import type { Stage } from "../lifecycle/stage.ts";
import { contents } from "../sandbox/contents.ts";
import { stranger } from "../stranger.ts";
import { standing, type Template, verifyOn } from "./rehearse.ts";

const off = (findings: readonly CheckResult[]) =>
  findings.filter(({ result }) => result !== "passed").map(({ id, result }) => `${id} ${result}`);
const said = (findings: readonly CheckResult[], id: string) => findings.find((one) => one.id === id)?.evidence;

/** The files that the stack's instances share. */
const files = (on: Stage) => contents(on.sandbox.world)["guests.files"] ?? [];
/** The id of an object of the stack. */
function recorded(on: Stage, key: string): string {
  const id = on.store.get(key)?.id;
  if (!id) throw new Error(`${key} is not recorded`);
  return id;
}
/** The web instances. */
async function serving(on: Stage): Promise<string[]> {
  const { TargetHealthDescriptions = [] } = await on.aws.elb.describeTargetHealth({
    TargetGroupArn: recorded(on, "target-group"),
  });
  return TargetHealthDescriptions.map(({ Target }) => Target?.Id ?? "");
}
async function health(on: Stage, id: string): Promise<string | undefined> {
  const { TargetHealthDescriptions = [] } = await on.aws.elb.describeTargetHealth({
    TargetGroupArn: recorded(on, "target-group"),
  });
  return TargetHealthDescriptions.find(({ Target }) => Target?.Id === id)?.TargetHealth?.State;
}
const shell = (on: Stage, id: string, command: string) =>
  on.aws.ssm.sendCommand({
    DocumentName: "AWS-RunShellScript",
    InstanceIds: [id],
    Parameters: { commands: [command] },
  });

let plain: Template;
beforeAll(async () => {
  plain = await standing();
});

describe.each<[string, object]>([
  ["defaults", {}],
  ["NAT gateways", { nat: { mode: "gateway" } }],
  [
    "no domain, no replica, no stickiness",
    { domain: null, database: { replica: false }, web: { stickinessSeconds: 0 } },
  ],
])("%s", (_name, config) => {
  test("right after up every check passes; nothing is left behind, and the stack is in sync", async () => {
    const on = await (await standing(config, 0)).copy();
    const before = files(on);
    const findings = await verifyOn(on);
    expect(findings.filter(({ result }) => result !== "passed")).toEqual([]);
    expect(exitCode(findings)).toBe(0);
    expect(files(on)).toEqual(before);
    expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
    expect(new Set(on.writes())).toEqual(new Set(["ssm:SendCommand"]));
  });
});

describe.each<[string, (on: Stage) => Promise<unknown> | unknown, RegExp]>([
  [
    "group-size",
    (on) => on.aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: "Buddy-AutoScaling-Group", MaxSize: 3 }),
    /max 3/,
  ],
  [
    "scaling-policy",
    (on) =>
      on.aws.autoScaling.putScalingPolicy({
        AutoScalingGroupName: "Buddy-AutoScaling-Group",
        PolicyName: "cpu-target",
        PolicyType: "TargetTrackingScaling",
        TargetTrackingConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
          TargetValue: 80,
        },
      }),
    /80 %/,
  ],
  [
    "health-check",
    (on) =>
      on.aws.autoScaling.updateAutoScalingGroup({
        AutoScalingGroupName: "Buddy-AutoScaling-Group",
        HealthCheckType: "EC2",
      }),
    /EC2 health check/,
  ],
  [
    "zone-loss",
    async (on) =>
      on.aws.autoScaling.updateAutoScalingGroup({
        AutoScalingGroupName: "Buddy-AutoScaling-Group",
        VPCZoneIdentifier: recorded(on, "subnet-web-1"),
      }),
    /launch nowhere else/,
  ],
  [
    "sticky",
    async (on) =>
      on.aws.elb.modifyTargetGroupAttributes({
        TargetGroupArn: recorded(on, "target-group"),
        Attributes: [{ Key: "stickiness.enabled", Value: "false" }],
      }),
    /no AWSALB cookie/,
  ],
  [
    "dashboard-data",
    (on) =>
      on.aws.cloudWatch.putDashboard({
        DashboardName: "CPU-Per-Second",
        DashboardBody: JSON.stringify({
          widgets: [
            {
              type: "metric",
              x: 0,
              y: 0,
              width: 6,
              height: 6,
              properties: {
                title: "Nobody",
                region: "ap-northeast-2",
                view: "timeSeries",
                stat: "Average",
                period: 300,
                metrics: [["AWS/EC2", "CPUUtilization", "InstanceId", "i-00000000000000000"]],
              },
            },
          ],
        }),
      }),
    /empty: "Nobody"/,
  ],
  ["alarms", (on) => on.aws.cloudWatch.deleteAlarms({ AlarmNames: ["Buddy-ALB-5xx"] }), /missing: Buddy-ALB-5xx/],
  [
    "redirect",
    async (on) =>
      on.aws.elb.modifyListener({
        ListenerArn: recorded(on, "listener"),
        DefaultActions: [{ Type: "forward", TargetGroupArn: recorded(on, "target-group") }],
      }),
    /no redirect/,
  ],
  [
    "tls-versions",
    async (on) =>
      on.aws.elb.modifyListener({
        ListenerArn: recorded(on, "listener-https"),
        SslPolicy: "ELBSecurityPolicy-2016-08",
      }),
    /should be refused/,
  ],
  [
    "reach-closed",
    async (on) =>
      on.aws.ec2.authorizeSecurityGroupIngress({
        GroupId: recorded(on, "group-bastion"),
        IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
      }),
    /Bastion1 .* at tcp 22 from 0\.0\.0\.0\/0/,
  ],
  [
    "reach-needed",
    async (on) =>
      on.aws.ec2.revokeSecurityGroupIngress({
        GroupId: recorded(on, "group-web"),
        IpPermissions: [
          {
            IpProtocol: "tcp",
            FromPort: 22,
            ToPort: 22,
            UserIdGroupPairs: [{ GroupId: recorded(on, "group-bastion") }],
          },
        ],
      }),
    /do not let Bastion1/,
  ],
  [
    "imdsv2",
    (on) =>
      stranger(on.sandbox).ec2.send(
        new ModifyInstanceMetadataOptionsCommand({ InstanceId: recorded(on, "bastion-1"), HttpTokens: "optional" }),
      ),
    /IMDSv1 too: .*Bastion/,
  ],
  [
    "ssh-key",
    async ({ aws: { ec2 }, clock, store }) => {
      // A pair of the same name with another key: EC2 leaves the instances as they are.
      const { KeyPairs = [] } = await ec2.describeKeyPairs({});
      await ec2.deleteKeyPair({ KeyName: "Buddy-Project" });
      const made = await ec2.importKeyPair({
        KeyName: "Buddy-Project",
        PublicKeyMaterial: new TextEncoder().encode(newKeyPair("another").publicKey),
        TagSpecifications: [{ ResourceType: "key-pair", Tags: KeyPairs[0]?.Tags }],
      });
      store.drop("key-pair");
      await clock.sleep(10_000);
      expect(made.KeyName).toBe("Buddy-Project");
    },
    /Bastion1 \S+ has the key that Buddy-Project had before/,
  ],
  [
    "database-private",
    (on) =>
      on.aws.rds.modifyDBInstance({
        DBInstanceIdentifier: "database1",
        PubliclyAccessible: true,
        ApplyImmediately: true,
      }),
    /database1 is publicly accessible/,
  ],
  [
    "targets-healthy",
    async (on) => {
      const [id = ""] = await serving(on);
      // Else the group would replace it, sooner or later, while the other checks ask it.
      await on.aws.autoScaling.updateAutoScalingGroup({
        AutoScalingGroupName: "Buddy-AutoScaling-Group",
        HealthCheckGracePeriod: 24 * 3_600,
      });
      await shell(on, id, scriptFor("apache-stop", "a"));
      // Three checks of 15 s.
      while ((await health(on, id)) === "healthy") await on.clock.sleep(1_000);
    },
    /i-\w+ is unhealthy/,
  ],
  [
    "replica-reads",
    (on) => fail(simAt(on.sandbox.world, on.clock.now()), parseFailure("replication", "database1-replica")),
    /the row was not on the replica within 60 s/,
  ],
  [
    "shared-files",
    async (on) => {
      const [, second] = await serving(on);
      const { FileSystemId = "" } = await on.aws.efs.createFileSystem({ CreationToken: "other" });
      await on.clock.sleep(30_000);
      for (const key of ["subnet-web-1", "subnet-web-2"])
        await on.aws.efs.createMountTarget({
          FileSystemId,
          SubnetId: recorded(on, key),
          SecurityGroups: [recorded(on, "group-efs")],
        });
      await on.clock.sleep(120_000);
      // Somebody's version of the launch template mounts it; one instance is replaced.
      const LaunchTemplateId = recorded(on, "launch-template");
      const { LaunchTemplateVersions } = await on.aws.ec2.describeLaunchTemplateVersions({
        LaunchTemplateId,
        Versions: ["$Default"],
      });
      const data = LaunchTemplateVersions?.[0]?.LaunchTemplateData as RequestLaunchTemplateData;
      const script = Buffer.from(data.UserData ?? "", "base64").toString();
      const UserData = Buffer.from(script.replace(recorded(on, "file-system"), FileSystemId)).toString("base64");
      await on.aws.ec2.createLaunchTemplateVersion({ LaunchTemplateId, LaunchTemplateData: { ...data, UserData } });
      await on.clock.sleep(5_000);
      await on.aws.autoScaling.updateAutoScalingGroup({
        AutoScalingGroupName: "Buddy-AutoScaling-Group",
        LaunchTemplate: { LaunchTemplateId, Version: "2" },
      });
      await on.aws.ec2.terminateInstances({ InstanceIds: [second as string] });
      await on.clock.sleep(900_000);
    },
    /file-read on i-\w+/,
  ],
  [
    "certificate",
    async (on) => {
      const { CertificateArn } = await on.aws.acm.requestCertificate({
        DomainName: "buddyverse.link",
        ValidationMethod: "DNS",
      });
      // The record that validates the name is there already: it is the same for every certificate of an account.
      await on.clock.sleep(900_000);
      await on.aws.elb.modifyListener({
        ListenerArn: recorded(on, "listener-https"),
        Certificates: [{ CertificateArn }],
      });
    },
    /www\.buddyverse\.link: .*ALTNAME/,
  ],
])("%s", (id, broken, why) => {
  test("broken on the sandbox: exactly that check fails", async () => {
    const on = await plain.copy();
    await broken(on);
    // Reads lag behind writes.
    await on.clock.sleep(3_000);
    const findings = await verifyOn(on);
    expect(findings.filter(({ result }) => result !== "passed")).toMatchObject([
      { id, result: "failed", evidence: expect.stringMatching(why) },
    ]);
  });
});

/** What no change of the sandbox's world can break alone: the visitor, or what an instance answers, is another one. */
describe.each<[string, (tools: CheckTools) => Partial<CheckTools>, RegExp]>([
  [
    "spread",
    ({ site }) => {
      let cookie: Promise<string> | undefined;
      return {
        site: {
          ...site,
          async get(url, asking = {}) {
            if (!url.startsWith("https:")) return site.get(url, asking);
            cookie ??= site.get(url, asking).then(({ cookies }) => cookies.join("; "));
            return site.get(url, { ...asking, headers: { cookie: await cookie, ...asking.headers } });
          },
        },
      };
    },
    / 0 to i-|and 0 to i-/,
  ],
  [
    "outbound-address",
    ({ machines }) => ({
      machines: {
        async run(ids, script) {
          const said = await machines.run(ids, script);
          return script.includes(": outbound-address ") ? new Map(ids.map((id) => [id, "192.0.2.1\n"])) : said;
        },
      },
    }),
    /is seen as 192\.0\.2\.1, not as/,
  ],
])("%s", (id, change, why) => {
  test("exactly that check fails", async () => {
    const findings = await verifyOn(await plain.copy(), change);
    expect(findings.filter(({ result }) => result !== "passed")).toMatchObject([
      { id, result: "failed", evidence: expect.stringMatching(why) },
    ]);
  });
});

/** An AWS whose answers to one operation say something else. */
const saying =
  (operation: string, change: (answer: never) => void) =>
  (sandbox: Sandbox): Sandbox => ({
    ...sandbox,
    async answer(service, asked, input) {
      const answer = await sandbox.answer(service, asked, input);
      if (asked === operation) change(answer as never);
      return answer;
    },
  });

test("zones-in-service: an instance in the wrong one of three zones", async () => {
  const zones = ["a", "b", "c"].map((zone) => `ap-northeast-2${zone}`);
  const ranges = (tier: number) => [10, 20, 30].map((zone) => `172.31.${zone + tier}.0/24`);
  const three = await standing({
    zones,
    network: { public: ranges(0), web: ranges(1), db: ranges(2) },
    web: { min: 3, desired: 3, max: 4 },
  });
  expect(off(await verifyOn(await three.copy()))).toEqual([]);
  // By itself Auto Scaling evens them out again.
  const uneven = saying(
    "DescribeAutoScalingGroups",
    ({ AutoScalingGroups }: DescribeAutoScalingGroupsCommandOutput) => {
      for (const one of AutoScalingGroups?.[0]?.Instances ?? [])
        if (one.AvailabilityZone === zones[2]) one.AvailabilityZone = zones[0];
    },
  );
  expect(off(await verifyOn(await three.copy(uneven)))).toEqual(["zones-in-service failed"]);
});

test("encrypted: a volume that is not, as none of the stack can become", async () => {
  const plainVolume = saying("DescribeVolumes", ({ Volumes }: DescribeVolumesCommandOutput) => {
    for (const one of Volumes?.slice(0, 1) ?? []) one.Encrypted = false;
  });
  const findings = await verifyOn(await plain.copy(plainVolume));
  expect(off(findings)).toEqual(["encrypted failed"]);
  expect(said(findings, "encrypted")).toMatch(/not encrypted: volume vol-/);
});

test("subscription: until the person has followed the link", async () => {
  const on = await (await standing({ monitoring: { email: "ops@example.com" } })).copy();
  expect(off(await verifyOn(on))).toEqual(["subscription failed"]);
  confirmSubscription(simAt(on.sandbox.world, on.clock.now()), "ops@example.com");
  expect(off(await verifyOn(on))).toEqual([]);
});

/** An AWS that denies these operations. */
const denying =
  (...denied: readonly string[]) =>
  (sandbox: Sandbox): Sandbox => ({
    ...sandbox,
    async answer(service, operation, input) {
      if (!denied.includes(operation)) return sandbox.answer(service, operation, input);
      const code = service === "ec2" ? "UnauthorizedOperation" : "AccessDeniedException";
      throw awsError(code, `not authorized to perform: ${service}:${operation}`, { status: 403 });
    },
  });

test.each<[string, readonly string[]]>([
  ["DescribeVolumes", ["encrypted"]],
  ["GetMetricData", ["dashboard-data"]],
  ["SendCommand", ["spread", "sticky", "replica-reads", "shared-files", "outbound-address"]],
  [
    "DescribeNetworkInterfaces",
    ["reach-closed", "reach-needed", "outbound-address", "database-private", "zone-loss", "encrypted"],
  ],
])("%s denied: only checks that need it are unknown, each says why, exit 3", async (operation, ids) => {
  const findings = await verifyOn(await plain.copy(denying(operation)));
  expect(off(findings)).toEqual(expect.arrayContaining(ids.map((id) => `${id} unknown`)));
  for (const { result, evidence } of findings)
    if (result !== "passed")
      expect({ result, evidence }).toEqual({
        result: "unknown",
        evidence: expect.stringMatching(new RegExp(`not authorized to perform: \\w+:${operation}`)),
      });
  expect(exitCode(findings)).toBe(3);
});

test("a stack that is half gone: what is missing is said, and nothing hangs", async () => {
  const on = await plain.copy();
  await on.down();
  const findings = await verifyOn(on);
  expect(findings.every(({ result }) => result === "failed")).toBe(true);
  expect(said(findings, "group-size")).toContain("is not there");
});

test("Ctrl-C while the file for a check is there: it is removed first", async () => {
  const on = await plain.copy();
  const before = files(on);
  const interrupt = new AbortController();
  const stop = new BuddyError({ code: "interrupted", message: "interrupted" });
  let written: string[] = [];
  const run = verifyOn(on, ({ machines }) => ({
    signal: interrupt.signal,
    machines: {
      async run(ids, script) {
        const output = await machines.run(ids, script);
        if (script.includes("file-write")) {
          written = files(on);
          interrupt.abort(stop);
        }
        return output;
      },
    },
  }));
  await expect(run).rejects.toBe(stop);
  expect(written.length).toBe(before.length + 1);
  expect(files(on)).toEqual(before);
});
