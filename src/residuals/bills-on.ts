import type { Tag as RdsTag } from "@aws-sdk/client-rds";
import type { Aws } from "../aws/aws.ts";
import { type FileSystemLive, fileSystem } from "../aws/efs/file-system.ts";
import { absentAs } from "../aws/errors.ts";
import { STACK_TAG, tagsFrom } from "../aws/owned.ts";
import { allPages } from "../aws/pages.ts";
import { database } from "../aws/rds/database.ts";
import { replica } from "../aws/rds/replica.ts";
import { idOf } from "../aws/rds/tags.ts";
import { ownComment, plainName } from "../aws/route53/read-zones.ts";
import { existingZone } from "../aws/route53/zone.ts";
import { bucketName } from "../aws/s3/bucket.ts";
import { doomed } from "../engine/down.ts";
import type { AnyType } from "../engine/resource.ts";
import type { Survey } from "../engine/survey.ts";

/** Something that costs although the stack is gone. */
export interface BillsOn {
  /** What it is, in AWS's words: "DB snapshot". */
  readonly what: string;
  readonly id: string;
  /** Why it is still there. */
  readonly why: string;
  /** What is paid for, at most; undefined: how much it is cannot be known from here. */
  readonly gib?: number | undefined;
  /** Its item in the price table, by the GB-month or by the month; undefined: it is not in the table. */
  readonly price: "rds:backup" | "ebs:gp3" | "efs:backup" | "route53:zone" | "cloudwatch:alarm" | undefined;
  /** The commands that remove it, with the AWS CLI. */
  readonly commands: readonly string[];
}

export interface SweptUp {
  readonly found: readonly BillsOn[];
  /** What could not be looked at, and why. */
  readonly unseen: readonly string[];
}

/** What is known of the stack from before it went: what can no longer be found by its tags. */
function knownBefore(before: Survey) {
  const all = [...before.surveyed.values()];
  const of = (type: AnyType) => all.filter(({ node }) => node.type === type);
  return {
    databases: [...of(database), ...of(replica)].map(({ node }) => idOf(node.owner)),
    copiedFileSystems: of(fileSystem)
      .filter(({ look, recorded }) => (look.live as FileSystemLive | undefined)?.backup ?? recorded?.spec.backup)
      .flatMap(({ look, recorded }) => look.live?.id ?? recorded?.id ?? []),
    // Where nothing of the stack was, it is nothing that the stack leaves.
    zones: doomed(before).length === 0 ? [] : of(existingZone).flatMap(({ look }) => look.live?.id ?? []),
  };
}

/**
 * What of a stack that was taken down still costs, and is of none of the types that `down` removes: copies of data, which it
 * never deletes, and what somebody left or made with the stack's tags. Only reads. (The stack makes no log groups; its
 * parameters, images, their snapshots and addresses are types, which `down` removes and looks for again.)
 * @param before how the stack stood when `down` began.
 */
