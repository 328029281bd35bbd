import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { counted } from "../../lib/text.ts";
import type { Aws } from "../aws.ts";
import { COUNTER, STATE } from "../coverage.ts";
import { isOneOf, undefinedIf } from "../errors.ts";
import { assertOurs } from "../owned.ts";
import { allPages } from "../pages.ts";
import { optedOut } from "./opt-in.ts";

/** Its id is its name. */
export interface VaultLive extends Identified {
  readonly tags: Tags;
  readonly arn: string;
  /** How many recovery points are in it, by AWS's own count, which may be an approximation (API reference, DescribeBackupVault). */
  readonly recoveryPoints: number;
}

const GONE = ["ResourceNotFoundException"];
/** AWS's words: gruntwork-io/cloud-nuke#730. For a while it also says so of recovery points that are just deleted (go-to-k/delstack#370). */
const NOT_EMPTY = { code: "InvalidRequestException", message: /contains recovery points/ };

/**
 * Of a vault that is not there the calls that name it say that access is denied, to those who have it too
 * (ansible-collections/amazon.aws#1436, hashicorp/terraform-provider-aws#11840). Where it is not, the words are others.
 */
const NOT_THERE = { code: "AccessDeniedException", message: /Insufficient privileges to perform this action/ };

/** The account's vaults of the region. Only this list tells that one is not there. */
export const vaults = (aws: Aws) =>
  aws.coalesce("backup:vaults", () =>
    allPages(
      (NextToken) => aws.backup.listBackupVaults({ NextToken }),
      (page) => page.BackupVaultList,
      (page) => page.NextToken,
    ),
  );

export const vaultNamed = async (aws: Aws, name: string) =>
  (await vaults(aws)).find(({ BackupVaultName }) => BackupVaultName === name);

/**
 * A vault for copies that the stack itself makes, under AWS Backup's default key (aws/backup). EFS's own vault denies everybody
 * to restore what is in it, until somebody changes its policy (`vault-policy.ts`); this one has none.
 */
export const vault: ResourceType<object, VaultLive> = {
  name: "backup:vault",
  coverage: {
    covers: {},
    ignores: { NumberOfRecoveryPoints: COUNTER, VaultState: STATE },
    unshown: { notifications: "another call" },
    dangers: [{ at: ["Locked"], danger: "less protected", when: (text) => text !== "true" }],
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  // A delete whose answer was lost, and which was repeated, finds nothing: the next look tells.
  retryable: { delete: [NOT_EMPTY, NOT_THERE] },

  async find(aws, owner, recorded) {
    const found = await vaultNamed(aws, owner.name);
    const arn = found?.BackupVaultArn;
    if (!found || arn === undefined) return undefined;
    const answer = await undefinedIf(GONE, () => aws.backup.listTags({ ResourceArn: arn }));
    if (!answer) return undefined;
    const tags = answer.Tags ?? {};
    assertOurs(owner, `backup vault ${owner.name}`, tags, recorded === owner.name && "name");
    return {
      id: owner.name,
      tags,
      arn,
      recoveryPoints: found.NumberOfRecoveryPoints ?? 0,
      described: { ...found, Tags: tags },
    };
  },

  async create(aws, _spec, owner, token) {
    await aws.backup.createBackupVault({
      BackupVaultName: owner.name,
      BackupVaultTags: { ...owner.tags },
      CreatorRequestId: token,
    });
    return owner.name;
  },

  async update(aws, { arn }, _spec, changed, owner) {
    if (!changed.has("tags")) return;
    const { tags, obsoleteTags = [] } = owner;
    if (obsoleteTags.length > 0) await aws.backup.untagResource({ ResourceArn: arn, TagKeyList: [...obsoleteTags] });
    await aws.backup.tagResource({ ResourceArn: arn, Tags: { ...tags } });
  },

  /** AWS refuses it while anything is in it: then it stays, with its copies. */
  async delete(aws, { id }) {
    try {
      await undefinedIf(GONE, () => aws.backup.deleteBackupVault({ BackupVaultName: id }));
    } catch (error) {
      if (!isOneOf(error, [NOT_EMPTY]) || (await vaultNamed(aws, id))?.NumberOfRecoveryPoints === 0) throw error;
      return id;
    }
  },

  async foresee(aws) {
    const note = await optedOut(aws);
    return note === undefined ? undefined : { kind: "note", note };
  },

  farewell({ id, recoveryPoints }, { filled }) {
    if (recoveryPoints === 0) return filled ? { kept: `the backup vault ${id}, with that recovery point` } : undefined;
    const are = `${counted(recoveryPoints, "recovery point")} of the file system ${recoveryPoints === 1 ? "is" : "are"} in it`;
    return { kept: `the backup vault ${id}: ${are}${filled ? " before this one" : ""}` };
  },
};
