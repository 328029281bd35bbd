import type { Instance } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/aws.ts";
import { ofStack } from "../../aws/ec2/tags.ts";
import { allPages } from "../../aws/pages.ts";

/** Something that keeps data. */
export interface Store {
  readonly what: string;
  readonly encrypted: boolean;
}

export interface InstanceMetadata {
  readonly what: string;
  /** Only IMDSv2 is answered, or nothing at all. */
  readonly tokensRequired: boolean;
}

export const nameOf = ({ InstanceId = "", Tags }: Instance): string =>
  [Tags?.find(({ Key }) => Key === "Name")?.Value, InstanceId].filter(Boolean).join(" ");

/** The volumes of these instances, and the snapshots of the stack's images. */
export async function readVolumes(aws: Aws, stack: string, instances: readonly Instance[]): Promise<readonly Store[]> {
  const ids = instances.flatMap(({ InstanceId }) => InstanceId ?? []);
  const [volumes, snapshots] = await Promise.all([
    ids.length === 0
      ? []
      : allPages(
          (NextToken) =>
            aws.ec2.describeVolumes({ Filters: [{ Name: "attachment.instance-id", Values: ids }], NextToken }),
          (page) => page.Volumes,
          (page) => page.NextToken,
        ),
    allPages(
      (NextToken) => aws.ec2.describeSnapshots({ OwnerIds: ["self"], Filters: ofStack(stack), NextToken }),
      (page) => page.Snapshots,
      (page) => page.NextToken,
    ),
  ]);
  return [
    ...volumes.map(({ VolumeId, Encrypted, Attachments }) => {
      const instance = instances.find(({ InstanceId }) => InstanceId === Attachments?.[0]?.InstanceId);
      return { what: `volume ${VolumeId} of ${instance ? nameOf(instance) : "nobody"}`, encrypted: Encrypted ?? false };
    }),
    ...snapshots.map(({ SnapshotId, Encrypted }) => ({
      what: `snapshot ${SnapshotId}`,
      encrypted: Encrypted ?? false,
    })),
  ];
}

export const metadataOf = (instances: readonly Instance[]): readonly InstanceMetadata[] =>
  instances.map((instance) => ({
    what: nameOf(instance),
    tokensRequired:
      instance.MetadataOptions?.HttpTokens === "required" || instance.MetadataOptions?.HttpEndpoint === "disabled",
  }));

/** The automated backups of a database. */
export interface Backups {
  readonly database: string;
  readonly retentionDays: number;
  /** The latest moment to which the database can be restored, milliseconds since 1970; undefined: it was never backed up. */
  readonly restorableTo: number | undefined;
}

export async function readBackups(aws: Aws, id: string): Promise<Backups> {
  const { DBInstances } = await aws.rds.describeDBInstances({ DBInstanceIdentifier: id });
  const { BackupRetentionPeriod = 0, LatestRestorableTime } = DBInstances?.[0] ?? {};
  return { database: id, retentionDays: BackupRetentionPeriod, restorableTo: LatestRestorableTime?.getTime() };
}

/** The mount targets of a file system that are available. */
export async function readMountTargets(
  aws: Aws,
  fileSystemId: string,
): Promise<readonly { readonly subnetId: string; readonly interfaceId: string }[]> {
  const targets = await allPages(
    (Marker) => aws.efs.describeMountTargets({ FileSystemId: fileSystemId, Marker }),
    (page) => page.MountTargets,
    (page) => page.NextMarker,
  );
  return targets
    .filter(({ LifeCycleState }) => LifeCycleState === "available")
    .map(({ SubnetId = "", NetworkInterfaceId = "" }) => ({ subnetId: SubnetId, interfaceId: NetworkInterfaceId }));
}
