import * as z from "zod";
import { arnIn } from "../../../aws/partition.ts";
import { awsError } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { type RecoveryPoint, type Vault, vaultTable } from "./tables.ts";

const arn = (sim: Sim, rest: string) => arnIn(sim.region, `backup:${sim.region}:${sim.account}:${rest}`);
export const vaultArn = (sim: Sim, name: string) => arn(sim, `backup-vault:${name}`);
export const pointArn = (sim: Sim, id: string) => arn(sim, `recovery-point:${id}`);
export const fileSystemArn = (sim: Sim, id: string) =>
  arnIn(sim.region, `elasticfilesystem:${sim.region}:${sim.account}:file-system/${id}`);
/** The id of an ARN of one of those three. */
export const idIn = (text: string): string => text.split(/:recovery-point:|:backup-vault:|:file-system\//).at(-1) ?? "";

export const notFound = (message: string) => awsError("ResourceNotFoundException", message);
export const badValue = (message: string) => awsError("InvalidParameterValueException", message);
export const badRequest = (message: string) => awsError("InvalidRequestException", message);
/** Of a vault that is not there, too: who may not know must not find out (ansible-collections/amazon.aws#1436). */
const denied = (message: string) => awsError("AccessDeniedException", message, { status: 403 });

/** A UUID, as AWS Backup names jobs and recovery points. */
export const uuid = (sim: Sim) =>
  [8, 4, 4, 4, 12]
    .map((digits) => sim.hex(digits))
    .join("-")
    .toUpperCase();

// The models' pattern has no slash, but AWS's own vault has two.
export const vaultName = z
  .string()
  .min(2)
  .max(50)
  .regex(/^[a-zA-Z0-9\-_/]+$/);
export const tags = z.record(z.string().min(1).max(128), z.string().max(256));
export const paging = { NextToken: z.string().optional(), MaxResults: z.number().int().min(1).max(1000).optional() };

export function page<T>(
  items: readonly T[],
  { NextToken, MaxResults = 1000 }: { NextToken?: string | undefined; MaxResults?: number | undefined },
) {
  const from = Number(NextToken ?? 0);
  const to = from + MaxResults;
  return { items: items.slice(from, to), ...(to < items.length ? { NextToken: String(to) } : {}) };
}

interface PolicyStatement {
  readonly Effect: string;
  readonly Principal: string | { readonly AWS?: string | readonly string[] };
  readonly Action: string | readonly string[];
}
export const statementsOf = (policy: string): readonly PolicyStatement[] =>
  [(JSON.parse(policy) as { Statement: PolicyStatement | PolicyStatement[] }).Statement].flat();

/** The vault as another call may name it: there, and not denied by its policy. @param on the ARN that the action is checked on */
export function vaultFor(sim: Sim, name: string, action: string, on = vaultArn(sim, name)): Vault {
  const vault = vaultTable(sim).visible(name) && vaultTable(sim).get(name);
  if (!vault) throw denied("Insufficient privileges to perform this action.");
  const forbids = statementsOf(vault.policy ?? '{"Statement":[]}').some(
    ({ Effect, Action }) => Effect === "Deny" && [Action].flat().includes(`backup:${action}`),
  );
  // AWS's words: rebuy-de/aws-nuke#1150.
  if (forbids)
    throw denied(
      `User: ${arnIn(sim.region, `iam::${sim.account}:user/sandbox`)} is not authorized to perform: backup:${action} on resource: ${on} with an explicit deny in a resource-based policy`,
    );
  return vault;
}

const DAY_MS = 24 * 3_600_000;
export const deleteAt = ({ createdAt, deleteAfterDays }: RecoveryPoint): Date | undefined =>
  deleteAfterDays === null ? undefined : new Date(createdAt + deleteAfterDays * DAY_MS);
