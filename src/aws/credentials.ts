import { BuddyError } from "../lib/errors.ts";
import { list } from "../lib/text.ts";
import { denialHint } from "./denial.ts";
import { codesOf, hasCode, Reworded } from "./errors.ts";
import { notAnsweredBy, unreachable } from "./way.ts";

/** What the SDK signs with; `$source` names the providers that it came from. */
export interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly expiration?: Date;
  readonly $source?: Readonly<Record<string, string>>;
}

/** Answers credentials. The SDK says for which client. */
type Provider = (asked?: object) => Promise<Identity>;

/** Where a run's credentials come from. */
export interface Login {
  /** For all clients of the run: what one has asked for, the others are given. */
  readonly provider: Provider;
  /** A person has opened their session with an MFA code, which is asked for once a run. */
  openedByCode(): boolean;
  /** The error, in words for a person: there are none, or AWS does not accept them. */
  explain(error: unknown): Promise<Reworded>;
}

export interface LoginOptions {
  readonly profile: string | undefined;
  /** Asks a person for the code of an MFA device. Undefined: nobody can be asked. */
  readonly mfaCode: ((serial: string, profile: string) => Promise<string>) | undefined;
  /** What the SDK's own calls for credentials (STS, IAM Identity Center) are sent by. */
  readonly requestHandler: unknown;
}

