import { arnIn, knownPartition } from "../aws/partition.ts";
import { quote } from "./quote.ts";
import type { Complaint } from "./values.ts";

// Of the names that KMS takes those that EFS takes too (API references: KMS, CreateAlias; EFS, CreateFileSystem, KmsKeyId).
const ALIAS = "alias/[a-zA-Z0-9/_-]{1,250}";
const KEY_ID = "([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})";
/** For editors: the check decides. */
export const KMS_KEY_PATTERN = `^(arn:[a-z-]+:kms:[a-z0-9-]+:\\d{12}:(key/${KEY_ID}|${ALIAS})|${ALIAS})$`;
export const KMS_KEY_EXAMPLES = [
  "alias/buddyverse",
  arnIn("ap-northeast-2", "kms:ap-northeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
];

const WHOLE = new RegExp(KMS_KEY_PATTERN);

/** What is wrong with the name of a KMS key. */
export function kmsKeyComplaint(value: string): Complaint | undefined {
  if (/(^|:)alias\/aws\//.test(value))
    return { message: `${quote(value)} is a key of AWS's own`, hint: "use null, which stands for it" };
  if (WHOLE.test(value)) return undefined;
  const message = `${quote(value)} is neither the alias nor the ARN of a KMS key`;
  if (new RegExp(`^${KEY_ID}$`).test(value))
    return { message, hint: `it is a key's id: write the key's ARN, which ends on "key/${value}"` };
  if (new RegExp(`^${ALIAS}$`).test(`alias/${value}`)) return { message, hint: `write ${quote(`alias/${value}`)}` };
  return { message, hint: 'such as "alias/buddyverse", or the ARN of a key' };
}

/** Keys are of one region: an ARN says which. */
export function kmsKeyElsewhere(value: string, region: string): Complaint | undefined {
  const [, partition, , home] = value.split(":");
  if (home === undefined || (home === region && partition === knownPartition(region)?.name)) return undefined;
  return {
    message: `${quote(value)} is a key of ${home === region ? `the partition ${partition}` : home}, and the stack is in ${region}`,
    hint: `use a key of ${region}; one for several regions has an ARN of its own in each of them`,
  };
}
