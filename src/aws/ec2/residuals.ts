import { isBackup, STACK_TAG } from "../owned.ts";
import { allPages } from "../pages.ts";
import { recoveryPointCommands } from "../recovery-points.ts";
import type { ResidualReader } from "../residual.ts";
import { snapshotStorage, volumeStorage } from "./prices.ts";
import { isCopyOfVolume, taggedSnapshots } from "./snapshot.ts";

export const volumes: ResidualReader = {
  what: "EBS volumes",
  async read(aws, stack) {
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
        price: volumeStorage.item,
        commands: [`${aws.cli} ec2 delete-volume --volume-id ${id} --region ${aws.region}`],
      }));
  },
};

/** EC2 refuses to delete those: "managed by the AWS Backup service" (cloud-custodian#9459). DLM's it deletes. */
const ofAwsBackup = (tags: readonly { readonly Key?: string | undefined }[] = []): boolean =>
  tags.some(({ Key = "" }) => Key.startsWith("aws:backup:"));

export const copies: ResidualReader = {
  what: "EBS snapshots",
  async read(aws, stack) {
    const all = await taggedSnapshots(aws, stack);
    return all.filter(isCopyOfVolume).map(({ SnapshotId: id = "", VolumeSize, Tags }) => ({
      what: "EBS snapshot",
      id,
      why: isBackup(Tags)
        ? "a backup that AWS Backup or Data Lifecycle Manager made, with the tags of what it is a copy of"
        : "made of a volume by hand, or by something else than buddyverse",
      gib: VolumeSize,
      price: snapshotStorage.item,
      commands: ofAwsBackup(Tags)
        ? recoveryPointCommands(aws, `arn:${aws.partition}:ec2:${aws.region}::snapshot/${id}`)
        : [`${aws.cli} ec2 delete-snapshot --snapshot-id ${id} --region ${aws.region}`],
    }));
  },
};