/** The profiles of the shared files, and where these are. */
interface Profiles {
  readonly files: readonly string[];
  readonly named: Readonly<Record<string, Readonly<Record<string, string | undefined>> | undefined>>;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** From five minutes before their end new ones are asked for (AWS SDKs reference guide; STS's shortest session is 15 minutes). */
const RENEWED_BEFORE_MS = 5 * 60_000;

export function loginOf({ profile: given, mfaCode, requestHandler }: LoginOptions): Login {
  const named = given ?? (process.env.AWS_PROFILE || undefined);
  const name = named ?? "default";
  let wanted = false;
  let opened = false;
  // The roles of a chain may each want one: a terminal is asked for one at a time.
  let asking: Promise<unknown> = Promise.resolve();

  async function mfaCodeProvider(serial: string): Promise<string> {
    if (opened)
      throw new BuddyError({
        code: "credentials",
        message: `the session that the MFA code opened for profile "${name}" has ended`,
        hint: "Run the same command again, with a new code: it continues where it stopped. A role can have longer sessions (duration_seconds in the profile).",
      });
    if (!mfaCode) throw withoutTerminal(name, serial);
    wanted = true;
    const code = asking.then(() => mfaCode(serial, name));
    asking = code.catch(() => {});
    return code;
  }

  async function chosen(): Promise<Provider> {
    const { named: profiles, files } = await profilesOf();
    if (named !== undefined && !profiles[named]) throw noSuchProfile(named, Object.keys(profiles), files);
    const init = { logger: quiet, mfaCodeProvider, clientConfig: { requestHandler, logger: quiet } };
    // The SDK's chain goes on after a profile that fails, and in the end says only that it found nothing.
    if ((named !== undefined || !keysInEnvironment()) && sourceOf(profiles[name]) !== undefined) {
      const { fromIni } = await import("@aws-sdk/credential-provider-ini");
      return fromIni({ ...init, profile: name } as never) as Provider;
    }
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    return defaultProvider({ ...init, ...(named === undefined ? {} : { profile: named }) } as never) as Provider;
  }

  let choice: Promise<Provider> | undefined;
  const provider = shared(async (asked) => {
    choice ??= chosen();
    const identity = await (await choice)(asked);
    opened = wanted;
    return identity;
  });
  return {
    provider,
    openedByCode: () => opened,
    explain: async (error) => inWords(error, { named, name, profiles: await profilesOf() }),
  };
}

/**
 * One answer for all that ask, until shortly before its end. While it holds, a renewal that fails is no failure.
 * `memoized`: the SDK's clients keep no copy of their own.
 */
function shared(ask: Provider): Provider {
  let held: Identity | undefined;
  let asking: Promise<Identity> | undefined;
  const provide: Provider = async (asked) => {
    const left = (held?.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
    if (held && left > RENEWED_BEFORE_MS) return held;
    asking ??= ask(asked).finally(() => {
      asking = undefined;
    });
    if (!held || left <= 0) {
      held = await asking;
      return held;
    }
    const renewed = asking;
    held = await renewed.catch(() => held as Identity);
    return held;
  };
  return Object.assign(provide, { memoized: true });
}

async function profilesOf(): Promise<Profiles> {
  const { parseKnownFiles } = await import("@smithy/core/config");
  const { HOME = "~", AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  return {
    // `ignoreCache`: a test's next run, or a login in between, has written others.
    named: await parseKnownFiles({ ignoreCache: true }),
    files: [AWS_CONFIG_FILE ?? `${HOME}/.aws/config`, AWS_SHARED_CREDENTIALS_FILE ?? `${HOME}/.aws/credentials`],
  };
}

/** The profiles of this machine's AWS config. */
export const profileNames = async (): Promise<readonly string[]> => Object.keys((await profilesOf()).named);

const keysInEnvironment = (): boolean => Boolean(process.env.AWS_ACCESS_KEY_ID && process.env.AWS_SECRET_ACCESS_KEY);

type Source = "sso" | "login" | "process" | "role" | "web-identity" | "keys";

/** Where a profile has its credentials from; undefined: it says nothing of that (a region only). */
function sourceOf(profile: Profiles["named"][string]): Source | undefined {
  if (!profile) return undefined;
  if (profile.role_arn && (profile.source_profile || profile.credential_source)) return "role";
  if (profile.aws_access_key_id) return "keys";
  if (profile.web_identity_token_file) return "web-identity";
  if (profile.credential_process) return "process";
  if (profile.sso_session || profile.sso_start_url) return "sso";
  return profile.login_session ? "login" : undefined;
}

// ---- In words -----------------------------------------------------------------------------------------------------

const THEN = "then run the same command: it continues where it stopped";

function noSuchProfile(name: string, there: readonly string[], files: readonly string[]): BuddyError {
  return new BuddyError({
    code: "credentials",
    message: `there is no profile "${name}" in ${files.join(" or ")}`,
    hint:
      there.length === 0
        ? `There are none at all. \`aws configure sso --profile ${name}\` or \`aws login --profile ${name}\` makes one.`
        : `There ${there.length === 1 ? "is" : "are"} ${list(there)}. Name one with --profile or AWS_PROFILE.`,
  });
}

const withoutTerminal = (profile: string, serial: string): BuddyError =>
  new BuddyError({
    code: "credentials",
    message: `profile "${profile}" needs the code of the MFA device ${serial}, and there is no terminal to ask on`,
    hint: `Open the session before, where there is one: \`eval "$(aws configure export-credentials --profile ${profile} --format env)"; unset AWS_PROFILE\` (or \`aws-vault exec ${profile} -- buddyverse …\`), ${THEN}, without --profile.`,
  });

interface Facts {
  /** The profile that was asked for, and the one that holds. */
  readonly named: string | undefined;
  readonly name: string;
  readonly profiles: Profiles;
}

const EXPIRED = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

function inWords(error: unknown, { named, name, profiles }: Facts): Reworded {
  if (error instanceof Reworded) return error;
  const said = (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, " ");
  const lost = notReached(error, said);
  if (lost) return lost;
  const code = codesOf(error)[0];
  const ofProfile = named === undefined && keysInEnvironment() ? "" : ` of profile "${name}"`;
  const renew = `${renewal(named === undefined && keysInEnvironment() ? undefined : name, profiles)}, ${THEN}`;
  if (hasCode(error, ...EXPIRED))
    return new Reworded(`the AWS credentials${ofProfile} have expired`, `${renew}.`, error);
  if (/MultiFactorAuthentication failed/i.test(said))
    return new Reworded(
      `AWS does not accept the MFA code: ${said}`,
      "A code holds for half a minute and only once. Wait for the next one and run the same command again; if it is refused too, the device's clock is off, or mfa_serial names another device.",
      error,
    );
  if (hasCode(error, "CredentialsProviderError", "TokenProviderError")) {
    const none = /Could not load credentials from any providers/.test(said);
    if (none) return noneFound(named, profiles, error);
    return new Reworded(`there are no AWS credentials${ofProfile}: ${said}`, `${renew}.`, error);
  }
  if (/AssumeRole/.test(said))
    return new Reworded(
      `AWS does not hand out the role${ofProfile}: ${said}`,
      denialHint(error) ??
        "The role's trust policy must name the caller, and the caller must be allowed sts:AssumeRole on it. If the role wants MFA, add mfa_serial to the profile. Then run the same command again.",
      error,
    );
  const from = ofProfile || " in the environment (AWS_ACCESS_KEY_ID)";
  return new Reworded(
    `AWS does not accept the credentials${from}: ${code && !said.startsWith(code) ? `${code}: ` : ""}${said}`,
    `${renew}.`,
    error,
  );
}

/** What went wrong on the way to IAM Identity Center the SDK's providers have as a text only. */
function notReached(error: unknown, said: string): Reworded | undefined {
  // A process has its own reasons.
  if (said.startsWith("Command failed")) return undefined;
  // The SDK's word for an error that AWS did not send.
  if (/^(Error: )?Unknown(Error)?(: Unknown(Error)?)?$/.test(said)) return notAnsweredBy("IAM Identity Center", error);
  const [, code, hostname] =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT)\b(?: ([\w.:-]+))?/.exec(said) ?? [];
  const found = code === undefined ? error : Object.assign(new Error(said, { cause: error }), { code, hostname });
  return unreachable(found);
}

/** Nothing gives any: neither the environment, nor a profile, nor the machine. */
function noneFound(named: string | undefined, { named: profiles, files }: Profiles, error: unknown): Reworded {
  const others = Object.keys(profiles).filter((one) => one !== named && sourceOf(profiles[one]) !== undefined);
  const choose =
    others.length > 0
      ? `Name a profile that has some with --profile or AWS_PROFILE (${list(others)})`
      : "Set AWS_PROFILE or --profile";
  return new Reworded(
    named === undefined
      ? "there are no AWS credentials: neither in the environment, nor in a profile, nor on this machine"
      : `there are no AWS credentials: profile "${named}" (${files.join(", ")}) does not say where to get any`,
    `${choose}, or log in (aws sso login, aws login), then run the same command; or rehearse without an account: --sandbox.`,
    error,
  );
}

/** How a person renews what a profile gives; without a profile: what is in the environment. */
function renewal(name: string | undefined, profiles: Profiles): string {
  if (name === undefined)
    return "Set fresh ones in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)";
  const profile = profiles.named[name];
  const option = ` --profile ${/^[\w./@+-]+$/.test(name) ? name : JSON.stringify(name)}`;
  switch (sourceOf(profile)) {
    case "sso":
      return `Log in again: \`aws sso login${option}\``;
    case "login":
      return `Log in again: \`aws login${option}\``;
    case "process":
      return `See what its credential_process says (\`aws configure export-credentials${option}\` runs it, too) and correct it`;
    case "role":
      return profile?.source_profile && profile.source_profile !== name
        ? renewal(profile.source_profile, profiles)
        : `Correct role_arn and credential_source of profile "${name}"`;
    case "web-identity":
      return `Renew the token in ${profile?.web_identity_token_file}`;
    case "keys":
      return `Renew its keys (\`aws configure${option}\`, or paste the session anew into ${profiles.files[1]})`;
    default:
      return "Set AWS_PROFILE or --profile, or log in (aws sso login, aws login)";
  }
}
