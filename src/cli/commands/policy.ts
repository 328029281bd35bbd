import { BuddyError } from "../../lib/errors.ts";
import { grouped } from "../../lib/number.ts";
import type { More } from "../../policy/actions.ts";
import { documentsOf, MOST_CHARACTERS, statementsFor } from "../../policy/policy.ts";
import { rehearse } from "../dry-run-calls.ts";
import type { CommonOptions } from "../options.ts";
import { configOf } from "../paths.ts";

export interface PolicyOptions extends CommonOptions {
  /** Only this one of several documents, from 1. */
  readonly part?: number;
  /** Also what these commands need. */
  readonly with?: readonly More[];
}

/** Prints the smallest IAM policy with which `up`, `status` and `down` work for this config, as JSON. Asks nobody. */
export async function policy(options: PolicyOptions): Promise<number> {
  const config = configOf(options);
  const documents = documentsOf(statementsFor(await rehearse(config), config, options.with));
  const { part } = options;
  const one = part === undefined ? documents.length === 1 && documents[0] : documents[part - 1];
  if (one === undefined)
    throw new BuddyError({
      code: "usage",
      message: `there is no part ${part}: the policy has ${documents.length}`,
      hint: `Say --part 1 to ${documents.length}.`,
    });
  process.stdout.write(`${JSON.stringify(one || documents, null, 2)}\n`);
  if (!one && !options.quiet && !options.json && !options.jsonLines)
    process.stderr.write(
      `A list of ${documents.length} policies: one may have ${grouped(MOST_CHARACTERS)} characters. Attach all of them; --part N prints one alone.\n`,
    );
  return 0;
}
