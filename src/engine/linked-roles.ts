import { createLinkedRole } from "../aws/iam/linked-roles.ts";
import { serviceOfType } from "../aws/services.ts";
import { BuddyError } from "../lib/errors.ts";
import { patiently } from "./observe.ts";
import type { Run } from "./run.ts";
import type { Observed, Snapshot } from "./snapshot.ts";

/**
 * Makes the linked roles of the services of which this run creates the first object, all at once and before anything else, so that
 * they are known everywhere by the time they are needed. What goes wrong here is only said: AWS makes each of them
 * itself with the service's first use.
 */
export async function makeLinkedRoles(run: Run, { entries }: Snapshot): Promise<void> {
  const principals = (of: (entry: Observed) => boolean) =>
    new Set(
      [...entries.values()]
        .filter(of)
        .flatMap(({ node }) => serviceOfType.get(node.type.name)?.permissions.linkedRole ?? []),
    );
  // Where something of a service is there, its role is too.
  const there = principals(({ look }) => look.live !== undefined);
  const needed = [...principals(({ decision }) => decision.kind === "create")].filter((one) => !there.has(one));
  await Promise.all(
    needed.map(async (principal) => {
      const note = await patiently(run, () => createLinkedRole(run.aws, principal)).catch(troubleWith(principal));
      if (note !== undefined) run.emit({ type: "run.note", at: run.clock.now(), note });
    }),
  );
}

/** An interrupt ends the run by itself, with all that it would have done named. */
const troubleWith = (principal: string) => (error: unknown) =>
  error instanceof BuddyError && error.code === "interrupted"
    ? undefined
    : `The linked role of ${principal} was not made: ${error instanceof Error ? error.message : String(error)}`;
