import type { DBSnapshot } from "@aws-sdk/client-rds";
import type { CopyProgress, Owner } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { tagList } from "../owned.ts";

/** Makes a snapshot of that name, or looks how far it is. Throws `failed` when AWS could not make it. */
export async function snapshotOf(aws: Aws, instance: string, name: string, owner: Owner): Promise<CopyProgress> {
  const answer = await undefinedIf(["DBSnapshotNotFoundFault"], () =>
    aws.rds.describeDBSnapshots({ DBSnapshotIdentifier: name }),
  );
  const found = answer?.DBSnapshots?.[0];
  if (found) return progressOf(aws, name, found);
  // One that does not show yet.
  await undefinedIf(["DBSnapshotAlreadyExistsFault"], () =>
    aws.rds.createDBSnapshot({
      DBInstanceIdentifier: instance,
      DBSnapshotIdentifier: name,
      Tags: tagList(owner.tags),
    }),
  );
  return { id: name, complete: false };
}

/** creating, available, failed, deleted and incompatible-… are what AWS's own waiter knows (botocore, DBSnapshotAvailable). */
function progressOf(aws: Aws, id: string, found: DBSnapshot): CopyProgress {
  const { Status = "", PercentProgress, DBInstanceIdentifier: instance = "" } = found;
  if (Status === "available") return { id, complete: true };
  // AWS says no more of it than that: no reason is in the answer (API reference, DBSnapshot).
  if (Status === "failed" || Status.startsWith("incompatible-") || Status.startsWith("delet"))
    throw new BuddyError({
      code: "failed",
      message: `DB snapshot ${id} of ${instance} is ${Status}`,
      about: { id, operation: "CreateDBSnapshot" },
      hint: [
        `What RDS tells of it: ${aws.cli} rds describe-events --source-type db-instance --source-identifier ${instance} --duration 1440 --region ${aws.region}`,
        `to remove what is left of it: ${aws.cli} rds delete-db-snapshot --db-snapshot-identifier ${id} --region ${aws.region}`,
      ].join("\n"),
    });
  return { id, complete: false, doing: PercentProgress === undefined ? undefined : `${PercentProgress} %` };
}
