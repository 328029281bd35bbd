import { AmbiguousOutcome, saysExists } from "../aws/errors.ts";
import { tagList } from "../aws/owned.ts";
import { appSecret, appSecretKey, appSecretOwner, listAppSecrets, variableOf } from "../aws/ssm/app-secret.ts";
import { createParameter, deleteParameter } from "../aws/ssm/names.ts";
import type { Config } from "../config/schema.ts";
import { patiently } from "../engine/observe.ts";
import type { Run } from "../engine/run.ts";
import { BuddyError } from "../lib/errors.ts";

/** A deleted name is held for half a minute (API reference, DeleteParameter); reads lag for seconds. */
const PATIENCE_MS = 90_000;
const AGAIN_MS = 3_000;

type Place = Pick<Config, "stack" | "tags">;

/**
 * Gives a secret of the application its value, the first or another one. Throws `not-ours` where somebody else has the name:
 * theirs is not written over. It may be done again at any time.
 * @param variable the environment variable
 */
export async function setAppSecret(
  run: Pick<Run, "aws" | "clock" | "store" | "signal">,
  { stack, tags }: Place,
  variable: string,
  value: string,
): Promise<"created" | "changed"> {
  const { aws, clock, signal } = run;
  const owner = appSecretOwner(stack, variable, tags);
  const put = async (): Promise<"created" | "changed"> => {
    const live = await patiently(run, () => appSecret.find(aws, owner));
    if (!live) {
      await createParameter(aws, owner, { Type: "SecureString", Value: value });
      return "created";
    }
    // One call cannot do both (API reference, PutParameter: tags and overwrite).
    await aws.ssm.putParameter({ Name: owner.name, Type: "SecureString", Value: value, Overwrite: true });
    await aws.ssm.addTagsToResource({
      ResourceType: "Parameter",
      ResourceId: owner.name,
      Tags: tagList(owner.tags),
    });
    return "changed";
  };
  for (const since = clock.now(); ; await clock.sleep(AGAIN_MS, signal)) {
    try {
      return await put();
    } catch (error) {
      // The name is still held, or it is there by a call that was not answered and a read does not show it yet.
      if (!saysExists(error) && !(error instanceof AmbiguousOutcome)) throw error;
      if (clock.now() - since > PATIENCE_MS)
        throw new BuddyError({
          code: "timeout",
          message: `Parameter Store neither takes ${owner.name} nor shows it`,
          hint: "Run the same command again: it may be done any number of times.",
          cause: error,
        });
    }
  }
}

/** Removes a secret and its value. Answers false when there is none. Throws `not-ours` where somebody else has the name. */
export async function removeAppSecret(run: Run, { stack, tags }: Place, variable: string): Promise<boolean> {
  const { aws } = run;
  const live = await findAppSecret(run, { stack, tags }, variable);
  if (live) await patiently(run, () => deleteParameter(aws, live.id));
  return live !== undefined;
}

/** The config that `up` brought about last named it. */
export const runsWith = ({ store }: Pick<Run, "store">, variable: string): boolean =>
  store.get(appSecretKey(variable)) !== undefined;

/** The secret of that environment variable. Throws `not-ours` where somebody else has the name. */
export const findAppSecret = (run: Run, { stack, tags }: Place, variable: string) =>
  patiently(run, () => appSecret.find(run.aws, appSecretOwner(stack, variable, tags)));

/** How one secret of the application stands. */
export interface ListedSecret {
  readonly name: string;
  /** It has a value. */
  readonly set: boolean;
  /** `app.secrets` names it. */
  readonly named: boolean;
  /** When it got its value, milliseconds since 1970. */
  readonly changedAt?: number;
}

/** Those that the config names, in its order, then those that only have a value. */
export async function listedSecrets(run: Run, { stack, app }: Pick<Config, "stack" | "app">): Promise<ListedSecret[]> {
  const found = await patiently(run, () => listAppSecrets(run.aws, stack));
  const changed = new Map(found.map(({ id, writtenAt }) => [variableOf(id), Date.parse(writtenAt)]));
  const others = [...changed.keys()].filter((name) => !app.secrets.includes(name)).sort();
  return [...app.secrets, ...others].map((name): ListedSecret => {
    const changedAt = changed.get(name);
    const named = app.secrets.includes(name);
    return changedAt === undefined ? { name, set: false, named } : { name, set: true, named, changedAt };
  });
}
