import { secretsInUse } from "../../../steps/app-secrets.ts";
import { secretsOf } from "../../../steps/scripts/app-settings.ts";
import { ENVIRONMENT_VARIABLE } from "../../config/patterns.ts";
import type { Config } from "../../config/schema.ts";
import { age, at } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { pad, widthOf } from "../../lib/text.ts";
import {
  findAppSecret,
  type ListedSecret,
  listedSecrets,
  removeAppSecret,
  setAppSecret,
} from "../../recovery/app-secrets.ts";
import { heading } from "../../report/views/heading.ts";
import { confirm, requireConsent } from "../ask.ts";
import type { CommonOptions } from "../options.ts";
import { configOf } from "../paths.ts";
import { readSecret } from "../read-secret.ts";
import { again, screenOf } from "../screen.ts";
import { withSession } from "../session.ts";

export interface SecretOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** The secrets of the application: sets, lists or removes them. No value is ever read back or shown. */
export async function secret(what: "set" | "list" | "rm", key: string | undefined, options: SecretOptions) {
  const config = configOf(options);
  if (what === "list") {
    if (key !== undefined) throw usage("secret list takes no name", "Run `buddyverse secret list`.");
    return list(options);
  }
  const variable = variableFrom(what, key);
  return what === "set" ? set(variable, config, options) : remove(variable, config, options);
}

const usage = (message: string, hint: string): BuddyError => new BuddyError({ code: "usage", message, hint });

/** Never says what was given: it may be the value. */
function variableFrom(what: string, key: string | undefined): string {
  if (key === undefined)
    throw usage(`secret ${what} needs the name of a secret`, `Say it: buddyverse secret ${what} STRIPE_KEY`);
  if (ENVIRONMENT_VARIABLE.test(key)) return key;
  if (/[=\s]/.test(key))
    throw usage(
      "the command line is no place for a value: others can see it, and the shell keeps it",
      `Name the secret only; its value is asked for, or read from standard input: buddyverse secret ${what} STRIPE_KEY`,
    );
  throw usage(
    "this is not a name of an environment variable",
    "Use letters, digits and underscores, not a digit first, 128 characters at most; BUDDYVERSE_ begins the tool's own.",
  );
}

const purpose = (writes: boolean) => ({ command: "secret", writes, resolvesAddress: false });

/** What becomes of a value that was set. */
function afterwards(config: Config, variable: string): string {
  if (config.image.app === null) return "No instance reads it: image.app is null, so that the built-in page runs.";
  return secretsOf(config).includes(variable)
    ? "Instances that run take it within two minutes, one after the other."
    : `No instance reads it before app.secrets names ${variable}, and \`buddyverse up\` has released that.`;
}

async function set(variable: string, config: Config, options: SecretOptions): Promise<number> {
  const value = await readSecret(`Value of ${variable} (it is not shown): `);
  return withSession(options, purpose(true), async (session) => {
    const screen = screenOf(session);
    screen.say(heading(screen.place, screen.errLook));
    const done = await setAppSecret(session.stack.run, config, variable, value);
    const has = done === "created" ? "a value" : "another value";
    screen.result(`${variable} has ${has}. ${afterwards(config, variable)}`, {
      secret: variable,
      outcome: done,
      named: config.app.secrets.includes(variable),
    });
    return 0;
  });
}

async function list(options: SecretOptions): Promise<number> {
  return withSession(options, purpose(false), async (session) => {
    const screen = screenOf(session);
    const secrets = await listedSecrets(session.stack.run, session.config);
    screen.result([heading(screen.place, screen.look), listView(secrets, session.clock.now(), options)].join("\n\n"), {
      secrets: secrets.map(({ changedAt, ...one }) => ({
        ...one,
        ...(changedAt === undefined ? {} : { changedAt: new Date(changedAt).toISOString() }),
      })),
    });
    return 0;
  });
}

function listView(secrets: readonly ListedSecret[], now: number, options: CommonOptions): string {
  if (secrets.length === 0)
    return `The application has no secrets: \`${again("secret", options, ["set", "KEY"])}\` gives one a value, and app.secrets hands it to the instances.`;
  const wide = Math.max(...secrets.map(({ name }) => widthOf(name))) + 2;
  return secrets
    .map(({ name, named, changedAt }) => {
      const standing =
        changedAt === undefined
          ? `missing: ${again("secret", options, ["set", name])}`
          : `set ${at(changedAt)}, ${age(now - changedAt)} ago${named ? "" : " · app.secrets does not name it"}`;
      return `  ${pad(name, wide)}${standing}`;
    })
    .join("\n");
}

async function remove(variable: string, config: Config, options: SecretOptions): Promise<number> {
  if (secretsOf(config).includes(variable))
    throw new BuddyError({
      code: "refused",
      message: `app.secrets names ${variable}: an instance that starts without its value would not come up`,
      hint: `Nothing was changed. Take it out of app.secrets and run \`buddyverse up\` first; or give it another value: buddyverse secret set ${variable}`,
    });
  requireConsent("secret rm", options.yes ?? false, again("secret", options, ["rm", variable]));
  return withSession(options, purpose(true), async (session) => {
    const { stack, interrupted } = session;
    const screen = screenOf(session);
    screen.say(heading(screen.place, screen.errLook));
    if ((await secretsInUse(stack)).has(variable))
      throw new BuddyError({
        code: "refused",
        message: `web instances read ${variable}: one that starts without its value would not come up`,
        hint: "Nothing was changed. Run `buddyverse up` first: it releases the config, which no longer names it.",
      });
    const found = await findAppSecret(stack.run, config, variable);
    if (!found) {
      screen.result(`${variable} has no value: there is nothing to remove.`, { secret: variable, outcome: "absent" });
      return 0;
    }
    screen.say(
      `${variable} is removed with its value, which is then lost; an earlier release that reads it cannot be gone back to.`,
    );
    if (!(await confirm(options.yes ?? false, interrupted))) {
      screen.say("Nothing was changed.");
      return 0;
    }
    await removeAppSecret(stack.run, variable, found);
    screen.result(`${variable} is removed.`, { secret: variable, outcome: "removed" });
    return 0;
  });
}
