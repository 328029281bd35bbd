import { rmSync } from "node:fs";
import { join } from "node:path";
import { SetInstanceProtectionCommand } from "@aws-sdk/client-auto-scaling";
import { EnableImageDeregistrationProtectionCommand } from "@aws-sdk/client-ec2";
import {
  DeregisterTargetsCommand,
  ModifyLoadBalancerAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { StopDBInstanceCommand } from "@aws-sdk/client-rds";
import { describe, expect, onTestFinished, test } from "vitest";
import { enabledRegions } from "../../src/aws/ec2/read-regions.ts";
import { taggedStacks } from "../../src/aws/ec2/read-stacks.ts";
import { linesByTime } from "../../src/aws/logs/read-lines.ts";
import { runLock } from "../../src/aws/logs/run-lock.ts";
import { type DatabaseLive, database } from "../../src/aws/rds/database.ts";
import { cancelCommand } from "../../src/aws/ssm/run-command.ts";
import { atWork } from "../../src/cli/at-work.ts";
import { pricesToAsk } from "../../src/cli/commands/cost.ts";
import { findStates } from "../../src/cli/found-states.ts";
import { pathsOf } from "../../src/cli/paths.ts";
import { configuredPlace, openSharedAt, type SharedPlace } from "../../src/cli/state-place.ts";
import { askPrices } from "../../src/cost/live.ts";
import { preflight } from "../../src/doctor/preflight.ts";
import { MORE } from "../../src/policy/actions.ts";
import type { PolicyDocument } from "../../src/policy/policy.ts";
import { type History, historyOf } from "../../src/releases/history.ts";
import { rollBack, rollbackOf } from "../../src/releases/roll-back.ts";
import { lookAround } from "../../src/residuals/extras.ts";
import { findForeignResources } from "../../src/residuals/foreign.ts";
import { residualCosts } from "../../src/residuals/residual-costs.ts";
import { fail, parseFailure } from "../../src/sandbox/failures.ts";
import { confirmSubscription, delegateAll, writeFile } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { ourselves } from "../../src/state/holder.ts";
import { takeStackLock } from "../../src/state/stack-lock.ts";
import { openStore } from "../../src/state/store.ts";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { drills } from "../../src/verify/drills/drills.ts";
import { DRILLS } from "../../src/verify/drills/result.ts";
import { runOnce } from "../../src/verify/machines.ts";
import { appCommandScript } from "../../src/verify/scripts.ts";
import { machinesOf } from "../../steps/access.ts";
import type { stepsFor } from "../../steps/index.ts";
import { logGroupName } from "../../steps/logs.ts";
import { routesStep } from "../../steps/routes.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { makeFolder } from "../cli/folder.ts";
import { dataSteps } from "../lifecycle/data.ts";
import { rotate } from "../lifecycle/rotation.ts";
import type { Stage } from "../lifecycle/stage.ts";
import { databases, failover, restoreDatabase } from "../recovery/commands.ts";
import { LATEST, restoreFiles } from "../recovery/files.ts";
import { done } from "../verify/drills/rehearse.ts";
import { verifyOn } from "../verify/rehearse.ts";
import { type Account, account, bad, examined, grantsOf, policyOf, upAndDown, without } from "./lives.ts";

/** A site that always answers: no permission depends on it. */
const quickSite = () => ({ visit: async () => ({ status: 200 }) });

const ANYWHERE = [{ CidrIp: "0.0.0.0/0" }];

/** What `buddyverse run` does, and Ctrl-C then. */
async function interruptedRun({ config, aws, stack, clock }: Stage) {
  const { web } = await machinesOf(config, aws, stack.find);
  const interrupt = new AbortController();
  const commands = { ...commandsOf(aws), cancel: (command: string, id: string) => cancelCommand(aws, command, id) };
  const run = { instanceId: web[0]?.id ?? "", script: appCommandScript(["sleep", "600"], "abc"), seconds: 900 };
  const under = runOnce(commands, clock, run, interrupt.signal);
  await Promise.all([under, clock.sleep(20_000).then(() => interrupt.abort())]);
  return under;
}

/** Somebody else changes all that they can, in ways that `up` puts right. */
async function meddle(who: Account, on: Stage): Promise<() => Promise<void>> {
  const { ec2, efs, elb, rds, iam, autoScaling } = await who.others();
  const id = (key: string) => on.store.get(key)?.id as string;
  const keys = [...on.graph.nodes.keys()];
  const arn = (type: string) => id(keys.find((key) => on.graph.nodes.get(key)?.type.name === type) as string);
  const { Subnet } = await ec2.createSubnet({
    VpcId: id("vpc"),
    CidrBlock: "172.31.200.0/24",
    AvailabilityZone: "ap-northeast-2a",
  });
  const { RouteTable } = await ec2.createRouteTable({ VpcId: id("vpc") });
  await who.clock.sleep(10_000);

  // Their table for our subnet, and our table for theirs.
  const { RouteTables = [] } = await ec2.describeRouteTables({
    Filters: [{ Name: "association.subnet-id", Values: [id("subnet-db-1")] }],
  });
  const moved = RouteTables[0]?.Associations?.find(({ SubnetId }) => SubnetId === id("subnet-db-1"));
  await ec2.replaceRouteTableAssociation({
    AssociationId: moved?.RouteTableAssociationId as string,
    RouteTableId: RouteTable?.RouteTableId as string,
  });
  await ec2.associateRouteTable({ RouteTableId: id("routes-db"), SubnetId: Subnet?.SubnetId as string });
  await ec2.replaceRoute({
    RouteTableId: id("routes-private-1"),
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: id("gateway"),
  });
  await ec2.createRoute({
    RouteTableId: id("routes-db"),
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: id("gateway"),
  });

  const http = { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: ANYWHERE };
  await ec2.updateSecurityGroupRuleDescriptionsIngress({ GroupId: id("group-load-balancer"), IpPermissions: [http] });
  await ec2.authorizeSecurityGroupIngress({
    GroupId: id("group-web"),
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: ANYWHERE }],
  });
  await ec2.revokeSecurityGroupEgress({
    GroupId: id("group-web"),
    IpPermissions: [{ IpProtocol: "-1", IpRanges: ANYWHERE }],
  });
  await ec2.updateSecurityGroupRuleDescriptionsEgress({
    GroupId: id("group-nat"),
    IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "theirs" }] }],
  });
  await ec2.modifyInstanceAttribute({ InstanceId: id("nat-instance-1"), SourceDestCheck: { Value: true } });

  const { MountTargets = [] } = await efs.describeMountTargets({ FileSystemId: id("file-system") });
  await efs.modifyMountTargetSecurityGroups({
    MountTargetId: MountTargets[0]?.MountTargetId as string,
    SecurityGroups: [id("group-web")],
  });
  await efs.updateFileSystem({ FileSystemId: id("file-system"), ThroughputMode: "elastic" });

  const LoadBalancerArn = arn("elb:load-balancer");
  await elb.setSecurityGroups({ LoadBalancerArn, SecurityGroups: [id("group-web")] });
  await elb.setSubnets({ LoadBalancerArn, Subnets: [id("subnet-web-1"), id("subnet-web-2")] });
  await elb.modifyTargetGroup({ TargetGroupArn: arn("elb:target-group"), HealthCheckPath: "/theirs" });
  await autoScaling.detachLoadBalancerTargetGroups({
    AutoScalingGroupName: arn("auto-scaling:group"),
    TargetGroupARNs: [arn("elb:target-group")],
  });

  const RoleName = id("role-web");
  await iam.updateAssumeRolePolicy({
    RoleName,
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    }),
  });
  await who.sandbox.answer("iam", "AttachRolePolicy", {
    RoleName,
    PolicyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
  });

  await rds.modifyDBSubnetGroup({
    DBSubnetGroupName: id("db-subnet-group"),
    DBSubnetGroupDescription: "theirs",
    SubnetIds: [id("subnet-db-1"), id("subnet-db-2")],
  });
  await rds.modifyDBParameterGroup({
    DBParameterGroupName: id("db-parameter-group"),
    Parameters: [{ ParameterName: "character_set_server", ParameterValue: "latin1", ApplyMethod: "pending-reboot" }],
  });
  await who.clock.sleep(60_000);
  return async () => {
    await ec2.deleteSubnet({ SubnetId: Subnet?.SubnetId as string });
    await ec2.deleteRouteTable({ RouteTableId: RouteTable?.RouteTableId as string });
    await who.clock.sleep(10_000);
  };
}

