import { CreateSnapshotCommand } from "@aws-sdk/client-ec2";
import { CreateDBSnapshotCommand, DeleteDBInstanceCommand } from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { destroy, retainedIn, secondsToDestroy } from "../../src/engine/destroy.ts";
import { residualCosts } from "../../src/residuals/residual-costs.ts";
import { markAsBackup, markDatabaseSnapshot } from "../../src/sandbox/outside.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { START } from "../lifecycle/stage.ts";
import { stranger } from "../stranger.ts";
import { amiss, fresh, type Process, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({}, "up");
const CLI = "aws --endpoint-url SANDBOX";

async function standing(around?: Parameters<typeof start>[2]): Promise<Process> {
  const { config } = await rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined }, around);
  expect(amiss((await on.up()).settled)).toEqual([]);
  return on;
}
const zones = async (on: Process) =>
  ((await on.aws.route53.listHostedZonesByName({})).HostedZones ?? []).map(({ Id = "", Name }) => ({
    id: Id.replace("/hostedzone/", ""),
    name: Name ?? "",
  }));
const databaseSnapshots = async (on: Process) =>
  ((await on.aws.rds.describeDBSnapshots({ SnapshotType: "manual" })).DBSnapshots ?? []).map(
    ({ DBSnapshotIdentifier }) => DBSnapshotIdentifier as string,
  );

async function instanceCalled(on: Process, name: string) {
  const { Reservations = [] } = await on.aws.ec2.describeInstances({});
  return Reservations.flatMap(({ Instances = [] }) => Instances).find(({ Tags }) =>
    Tags?.some(({ Value }) => Value === name),
  );
}

/** Takes it down, and looks for what is left and what still costs, as the command does. */
async function down(on: Process) {
  const before = await on.stack.refresh({ orphans: "all", removing: true });
  const settled = await on.stack.down(before);
  const left = await on.left();
  const { found, unseen } = await residualCosts(on.aws, on.config.stack, before);
  return { before, settled, left, found, unseen };
}

test("after down nothing is left, and what still costs is listed, each with why and what removes it", async () => {
  const on = await standing();
  const [zone] = (await zones(on)).map(({ id }) => id);
  const began = on.clock.now();
  const { before, settled, left, found, unseen } = await down(on);
  expect(amiss(settled)).toEqual([]);
  expect({ left, unseen }).toEqual({ left: [], unseen: [] });
  const [snapshot] = await databaseSnapshots(on);
  expect(snapshot).toMatch(/^database1-final-\d+$/);
  expect(found).toEqual([
    {
      what: "DB snapshot",
      id: snapshot,
      why: "final snapshot of database1: its data, if you want it back",
      gib: 20,
      price: "rds:backup",
      commands: [`${CLI} rds delete-db-snapshot --db-snapshot-identifier ${snapshot} --region ap-northeast-2`],
    },
    {
      what: "AWS Backup recovery points",
      id: expect.stringContaining(":recovery-point:"),
      why: "copies of the files that down made, or a person, kept until somebody deletes them",
      gib: undefined,
      price: "efs:backup",
      commands: [
        expect.stringMatching(
          /^aws --endpoint-url SANDBOX backup delete-recovery-point --backup-vault-name buddyverse-buddyverse --recovery-point-arn arn:\S+ --region ap-northeast-2$/,
        ),
      ],
    },
    {
      what: "hosted zone",
      id: zone,
      why: expect.stringContaining("was there before the stack"),
      price: "route53:zone",
      commands: [`${CLI} route53 delete-hosted-zone --id ${zone}`],
    },
  ]);
  const took = (on.clock.now() - began) / 1000;
  const again = await down(on);
  // The vault that holds a copy stays, and so what is asked of a stack that is there.
  expect([again.found.map(({ id }) => id), again.left]).toEqual([found.map(({ id }) => id), []]);
  // How long it was said to take, for credentials that end.
  expect(secondsToDestroy(on.run, before)).toBeGreaterThan(took / 2);
  expect(secondsToDestroy(on.run, before)).toBeLessThan(took * 1.5);
});

