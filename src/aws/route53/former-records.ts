import { isDeepStrictEqual } from "node:util";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Aws } from "../aws.ts";
import { ownPath } from "../names.ts";
import { deleteParameter, parameterNamed } from "../ssm/names.ts";
import { plainName } from "./read-zones.ts";

/**
 * Where the site's names led before they were taken over. Records bear no tags and no notes, so this is kept in a parameter: it
 * outlives the state file, costs nothing, and is read by whoever takes the stack down. Its name says whose it is. It bears no tags, so
 * that nobody who cleans up by tags takes it for something that is left over.
 */
export interface FormerRecords {
  readonly zoneId: string;
  /** Exactly as Route 53 had them. */
  readonly records: readonly ResourceRecordSet[];
}

/** Characters of a standard parameter's value (API reference, PutParameter). */
const MOST_CHARACTERS = 4096;

const parameterName = (stack: string, domain: string): string => `${ownPath(stack)}domain/${domain}`;

/** What is kept of a domain; undefined: nothing was taken over. */
export async function readFormer(aws: Aws, stack: string, domain: string): Promise<FormerRecords | undefined> {
  const found = await parameterNamed(aws, parameterName(stack, domain));
  return found && (JSON.parse(found.value) as FormerRecords);
}

/** True when what is to be kept has no room in a parameter. */
export const isTooLong = (former: FormerRecords): boolean => JSON.stringify(former).length > MOST_CHARACTERS;

export async function keepFormer(aws: Aws, stack: string, domain: string, former: FormerRecords): Promise<void> {
  const Name = parameterName(stack, domain);
  await aws.ssm.putParameter({ Name, Type: "String", Value: JSON.stringify(former), Overwrite: true });
}

export const forgetFormer = (aws: Aws, stack: string, domain: string): Promise<void> =>
  deleteParameter(aws, parameterName(stack, domain));

/** The command that forgets them: the names are then released without them. */
export const forgetCommand = (aws: Aws, stack: string, domain: string): string =>
  `${aws.cli} ssm delete-parameter --region ${aws.region} --name ${parameterName(stack, domain)}`;

/** What is kept, with what is taken over now: of a name that is taken again, only as it is now. */
export const withTaken = (
  former: FormerRecords | undefined,
  zoneId: string,
  taken: readonly ResourceRecordSet[],
): FormerRecords => {
  const names = new Set(taken.map(nameOf));
  return { zoneId, records: [...(former?.records ?? []).filter((set) => !names.has(nameOf(set))), ...taken] };
};

export const nameOf = ({ Name = "" }: ResourceRecordSet): string => plainName(Name);

/** As JSON has them: what the SDK leaves undefined is not there. */
const plain = (set: ResourceRecordSet): unknown => JSON.parse(JSON.stringify(set));

export const isKept = (former: FormerRecords | undefined, set: ResourceRecordSet): boolean =>
  former?.records.some((kept) => isDeepStrictEqual(plain(kept), plain(set))) ?? false;