/** A target group of somebody else's on our group, which is deleted then; and an instance of ours without visitors. */
async function attach(who: Account, on: Stage): Promise<void> {
  const { elb, autoScaling } = await who.others();
  const { TargetGroups } = await elb.createTargetGroup({
    Name: "theirs",
    VpcId: on.store.get("vpc")?.id as string,
    Protocol: "HTTP",
    Port: 80,
  });
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn as string;
  await who.clock.sleep(10_000);
  await autoScaling.attachLoadBalancerTargetGroups({
    AutoScalingGroupName: "Buddy-AutoScaling-Group",
    TargetGroupARNs: [TargetGroupArn],
  });
  await who.clock.sleep(10_000);
  await elb.deleteTargetGroup({ TargetGroupArn });
  const { AutoScalingGroups: [group] = [] } = await autoScaling.describeAutoScalingGroups({});
  await who.stranger().elb.send(
    new DeregisterTargetsCommand({
      TargetGroupArn: on.store.get("target-group")?.id,
      Targets: [{ Id: group?.Instances?.[0]?.InstanceId }],
    }),
  );
  await who.clock.sleep(10_000);
}

/** `up`, and nothing is left to do. */
async function healed(on: Stage): Promise<void> {
  expect(bad((await on.up()).settled)).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
}

