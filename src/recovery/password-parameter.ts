import type { Aws } from "../aws/aws.ts";
import { saysExists } from "../aws/errors.ts";
import { generatedSecret, type SecretLive } from "../aws/ssm/generated-secret.ts";
import { adoptNext, createNext, deleteNext } from "../aws/ssm/next-secret.ts";
import { aboutNode, type Node } from "../engine/graph.ts";
import { patiently } from "../engine/observe.ts";
import type { Run } from "../engine/run.ts";
import { BuddyError } from "../lib/errors.ts";
import type { PasswordParameter } from "./rotate-password.ts";

/** A deleted name is held for half a minute (API reference, DeleteParameter); reads lag for seconds. */
const PATIENCE_MS = 90_000;
const AGAIN_MS = 3_000;

/** The parameters of a secret that `up` makes. The state's record of its revision follows, so that `up` takes it for its own. */
export function parameterOf(run: Run, node: Node): PasswordParameter {
  const { aws, clock, store, signal } = run;
  const { owner } = node;

  /** Until it answers something: a name that is held, or that a read does not show yet, is tried again. */
  async function until<T>(call: (aws: Aws) => Promise<T | undefined>): Promise<T> {
    const since = clock.now();
    for (;;) {
      let held: unknown;
      const answer = await patiently(run, () => call(aws)).catch((error) => {
        if (!saysExists(error)) throw error;
        held = error;
        return undefined;
      });
      if (answer !== undefined) return answer;
      if (clock.now() - since > PATIENCE_MS)
        throw new BuddyError({
          code: "timeout",
          message: `Parameter Store does not show what was written to ${node.name}`,
          about: aboutNode(node),
          hint: "Run the same command again: it continues.",
          cause: held,
        });
      await clock.sleep(AGAIN_MS, signal);
    }
  }
  const recordRevision = (live: SecretLive | undefined): void => {
    // Where the state was lost, the next `up` records it with all else.
    const recorded = store.get(node.key);
    if (!recorded) return;
    const { revision: _before, ...rest } = recorded;
    const revision = live && generatedSecret.irreplaceable?.revision(live);
    store.put(node.key, revision === undefined ? rest : { ...rest, id: node.name, revision });
  };

  return {
    async begin() {
      await until(async () => (await createNext(aws, owner)) || true);
    },
    async adopt() {
      // Killed before the new one is recorded, `up` records what it finds, and does not take it for somebody else's.
      recordRevision(undefined);
      const version = await until(() => adoptNext(aws, owner));
      const live = await until(async () => {
        const found = await generatedSecret.find(aws, owner, node.name);
        return found && found.version >= version ? found : undefined;
      });
      recordRevision(live);
    },
    async end() {
      await patiently(run, () => deleteNext(aws, owner));
    },
  };
}
