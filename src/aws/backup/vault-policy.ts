import { shellWord } from "../../lib/shell.ts";
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

const RESTORE = "backup:StartRestoreJob";
/** What a policy is marked by that was opened for a restore, before the Id that it had. */
const OPENED = "buddyverse-open:";

/** The policy without its denial of restores, marked so that `closedAgain` finds its way back, whoever reads it. */
function opened(policy: string): string {
  const { Id = "", ...rest } = JSON.parse(policy) as Document & { readonly Id?: string };
  return policyWithout(JSON.stringify({ ...rest, Id: `${OPENED}${Id}` }), [RESTORE]);
}

/** The policy as it was before it was opened; undefined: it was not. */
function closedAgain(policy: string): string | undefined {
  const { Id = "", ...document } = JSON.parse(policy) as Document & { readonly Id?: string };
  if (!Id.startsWith(OPENED)) return undefined;
  const before = Id.slice(OPENED.length);
  const statements = statementsOf(document);
  const first = statements.findIndex(({ Effect }) => Effect === "Deny");
  const Statement = statements.map((one, index) =>
    index === first ? { ...one, Action: [...actionsOf(one), RESTORE].sort() } : one,
  );
  if (first === -1)
    Statement.push({ Effect: "Deny", Principal: { AWS: "*" }, Action: [RESTORE], Resource: "*" } as Statement);
  return JSON.stringify({ ...document, ...(before === "" ? {} : { Id: before }), Statement });
}

/** Lets what is in a vault be restored while `work` is at it, and then denies it again. */
export async function whileOpen<T>(aws: Aws, BackupVaultName: string, work: () => Promise<T>): Promise<T> {
  const policy = await policyOf(aws, BackupVaultName);
  if (policy === undefined) return work();
  const before = closedAgain(policy) ?? policy;
  await aws.backup.putBackupVaultAccessPolicy({ BackupVaultName, Policy: opened(before) });
  try {
    return await work();
  } finally {
    await aws.backup.putBackupVaultAccessPolicy({ BackupVaultName, Policy: before });
  }
}

/** Puts a policy back that a killed run left open. Answers whether there was one. */
export async function closeAgain(aws: Aws, BackupVaultName: string): Promise<boolean> {
  const policy = await policyOf(aws, BackupVaultName);
  const before = policy === undefined ? undefined : closedAgain(policy);
  if (before === undefined) return false;
  await aws.backup.putBackupVaultAccessPolicy({ BackupVaultName, Policy: before });
  return true;
}

/** What a person does by hand, with the AWS CLI, so that the policy denies those actions to nobody. A policy says something. */
export function allowCommand(aws: Aws, vault: string, policy: string, actions: readonly string[]): string {
  const [left, on] = [policyWithout(policy, actions), `--backup-vault-name ${vault}`];
  return left.includes('"Action"')
    ? `${aws.cli} backup put-backup-vault-access-policy ${on} --policy ${shellWord(left)} --region ${aws.region}`
    : `${aws.cli} backup delete-backup-vault-access-policy ${on} --region ${aws.region}`;
}

/** The same for a restore. */
export const openCommand = (aws: Aws, vault: string, policy: string): string =>
  allowCommand(aws, vault, policy, [RESTORE]);