const all = new Set<string>();
const needed = new Set<string>();
const proven = (who: Account) => {
  expect(who.denials()).toEqual([]);
  for (const one of who.needed()) needed.add(one);
};
async function printed(given: object) {
  const documents = await policyOf(given);
  for (const one of grantsOf(documents)) all.add(one);
  return documents;
}

/** What `down --unprotect` lifts, and what keeps instances when their group gets smaller. */
async function protect(who: Account, on: Stage): Promise<void> {
  const { autoScaling, ec2, elb, rds } = who.stranger();
  const { AutoScalingGroups: [group] = [] } = await on.aws.autoScaling.describeAutoScalingGroups({});
  const AutoScalingGroupName = group?.AutoScalingGroupName;
  const InstanceIds = group?.Instances?.map(({ InstanceId }) => InstanceId as string);
  await autoScaling.send(
    new SetInstanceProtectionCommand({ AutoScalingGroupName, InstanceIds, ProtectedFromScaleIn: true }),
  );
  const LoadBalancerArn = on.store.get("load-balancer")?.id;
  const Attributes = [{ Key: "deletion_protection.enabled", Value: "true" }];
  await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
  const ImageId = Object.values(on.store.resources).find(({ type }) => type === "ec2:image")?.id;
  await ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId }));
  await (await who.others()).logs.putLogGroupDeletionProtection({
    logGroupIdentifier: on.store.get("log-app")?.name as string,
    deletionProtectionEnabled: true,
  });
  await on.clock.sleep(3_600_000);
  await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "database1" }));
  await on.clock.sleep(600_000);
}

/** The fewest objects: what is tried is around them. */
const NETWORK_ONLY = { steps: ((config) => [vpcStep(config)]) as typeof stepsFor };