export async function whatBillsOn(aws: Aws, stack: string, before: Survey): Promise<SweptUp> {
  const { databases, copiedFileSystems, zones } = knownBefore(before);
  const region = `--region ${aws.region}`;
  // The stack's databases give their tags to what is made of them; what has none all the same is known by its database.
  const ours = (tags: RdsTag[] = [], database = "") =>
    tags.length > 0 ? tagsFrom(tags)[STACK_TAG] === stack : databases.includes(database);
  const unseen: string[] = [];
  const look = async (what: string, found: () => Promise<readonly BillsOn[]>): Promise<readonly BillsOn[]> => {
    try {
      return await found();
    } catch (error) {
      unseen.push(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
      return [];
    }
  };

  const snapshots = look("DB snapshots", async () => {
    const all = await allPages(
      (Marker) => aws.rds.describeDBSnapshots({ SnapshotType: "manual", Marker }),
      (page) => page.DBSnapshots,
      (page) => page.Marker,
    );
    return all
      .filter(({ TagList, DBInstanceIdentifier }) => ours(TagList, DBInstanceIdentifier))
      .map(({ DBSnapshotIdentifier: id = "", DBInstanceIdentifier: database = "", AllocatedStorage }) => ({
        what: "DB snapshot",
        id,
        why: id.startsWith(`${database}-final-`)
          ? `final snapshot of ${database}: its data, if you want it back`
          : `made of ${database} by hand, or by something else than buddyverse`,
        gib: AllocatedStorage,
        price: "rds:backup",
        commands: [`aws rds delete-db-snapshot --db-snapshot-identifier ${id} ${region}`],
      }));
  });

  // `down` deletes them with the instance; an instance that was deleted otherwise may have kept them.
  const backups = look("retained automated backups", async () => {
    const all = await allPages(
      (Marker) =>
        aws.rds.describeDBInstanceAutomatedBackups({ Filters: [{ Name: "status", Values: ["retained"] }], Marker }),
      (page) => page.DBInstanceAutomatedBackups,
      (page) => page.Marker,
    );
    return all
      .filter(
        ({ Status, TagList, DBInstanceIdentifier }) => Status === "retained" && ours(TagList, DBInstanceIdentifier),
      )
      .map(({ DbiResourceId: id = "", DBInstanceIdentifier, AllocatedStorage, BackupRetentionPeriod: days }) => ({
        what: "automated backups",
        id,
        why: `${DBInstanceIdentifier} was deleted in a way that keeps them${days === undefined ? "" : `; the last goes after ${days} days`}`,
        gib: AllocatedStorage,
        price: "rds:backup",
        commands: [`aws rds delete-db-instance-automated-backup --dbi-resource-id ${id} ${region}`],
      }));
  });

  const volumes = look("EBS volumes", async () => {
    const all = await allPages(
      (NextToken) => aws.ec2.describeVolumes({ Filters: [{ Name: `tag:${STACK_TAG}`, Values: [stack] }], NextToken }),
      (page) => page.Volumes,
      (page) => page.NextToken,
    );
    return all
      .filter(
        ({ State, Attachments = [] }) =>
          State !== "deleting" &&
          State !== "deleted" &&
          // These go with their instance, which is looked for by itself.
          !Attachments.some(({ DeleteOnTermination }) => DeleteOnTermination),
      )
      .map(({ VolumeId: id = "", Size, Attachments = [] }) => ({
        what: "EBS volume",
        id,
        why: Attachments[0]?.InstanceId
          ? `attached to ${Attachments[0].InstanceId}, and not deleted with it`
          : "its instance is gone, and was not to delete it",
        gib: Size,
        price: "ebs:gp3",
        commands: [`aws ec2 delete-volume --volume-id ${id} ${region}`],
      }));
  });

  // These are found by their names, which the config gives: one that an older config had, and no state names, is not.
  const FORGOTTEN = "made for the stack by an older config, and named by no state";
  const hostedZones = look("hosted zones", async () => {
    const all = await allPages(
      (from) => {
        const [DNSName, HostedZoneId] = from?.split(" ") ?? [];
        return aws.route53.listHostedZonesByName({ DNSName, HostedZoneId });
      },
      (page) => page.HostedZones,
      (page) => (page.IsTruncated ? `${page.NextDNSName} ${page.NextHostedZoneId}` : undefined),
    );
    return all
      .filter(({ Config }) => Config?.Comment?.startsWith(ownComment(stack, "")))
      .map(({ Id = "", Name = "" }) => {
        const id = Id.replace(/^\/hostedzone\//, "");
        return {
          what: "hosted zone",
          id,
          why: `${plainName(Name)}, ${FORGOTTEN}; its records have to go first`,
          price: "route53:zone",
          commands: [`aws route53 delete-hosted-zone --id ${id}`],
        };
      });
  });

  const buckets = look("the stack's bucket", async () => {
    const id = bucketName(aws, stack);
    const answer = await absentAs(["NoSuchBucket", "NoSuchTagSet"], () => aws.s3.getBucketTagging({ Bucket: id }));
    if (tagsFrom(answer?.TagSet)[STACK_TAG] !== stack) return [];
    return [{ what: "bucket", id, why: FORGOTTEN, price: undefined, commands: [`aws s3 rb s3://${id} --force`] }];
  });

  const alarms = look("alarms", async () => {
    const all = await allPages(
      (NextToken) => aws.cloudWatch.describeAlarms({ AlarmNamePrefix: "Buddy-", NextToken }),
      (page) => page.MetricAlarms,
      (page) => page.NextToken,
    );
    const found = await Promise.all(
      all.map(async ({ AlarmArn: id = "", AlarmName: name = "" }): Promise<BillsOn[]> => {
        const tags = await absentAs(["ResourceNotFoundException"], () =>
          aws.cloudWatch.listTagsForResource({ ResourceARN: id }),
        );
        if (tagsFrom(tags?.Tags)[STACK_TAG] !== stack) return [];
        const command = `aws cloudwatch delete-alarms --alarm-names ${name} ${region}`;
        return [{ what: "alarm", id, why: FORGOTTEN, price: "cloudwatch:alarm", commands: [command] }];
      }),
    );
    return found.flat();
  });

  const vault = "aws/efs/automatic-backup-vault";
  const copies = copiedFileSystems.map((id): BillsOn => {
    const list = `aws backup list-recovery-points-by-resource --resource-arn arn:${aws.partition}:elasticfilesystem:${aws.region}:${aws.account}:file-system/${id} ${region}`;
    return {
      what: "AWS Backup recovery points",
      id,
      why: `what AWS Backup copied of it each day, if a day came, is in the vault ${vault} for 35 days; where the vault's access policy forbids to delete it, it goes only then`,
      price: "efs:backup",
      commands: [
        list,
        `aws backup delete-recovery-point --backup-vault-name ${vault} --recovery-point-arn ARN ${region}   (for each ARN of that list)`,
      ],
    };
  });
  const kept = zones.map(
    (id): BillsOn => ({
      what: "hosted zone",
      id,
      why: "it was there before the stack and is not its own; delete it only when nothing else needs it",
      price: "route53:zone",
      commands: [`aws route53 delete-hosted-zone --id ${id}`],
    }),
  );
  const found = (await Promise.all([snapshots, backups, volumes, hostedZones, buckets, alarms])).flat();
  return { found: [...found, ...copies, ...kept], unseen };
}
