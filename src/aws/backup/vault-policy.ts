import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
}
interface Document {
  readonly Version?: string;
  readonly Statement?: Statement | readonly Statement[];
}

const statementsOf = ({ Statement = [] }: Document): readonly Statement[] => [Statement].flat() as Statement[];
const actionsOf = ({ Action = [] }: Statement): readonly string[] => [Action].flat() as string[];

/** A vault's access policy, as its text; undefined: it has none. */
export const policyOf = async (aws: Aws, BackupVaultName: string): Promise<string | undefined> =>
  (await undefinedIf(["ResourceNotFoundException"], () => aws.backup.getBackupVaultAccessPolicy({ BackupVaultName })))
    ?.Policy;

/** The actions that it denies; AWS Backup takes no wildcards there (developer guide, "Vault access policies"). */
export async function deniedBy(aws: Aws, vault: string): Promise<ReadonlySet<string>> {
  const policy = await policyOf(aws, vault);
  const document = policy === undefined ? {} : (JSON.parse(policy) as Document);
  return new Set(statementsOf(document).flatMap((one) => (one.Effect === "Deny" ? actionsOf(one) : [])));
}

/**
 * The policy without those actions in what it denies, as AWS says to do (developer guide, "Restore an Amazon EFS file system").
 * To allow them instead is refused, as that lets in other accounts (rebuy-de/aws-nuke#1150).
 */
export function policyWithout(policy: string, actions: readonly string[]): string {
  const document = JSON.parse(policy) as Document;
  const Statement = statementsOf(document)
    .map((one) =>
      one.Effect === "Deny" ? { ...one, Action: actionsOf(one).filter((action) => !actions.includes(action)) } : one,
    )
    .filter((one) => actionsOf(one).length > 0);
  return JSON.stringify({ ...document, Statement });
}