/** What a run sends for itself, as its session does: the lock, the state, the history; and what `stacks` looks at. */
async function around({ aws, config, clock }: Stage): Promise<void> {
  const folder = makeFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const place = configuredPlace(config) as SharedPlace;
  const paths = pathsOf({ color: false, config: join(folder, "x.config.json") });
  const lock = await takeStackLock(runLock(aws, config.stack), ourselves("up", "00000001", new Date(clock.now())), {
    clock,
    now: () => clock.now(),
    notice: () => {},
  });
  const { state, history } = await openSharedAt(aws, place, paths, { path: "none", read: () => undefined, write() {} });
  const store = openStore(state, { stack: config.stack, account: aws.account, region: aws.region }, () => "l", "r");
  store.put("vpc", { type: "ec2:vpc", name: "v", status: "creating", since: 0, token: "t", spec: {}, needs: [] });
  await store.secured();
  history.write(`${clock.now()}\n`);
  await history.sent();
  // The heart beats.
  await clock.sleep(120_000);
  await lock.held();
  await lock.release();
  const states = findStates({ color: false }, paths, config, aws);
  for (const region of await enabledRegions(aws)) {
    await taggedStacks(aws.elsewhere(region));
    const { reason } = await atWork(aws, "other", region);
    if (reason !== undefined) throw new Error(reason);
  }
  expect((await states.of(config.stack, aws.region)).known?.path).toBe(`s3://${place.bucket}/${place.key}`);
  const { reason } = await states.of("other", aws.region);
  if (!reason?.startsWith("its state is not beside the config here, nor at")) throw new Error(reason);
}

