import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { asItStands } from "../../../steps/zones.ts";
import { FIRST, ownName } from "../../aws/names.ts";
import { partitionOf } from "../../aws/partition.ts";
import type { Config } from "../../config/schema.ts";
import { BuddyError } from "../../lib/errors.ts";
import { grouped } from "../../lib/number.ts";
import { shellWord } from "../../lib/shell.ts";
import { counted } from "../../lib/text.ts";
import type { More } from "../../policy/actions.ts";
import { documentsOf, MOST_CHARACTERS, type PolicyDocument, readingOnly, statementsFor } from "../../policy/policy.ts";
import { writeAtomically } from "../../state/file.ts";
import type { StackState } from "../../state/state.ts";
import { readState } from "../../state/store.ts";
import { callsFor } from "../dry-run-calls.ts";
import type { CommonOptions } from "../options.ts";
import { isForPrograms, printResult, tell } from "../output.ts";
import { configOf, isShared, pathsOf } from "../paths.ts";
import { localText } from "../recorded.ts";
import { placeIn, sharedPlaceOf } from "../state-place.ts";

export interface PolicyOptions extends CommonOptions {
  /** Only this one of several documents, from 1. */
  readonly part?: number;
  /** Also what these commands need. */
  readonly with?: readonly More[];
  /** Only what looks, for who may not change anything. */
  readonly readOnly?: boolean;
  /** A file for each document, in this folder. */
  readonly outputDir?: string;
}

/** Prints the smallest IAM policy with which `up`, `status` and `down` work for this config, as JSON. Asks nobody. */
export async function policy(options: PolicyOptions): Promise<number> {
  const asked = configOf(options);
  const recorded = await recordedHere(options, asked);
  // With the names that the stack has for ever.
  const given = recorded ? await asItStands(asked, undefined, recorded) : asked;
  const config = isShared(options.state) ? { ...given, state: placeIn(options.state, given) } : given;
  const objects = Object.values(recorded ?? {});
  const statements = statementsFor(await callsFor(config, options.with), config, options.with, objects);
  const documents = documentsOf(options.readOnly ? readingOnly(statements) : statements);
  if (options.outputDir !== undefined) return written(options, options.outputDir, config, documents);
  const { part } = options;
  const one = part === undefined ? documents.length === 1 && documents[0] : documents[part - 1];
  if (one === undefined)
    throw new BuddyError({
      code: "usage",
      message: `there is no part ${part}: the policy has ${documents.length}`,
      hint: `Say --part 1 to ${documents.length}.`,
    });
  // A document as IAM takes it has no room for anything of ours.
  if (options.jsonLines) printResult(options, "", { policies: one ? [one] : documents });
  else process.stdout.write(text(one || documents));
  if (!one && !options.quiet && !isForPrograms(options))
    tell(
      `A list of ${documents.length} policies: one may have ${grouped(MOST_CHARACTERS)} characters. Attach all of them: --output-dir DIR writes a file for each, with the commands.`,
    );
  return 0;
}

/** What the stack's state has, where that is in a file here: one in S3 is not asked for. */
async function recordedHere(options: CommonOptions, config: Config): Promise<StackState["resources"] | undefined> {
  if (sharedPlaceOf(options, config)) return undefined;
  const state = readState(await localText(options, pathsOf(options).state));
  return state?.stack === config.stack && state.region === config.region ? state.resources : undefined;
}

const text = (document: PolicyDocument | readonly PolicyDocument[]): string => `${JSON.stringify(document, null, 2)}\n`;

/** Writes a file for each document, and prints how they become the permissions of a role. */
function written(
  options: PolicyOptions,
  folder: string,
  { stack, region }: Config,
  documents: readonly PolicyDocument[],
): number {
  // IAM's names are the account's, and a policy is for one region.
  const own = region === FIRST.region ? ownName(stack) : `${ownName(stack)}-${region}`;
  const parts = documents.map((document, index) => {
    const name = `${own}-${options.readOnly ? "read-" : ""}${index + 1}`;
    return { name, file: join(folder, `${name}.json`), document };
  });
  try {
    mkdirSync(folder, { recursive: true });
    for (const { file, document } of parts) writeAtomically(file, text(document), { synced: false });
  } catch (error) {
    throw new BuddyError({
      code: "usage",
      message: `the policies cannot be written to ${folder}: ${error instanceof Error ? error.message : String(error)}`,
      about: { file: folder },
      hint: "Name a folder that can be made or written to: --output-dir DIR.",
      cause: error,
    });
  }
  const aws = options.profile === undefined ? "aws" : `aws --profile ${shellWord(options.profile)}`;
  const commands = [
    "ROLE=the-role-that-runs-buddyverse",
    `ACCOUNT=$(${aws} sts get-caller-identity --query Account --output text)`,
    ...parts.map(
      ({ name, file }) =>
        `${aws} iam create-policy --policy-name ${name} --policy-document ${shellWord(`file://${file}`)}`,
    ),
    ...parts.map(
      ({ name }) =>
        `${aws} iam attach-role-policy --role-name "$ROLE" --policy-arn "arn:${partitionOf(region).name}:iam::$ACCOUNT:policy/${name}"`,
    ),
  ];
  const files = parts.map(({ file }) => file);
  printResult(
    options,
    [
      `Wrote ${counted(files.length, "policy")} to ${folder}: they belong together. To give them to a role (a user: attach-user-policy`,
      "--user-name):",
      "",
      ...commands.map((command) => `  ${command}`),
    ].join("\n"),
    { files, commands },
  );
  return 0;
}