test("copies of data that somebody or AWS Backup made, or that were kept, are not touched but listed", async () => {
  const on = await standing();
  const { rds, ec2 } = stranger(on.sandbox);
  await on.clock.sleep(900_000);
  // A snapshot of the database takes over its tags; one of another stack has that one's.
  const snapshot = (DBSnapshotIdentifier: string, Tags?: { Key: string; Value: string }[]) =>
    rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier, Tags }));
  await snapshot("before-release");
  await on.clock.sleep(300_000);
  await snapshot("awsbackup-job-1");
  await on.clock.sleep(300_000);
  markDatabaseSnapshot(simAt(on.sandbox.world, on.clock.now()), "awsbackup-job-1");
  await snapshot("theirs", [{ Key: "buddyverse:stack", Value: "another" }]);
  // Of a volume, by hand: the console offers to copy the tags. And AWS Backup's, which has them and its own.
  const bastion = await instanceCalled(on, "Bastion1");
  const copy = async (Description: string) => {
    const { SnapshotId } = await ec2.send(
      new CreateSnapshotCommand({
        VolumeId: bastion?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId,
        Description,
        TagSpecifications: [{ ResourceType: "snapshot", Tags: bastion?.Tags }],
      }),
    );
    return SnapshotId as string;
  };
  const byHand = await copy("before the upgrade");
  const backup = await copy("Created by CreateImage(i-0123) for ami-0123");
  // Nobody but AWS sets tags of its own.
  markAsBackup(simAt(on.sandbox.world, on.clock.now()), backup);
  await on.clock.sleep(900_000);
  // The replica and the database are deleted in the console, with the box "retain automated backups".
  await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "database1-replica", SkipFinalSnapshot: true }));
  await on.clock.sleep(900_000);
  await rds.send(
    new DeleteDBInstanceCommand({
      DBInstanceIdentifier: "database1",
      SkipFinalSnapshot: true,
      DeleteAutomatedBackups: false,
    }),
  );
  await on.clock.sleep(900_000);
  const { settled, left, found } = await down(on);
  expect(amiss(settled)).toEqual([]);
  expect(left).toEqual([]);
  expect(
    found
      .filter(({ price }) => price === "rds:backup" || price === "ebs:snapshot")
      .map(({ what, id, why, commands }) => [what, id, why, commands[0]]),
  ).toEqual([
    [
      "EBS snapshot",
      byHand,
      "made of a volume by hand, or by something else than buddyverse",
      `${CLI} ec2 delete-snapshot --snapshot-id ${byHand} --region ap-northeast-2`,
    ],
    [
      "EBS snapshot",
      backup,
      expect.stringContaining("AWS Backup"),
      expect.stringMatching(
        /backup delete-recovery-point .* --recovery-point-arn arn:aws:ec2:ap-northeast-2::snapshot\/snap-/,
      ),
    ],
    [
      "DB snapshot",
      "before-release",
      "made of database1 by hand, or by something else than buddyverse",
      `${CLI} rds delete-db-snapshot --db-snapshot-identifier before-release --region ap-northeast-2`,
    ],
    [
      "DB snapshot",
      "awsbackup-job-1",
      "made of database1 by AWS Backup",
      expect.stringMatching(/backup delete-recovery-point .* --recovery-point-arn arn:aws:rds:\S+:awsbackup-job-1 /),
    ],
    [
      "automated backups",
      expect.stringMatching(/^db-/),
      "database1 was deleted in a way that keeps them; the last goes after 1 days",
      expect.stringMatching(
        /^aws --endpoint-url SANDBOX rds delete-db-instance-automated-backup --dbi-resource-id db-\w+ --region ap-northeast-2$/,
      ),
    ],
  ]);
  expect(await databaseSnapshots(on)).toContain("before-release");
  const { Snapshots } = await on.aws.ec2.describeSnapshots({ OwnerIds: ["self"] });
  expect(Snapshots).toHaveLength(2);
  expect(found.map(({ id }) => id)).not.toContain("theirs");
});