describe("under the printed policy, held to by AWS's own tables, nothing is denied", () => {
  test("up, doctor, cost --live, verify, rotate, run, logs, restore files, every drill", async () => {
    const documents = await printed({});
    const who = await account();
    const on = await who.under(documents);
    expect((await examined(on, documents)).filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    await preflight(on.aws, (await on.refresh()).entries.values());
    expect(bad((await on.up()).settled)).toEqual([]);
    await who.clock.sleep(900_000);
    await askPrices(on.aws, pricesToAsk(on.config), { zones: on.config.zones, now: who.clock.now() });
    expect((await verifyOn(on)).filter(({ result }) => result !== "passed")).toEqual([]);
    expect(await rotate(on)).toHaveLength(2);
    const log = { group: logGroupName(on.config, "app"), since: 0, absent: () => {} };
    for await (const { line } of linesByTime(on.aws, [log], on.clock.sleep)) expect(line.at).toBeGreaterThan(0);
    expect(await interruptedRun(on)).toEqual({ state: "lost", why: "Cancelled" });
    // Of EFS's own copy of the day.
    writeFile(simAt(who.sandbox.world, who.clock.now()), on.store.get("file-system")?.id as string, "/media/a", "a");
    await who.clock.sleep(24 * 3_600_000);
    expect(await restoreFiles(on, LATEST, { open: true })).toMatchObject({ aside: expect.any(String) });
    for (const drill of DRILLS.filter((name) => !drills[name].onlyByName)) {
      const { ending, problem } = await done(on, drill, { change: quickSite });
      expect([drill, ending, problem]).toEqual([drill, "passed", undefined]);
      await who.clock.sleep(900_000);
    }
    // Interrupted, a drill puts back itself what the group would have done.
    const interrupt = new AbortController();
    await done(on, "scale-out", {
      change: quickSite,
      interrupted: interrupt.signal,
      onEntry: ({ what }) => {
        if (/^desired capacity: 2 →/.test(what)) interrupt.abort();
      },
    });
    proven(who);
  });

  test("a failover, and the new replica", async () => {
    const documents = await printed({});
    const who = await account();
    const on = await who.under(documents);
    expect(bad((await on.up()).settled)).toEqual([]);
    await who.clock.sleep(900_000);
    const { after } = await failover(on);
    expect(await databases(after)).toEqual([
      "database1 a",
      "database1-replica c",
      "database1-replica-2 a ← database1-replica",
    ]);
    proven(who);
  });

  test("a database restored beside, which takes the other's place; and a stack made of its copies", async () => {
    const documents = await printed({});
    const who = await account();
    const on = await who.under(documents);
    expect(bad((await on.up()).settled)).toEqual([]);
    await who.clock.sleep(3_600_000);
    const after = await restoreDatabase(on, { kind: "time", at: undefined });
    expect((await databases(after)).filter((name) => name.includes("restored-latest"))).toHaveLength(2);
    await (await who.others()).rds.createDBSnapshot({
      DBInstanceIdentifier: "database1",
      DBSnapshotIdentifier: "mine",
    });
    await who.clock.sleep(3_600_000);
    await restoreDatabase(on, { kind: "snapshot", id: "mine" });
    proven(who);
    const other = await account();
    const first = await other.under(documents);
    await first.up();
    const left = (await first.down()).flatMap(({ leaves }) => leaves ?? []);
    const [snapshot, recoveryPoint] = ["-final-", ":recovery-point:"].map((part) =>
      left.find((id) => id.includes(part)),
    );
    await other.clock.sleep(3_600_000);
    expect(bad((await (await other.under(documents, { from: { snapshot, recoveryPoint } })).up()).settled)).toEqual([]);
    proven(other);
  });

  test("what others changed, a lost state, changes of the config, down", async () => {
    const given = { database: { deletionProtection: false } };
    const documents = await printed(given);
    const who = await account(given);
    const on = await who.under(documents);
    expect(bad((await on.up()).settled)).toEqual([]);
    expect((await lookAround(on.config.stack, on.stack)).extras).toEqual({ found: [], unseen: [] });
    const undo = await meddle(who, on);
    await healed(on);
    await undo();
    await attach(who, on);
    await healed(on);
    await healed(await who.under(documents, { lost: true }));
    fail(simAt(who.sandbox.world, who.clock.now()), parseFailure("database-class", "db.t3.small"));
    const small = { database: { ...given.database, instanceClass: "db.t3.small" } };
    const short = await who.under(documents, { now: small });
    expect(bad((await short.up()).settled).join("\n")).toMatch(/insufficient instance capacity/);
    const later = {
      ...given,
      web: { instanceType: "t3.small", max: 6 },
      cpuCredits: "standard",
      database: { ...given.database, storageGiB: 30, replica: false },
      efs: { transitionToIaDays: 60, backup: false },
      tags: { Team: "buddy" },
    };
    await healed(await who.under(documents, { now: later }));
    await healed(await who.under(documents, { now: { ...later, tags: {} } }));
    // What takes something away needs the old policy once more.
    const now = { ...later, nat: { mode: "gateway" } };
    const gateways = await who.under([...documents, ...(await printed(now))], { now });
    await healed(gateways);
    const inTheWay = await findForeignResources(
      gateways.aws,
      gateways.store.get("vpc")?.id as string,
      gateways.config.stack,
    );
    expect(inTheWay).toEqual({ found: [], unseen: [] });
    await protect(who, gateways);
    Object.assign(gateways.run, { unprotect: true });
    expect(bad(await gateways.down())).toEqual([]);
    expect(await gateways.left()).toEqual([]);
    await residualCosts(gateways.aws, gateways.config.stack, await gateways.refresh(true));
    proven(who);
  });

  test("NAT gateways, e-mail, a zone of its own, an application's folder, keys of its own", async () => {
    const given = {
      nat: { mode: "gateway" },
      monitoring: { email: "ops@example.com" },
      domain: { name: "new.example.com", zone: "create" },
      image: { app: { folder: "app" } },
      database: { kmsKey: "alias/data" },
      efs: { kmsKey: "arn:aws:kms:ap-northeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" },
    };
    const documents = await printed(given);
    const who = await account(given);
    const on = await who.under(documents);
    await on.up();
    delegateAll(simAt(who.sandbox.world, who.clock.now()));
    expect(bad((await on.up()).settled)).toEqual([]);
    await healed(await who.under(documents, { lost: true }));
    confirmSubscription(simAt(who.sandbox.world, who.clock.now()), given.monitoring.email);
    const changed = { ...given, monitoring: { email: "others@example.com" }, tags: { Team: "buddy" } };
    await (await who.others()).s3.putPublicAccessBlock({
      Bucket: on.store.get("app-bucket")?.id as string,
      PublicAccessBlockConfiguration: { BlockPublicAcls: false },
    });
    await healed(await who.under(documents, { now: changed }));
    const later = await who.under(documents, { now: { ...changed, tags: {} } });
    await healed(later);
    // Somebody keeps all versions.
    await who.sandbox.answer("s3", "PutBucketVersioning", {
      Bucket: on.store.get("app-bucket")?.id,
      VersioningConfiguration: { Status: "Enabled" },
    });
    Object.assign(later.run, { deleteKept: true });
    expect(bad(await later.down())).toEqual([]);
    expect(await later.left()).toEqual([]);
    // The vault goes once somebody has deleted the copies in it.
    const BackupVaultName = "buddyverse-buddyverse";
    const { backup } = await who.others();
    for (const { RecoveryPointArn } of (await backup.listRecoveryPointsByBackupVault({ BackupVaultName }))
      .RecoveryPoints ?? [])
      await who.sandbox.answer("backup", "DeleteRecoveryPoint", { BackupVaultName, RecoveryPointArn });
    await who.clock.sleep(60_000);
    expect(bad(await later.down())).toEqual([]);
    proven(who);
  });

  test("releases: one that fails, one that hangs and is ended for another, the images of before, a rollback", async () => {
    const app = (revision: string) => ({
      image: { app: { git: "https://example.com/site.git", revision }, keep: 1 },
    });
    const documents = await printed(app("v1"));
    const who = await account(app("v1"));
    const order = (kind: string, about: string) =>
      fail(simAt(who.sandbox.world, who.clock.now()), parseFailure(kind, about));
    expect(bad((await (await who.under(documents)).up()).settled)).toEqual([]);
    order("release", "2");
    const failing = await who.under(documents, { now: app("v2") });
    expect(bad((await failing.up()).settled).join("\n")).toMatch(/as it was before: release 2/);
    order("capacity", "t3.small");
    const hanging = { ...app("v2"), web: { instanceType: "t3.small" } };
    expect(bad((await (await who.under(documents, { now: hanging })).up()).settled).join("\n")).toMatch(/AWS goes on/);
    await healed(await who.under(documents, { now: app("v3") }));
    await healed(await who.under(documents, { now: { ...app("v3"), web: { volumeGiB: 10 } } }));
    const { stack } = await who.under(documents, { now: { ...app("v3"), web: { volumeGiB: 10 } } });
    const history = (await historyOf(stack)) as History;
    expect((await rollBack(stack, history, rollbackOf(history, undefined))).settled).toMatchObject({
      outcome: "updated",
    });
    await healed(await who.under(documents, { now: app("v3") }));
    proven(who);
  });

  test("a database that shows only while down is at work is copied by the call that deletes it", async () => {
    const given = { database: { replica: false } };
    const who = await account(given);
    const on = await who.under(await printed(given), { steps: dataSteps as typeof stepsFor });
    expect(bad((await on.up()).settled)).toEqual([]);
    await on.clock.sleep(3_600_000);
    const live = (await on.stack.find("database")) as DatabaseLive;
    await database.delete?.(on.aws, live, { discardData: false, label: "1" });
    proven(who);
  });

  test("a builder that fails is told with its console", async () => {
    const who = await account();
    const on = await who.under(await printed({}));
    const others = await who.others();
    const answer = who.sandbox.answer.bind(who.sandbox);
    Object.assign(who.sandbox, {
      async answer(service: string, operation: string, input: object) {
        const given = await answer(service, operation, input);
        if (operation === "RunInstances" && JSON.stringify(input).includes("image-marker"))
          await others.ec2.modifyInstanceAttribute({
            InstanceId: on.store.get("nat-instance-1")?.id as string,
            SourceDestCheck: { Value: true },
          });
        return given;
      },
    });
    expect(bad((await on.up()).settled).join("\n")).toMatch(/BUDDYVERSE-SETUP FAILED/);
    proven(who);
  });

  test("in an account that blocks public access to its VPCs the exclusions are read", async () => {
    const who = await account();
    await who.sandbox.answer("ec2", "ModifyVpcBlockPublicAccessOptions", {
      InternetGatewayBlockMode: "block-ingress",
    });
    const on = await who.under(await printed({}));
    const findings = await preflight(on.aws, (await on.refresh()).entries.values());
    expect(findings).toMatchObject([{ about: "VPC Block Public Access", verdict: "problem" }]);
    proven(who);
  });

  test("a run's lock, a state in S3 from its first word on, and the list of all stacks: each grant alone is missed", async () => {
    const given = { state: { bucket: "example-state" } };
    const documents = await printed(given);
    const who = await account(given);
    await around(await who.under(documents, NETWORK_ONLY));
    await around(await who.under(documents, NETWORK_ONLY));
    proven(who);
    const own = grantsOf(documents).filter((one) =>
      /^(State|OtherStates|StateBucket|LogGroups|AllRegions|Locks) /.test(one),
    );
    const missed = [...who.needed()].filter((one) => own.includes(one));
    expect(missed.length).toBeGreaterThan(10);
    for (const taken of missed) {
      const other = await account(given);
      const [, action = ""] = taken.split(" ");
      const said = around(await other.under(without(documents, taken), NETWORK_ONLY));
      await expect(said, taken).rejects.toThrow(/not authorized|does not let us into|could not be read/);
      expect(
        other.denials().map((denial) => denial.action),
        taken,
      ).toContain(action);
    }
  });

  test("a gateway that was attached to somebody else's VPC comes back", async () => {
    const who = await account();
    const steps: typeof import("../../steps/index.ts").stepsFor = (config) => {
      const vpc = vpcStep(config);
      const subnets = subnetsStep(config, vpc.resources);
      return [vpc, subnets, routesStep(config, vpc.resources, subnets.resources)];
    };
    const on = await who.under(await printed({}), { steps });
    expect(bad((await on.up()).settled)).toEqual([]);
    const { ec2 } = await who.others();
    const InternetGatewayId = on.store.get("gateway")?.id as string;
    const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16" });
    await ec2.detachInternetGateway({ InternetGatewayId, VpcId: on.store.get("vpc")?.id as string });
    await who.clock.sleep(10_000);
    await ec2.attachInternetGateway({ InternetGatewayId, VpcId: Vpc?.VpcId as string });
    await who.clock.sleep(10_000);
    await healed(on);
    proven(who);
  });
});

test("a stack that stands may empty its VPC's default group; without either grant it says what it leaves, and goes on", async () => {
  const emptying = (documents: readonly PolicyDocument[]) =>
    grantsOf(documents).filter((one) => one.startsWith("DefaultGroup "));
  const first = await policyOf({});
  expect(emptying(first)).toEqual([]);
  for (const taken of [
    undefined,
    "DefaultGroup ec2:RevokeSecurityGroupEgress",
    "DefaultGroup ec2:RevokeSecurityGroupIngress",
  ]) {
    const who = await account();
    const made = await who.under(first, NETWORK_ONLY);
    expect(bad((await made.up()).settled)).toEqual([]);
    const documents = await policyOf({}, MORE, made.store.resources);
    expect(emptying(documents)).toHaveLength(2);
    if (taken === undefined) for (const one of grantsOf(documents)) all.add(one);
    const on = await who.under(taken === undefined ? documents : without(documents, taken), NETWORK_ONLY);
    await healed(on);
    const { notes } = (await on.status()).find(({ key }) => key === "vpc") ?? {};
    expect(notes, taken).toHaveLength(taken === undefined ? 0 : 1);
    proven(who);
    const missed = who.keptGroups().map(({ action }) => action);
    if (taken !== undefined) expect(missed).toContain(taken.split(" ")[1]);
  }
});

test("every action of every statement is needed: without it one of these runs would have been denied something", () => {
  expect(all.size).toBeGreaterThan(200);
  expect([...all].filter((one) => !needed.has(one))).toEqual([]);
});

/** So many of a list, always the same ones for a seed. */
function sample<T>(list: readonly T[], count: number, seed: number): readonly T[] {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  return list
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ one }) => one);
}

test("without one of them, up or down fails, with AWS's word for it", async () => {
  const documents = await policyOf({});
  const whole = await account();
  await upAndDown(await whole.under(documents));
  for (const taken of sample([...whole.needed()], 12, 2026)) {
    const who = await account();
    const trouble = await upAndDown(await who.under(without(documents, taken)));
    const [, action = ""] = taken.split(" ");
    expect(
      who.denials().map((denial) => denial.action),
      taken,
    ).toContain(action);
    expect(trouble.join("\n"), taken).toContain(action);
  }
});
