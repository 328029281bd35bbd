import type { Identified, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";

/** Nothing is asked of it but to be there: its name says what is looked up. */
export type KeySpec = Readonly<Record<never, never>>;
/** Its id is its ARN, as RDS and EFS answer it, whatever name it was looked up by. */
export interface KeyLive extends Identified {
  /** "Enabled", "PendingDeletion", … */
  readonly state: string;
  /** "ENCRYPT_DECRYPT", "SIGN_VERIFY", … */
  readonly usage: string;
  /** "SYMMETRIC_DEFAULT", "RSA_2048", … */
  readonly spec: string;
  /** When AWS deletes it, ISO 8601; undefined: nobody has asked for that. */
  readonly deletedAt: string | undefined;
}

/** The key that an alias or ARN stands for today. */
const keyNamed = (aws: Aws, name: string): Promise<KeyLive | undefined> =>
  aws.coalesce(`kms:key:${name}`, async () => {
    const answer = await undefinedIf(["NotFoundException"], () => aws.kms.describeKey({ KeyId: name }));
    const found = answer?.KeyMetadata;
    return (
      found && {
        id: found.Arn as string,
        state: found.KeyState ?? "",
        usage: found.KeyUsage ?? "ENCRYPT_DECRYPT",
        spec: found.KeySpec ?? "SYMMETRIC_DEFAULT",
        deletedAt: found.DeletionDate?.toISOString(),
      }
    );
  });

/** What a person does about a key in a state in which it encrypts nothing (developer guide, "Key states of AWS KMS keys"). */
const MENDED: Readonly<Record<string, string>> = {
  Disabled: "enable-key",
  PendingDeletion: "cancel-key-deletion",
};

/** Why nothing can be encrypted with a key; undefined: it can. @param region where it is */
export function unusable(name: string, { id, state, usage, spec, deletedAt }: KeyLive): string | undefined {
  // RDS and EFS take only these (user guides, "Encrypting Amazon RDS resources"; API reference, CreateFileSystem, KmsKeyId).
  if (usage !== "ENCRYPT_DECRYPT" || spec !== "SYMMETRIC_DEFAULT")
    return `the KMS key ${name} is for ${usage} (${spec}), and data is encrypted with symmetric keys for ENCRYPT_DECRYPT only: name another key`;
  if (state === "Enabled") return undefined;
  const mend = MENDED[state];
  const region = id.split(":")[3];
  const then = state === "PendingDeletion" ? ", then enable-key" : "";
  const when =
    deletedAt === undefined
      ? ""
      : `: on ${deletedAt.slice(0, 10)} AWS deletes it, and what is encrypted with it is lost`;
  return `the KMS key ${name} is ${state}${when}${mend ? ` (aws kms ${mend} --key-id ${id} --region ${region}${then})` : ""}`;
}

/** Somebody's key that data is encrypted with: used, never created, changed or removed. Named as in the config. */
export const encryptionKey: ResourceType<KeySpec, KeyLive> = {
  name: "kms:key",
  external: true,
  absent: "create it in KMS, in the stack's region, or name another one",
  find: (aws, { name }) => keyNamed(aws, name),
  health(live) {
    const why = unusable(live.id, live);
    return why === undefined ? "ready" : { blocked: why };
  },
};