test("the last look goes over every service by tag: what nobody knows of, in no state and no config, is found", async () => {
  const on = await standing();
  const { stack } = on.config;
  const before = await on.refresh();
  const Tags = [
    { Key: "buddyverse:stack", Value: stack },
    { Key: "buddyverse:key", Value: "forgotten" },
  ];
  // As an image that was deregistered leaves it.
  const { SnapshotId } = await stranger(on.sandbox).ec2.send(
    new CreateSnapshotCommand({
      VolumeId: (await instanceCalled(on, "Bastion1"))?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId,
      Description: "Created by CreateImage(i-0123) for ami-0123",
      TagSpecifications: [{ ResourceType: "snapshot", Tags }],
    }),
  );
  expect(amiss(await destroy(on.run, before))).toEqual([]);
  const tagged = (ResourceType: "elastic-ip" | "vpc" | "security-group" | "key-pair" | "internet-gateway") => ({
    TagSpecifications: [{ ResourceType, Tags }],
  });
  const { Vpc } = await on.aws.ec2.createVpc({ CidrBlock: "10.9.0.0/16", ...tagged("vpc") });
  const { AllocationId } = await on.aws.ec2.allocateAddress({ Domain: "vpc", ...tagged("elastic-ip") });
  const { InternetGateway } = await on.aws.ec2.createInternetGateway(tagged("internet-gateway"));
  const { FileSystemId } = await on.aws.efs.createFileSystem({ CreationToken: "forgotten", Encrypted: true, Tags });
  const parameter = `/buddyverse/${stack}/forgotten`;
  await on.aws.ssm.putParameter({ Name: parameter, Type: "SecureString", Value: "secret", Tags });
  await on.clock.sleep(5_000);
  const left = await on.left();
  expect(left.map(({ object, id }) => `${object} ${id}`).sort()).toEqual(
    [
      `ec2:vpc ${Vpc?.VpcId}`,
      `ec2:address ${AllocationId}`,
      `ec2:internet-gateway ${InternetGateway?.InternetGatewayId}`,
      `efs:file-system ${FileSystemId}`,
      `ssm:generated-secret ${parameter}`,
      `ec2:snapshot ${SnapshotId}`,
    ].sort(),
  );
  // And `down`, run again as it is told to, removes them all, but for what holds data: nobody claims that.
  const again = await down(on);
  expect(retainedIn(again.before.entries).map(({ entry }) => entry.look.live?.id)).toEqual([FileSystemId]);
  expect(amiss(again.settled.filter(({ id }) => id !== FileSystemId))).toEqual([]);
  expect(again.left.map(({ id }) => id)).toEqual([FileSystemId]);
});

test("what is found by its name alone, and an older config named, is listed: a zone, an alarm", async () => {
  const older = await start(parseConfig({ domain: { name: "made.example.com", zone: "create" } }, "test.config.json"), {
    world: fresh((await rehearsal).config),
    time: START,
    state: undefined,
  });
  await older.up();
  // The state is lost, the config has changed: with no domain and no replica.
  const on = await start(parseConfig({ domain: null, database: { replica: false } }, "test.config.json"), {
    world: JSON.stringify(older.sandbox.world),
    time: older.clock.now() + 60_000,
    state: undefined,
  });
  // Nobody claims the replica: it is asked for by its name.
  on.run.remove.add("database1-replica");
  const { left, found, unseen } = await down(on);
  expect(unseen).toEqual([]);
  expect(left).toEqual([]);
  const zone = (await zones(on)).find(({ name }) => name.startsWith("made."))?.id;
  const alarm = expect.stringMatching(/^arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:Buddy-/);
  const forgotten = found.filter(({ why }) => why.includes("older config"));
  expect(forgotten.map(({ what, id }) => [what, id])).toEqual(
    expect.arrayContaining([
      ["hosted zone", zone],
      ["alarm", alarm],
    ]),
  );
  expect(forgotten.flatMap(({ commands }) => commands)).toEqual(
    expect.arrayContaining([
      `${CLI} route53 delete-hosted-zone --id ${zone}`,
      expect.stringMatching(
        /^aws --endpoint-url SANDBOX cloudwatch delete-alarms --alarm-names Buddy-\S+ --region ap-northeast-2$/,
      ),
    ]),
  );
});

test("what cannot be looked at is said, and hides nothing else", async () => {
  const on = await standing({
    around: (answer) => async (service, operation, input) => {
      if (operation === "DescribeDBInstanceAutomatedBackups")
        throw awsError(
          "AccessDenied",
          "User: me is not authorized to perform: rds:DescribeDBInstanceAutomatedBackups",
          {
            status: 403,
          },
        );
      return answer(service, operation, input);
    },
  });
  const { found, unseen, left } = await down(on);
  expect(left).toEqual([]);
  expect(found.map(({ what }) => what)).toContain("DB snapshot");
  expect(unseen).toEqual([
    "retained automated backups: AccessDenied: User: me is not authorized to perform: rds:DescribeDBInstanceAutomatedBackups",
  ]);
});
