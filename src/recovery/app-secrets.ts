import type { Aws } from "../aws/aws.ts";
import { AmbiguousOutcome, saysExists } from "../aws/errors.ts";
import { tagList } from "../aws/owned.ts";
import {
  type AppSecretLive,
  appSecret,
  appSecretKey,
  appSecretOwner,
  listAppSecrets,
  variableOf,
} from "../aws/ssm/app-secret.ts";
import { createParameter, deleteParameter } from "../aws/ssm/names.ts";
import type { Config } from "../config/schema.ts";
import { patiently } from "../engine/observe.ts";
import type { Identified, Owner } from "../engine/resource.ts";
import type { Run } from "../engine/run.ts";
import { BuddyError } from "../lib/errors.ts";

/** A deleted name is held for half a minute (API reference, DeleteParameter); reads lag for seconds. */
const PATIENCE_MS = 90_000;
const AGAIN_MS = 3_000;

type Place = Pick<Config, "stack" | "tags">;

type Done = "created" | "changed";

/**
 * Gives a secret of the application its value, the first or another one, and waits until reads show that. Throws `not-ours`
 * where somebody else has the name: theirs is not written over. It may be done again at any time.
 * @param variable the environment variable
 */
export async function setAppSecret(
  run: Pick<Run, "aws" | "clock" | "store" | "signal">,
  { stack, tags }: Place,
  variable: string,
  value: string,
): Promise<Done> {
  const { aws, clock, signal } = run;
  const owner = appSecretOwner(stack, variable, tags);
  const look = () => patiently(run, () => appSecret.find(aws, owner));
  let put: { readonly done: Done; readonly version: number } | undefined;
  let trouble: unknown;
  for (const since = clock.now(); ; await clock.sleep(AGAIN_MS, signal)) {
    const live = await look();
    if (put && live && live.version >= put.version) return put.done;
    try {
      put ??= await write(aws, owner, value, live);
    } catch (error) {
      // The name is still held, or it is there by a call that was not answered and a read does not show it yet.
      if (!saysExists(error) && !(error instanceof AmbiguousOutcome)) throw error;
      trouble = error;
    }
    if (clock.now() - since > PATIENCE_MS)
      throw new BuddyError({
        code: "timeout",
        message: `Parameter Store ${put ? "does not show what was written to" : "neither takes nor shows"} ${owner.name}`,
        hint: "Run the same command again: it may be done any number of times.",
        cause: trouble,
      });
  }
}

/** @returns the version that reads will show */
async function write(
  aws: Aws,
  owner: Owner,
  Value: string,
  live: AppSecretLive | undefined,
): Promise<{ readonly done: Done; readonly version: number }> {
  const put = { Type: "SecureString", Value } as const;
  if (!live) {
    await createParameter(aws, owner, put);
    return { done: "created", version: 1 };
  }
  // One call cannot do both (API reference, PutParameter: tags and overwrite).
  const { Version = 1 } = await aws.ssm.putParameter({ ...put, Name: owner.name, Overwrite: true });
  await aws.ssm.addTagsToResource({ ResourceType: "Parameter", ResourceId: owner.name, Tags: tagList(owner.tags) });
  return { done: "changed", version: Version };
}

/** Removes a secret that was found, and its value. */
export async function removeAppSecret(run: Run, variable: string, { id }: Identified): Promise<void> {
  await patiently(run, () => deleteParameter(run.aws, id));
  run.store.drop(appSecretKey(variable));
}

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
