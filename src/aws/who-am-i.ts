import { BuddyError } from "../lib/errors.ts";
import type { Services } from "./aws.ts";
import { classify } from "./classify.ts";
import { clockWords } from "./clock.ts";
import type { Login } from "./credentials.ts";
import { hasCode, Reworded } from "./errors.ts";
import { failureOf } from "./failure.ts";

/** A region that every account has, and which knows every caller of AWS's commercial partition. */
const ALWAYS_THERE = "us-east-1";

/** Regions of AWS in China, for governments, and of the European sovereign cloud. */
const OTHER_PARTITIONS = /^(cn|us-gov|us-iso\w*|eu-isoe|eusc)-/;

export interface Circumstances {
  readonly region: string;
  /** Undefined in the sandbox. */
  readonly login: Login | undefined;
  /** How far AWS's clock is ahead, milliseconds, if that is known by now. */
  ahead(): number | undefined;
  /** The same caller in another region. */
  elsewhere(region: string): Services;
}

/** Asks AWS for the caller. Throws BuddyError: `credentials`, `account`, `denied` or `network`, or what else there was. */
export async function whoAmI(
  calls: Services,
  circumstances: Circumstances,
): Promise<{ readonly account: string; readonly partition: string; readonly caller: string }> {
  try {
    const { Account, Arn } = await calls.sts.getCallerIdentity({});
    return { account: Account ?? "", partition: Arn?.split(":")[1] ?? "aws", caller: Arn ?? "" };
  } catch (error) {
    if (error instanceof BuddyError) throw error;
    throw (await notEnabled(error, circumstances)) ?? (await inWords(error, circumstances));
  }
}

async function inWords(error: unknown, { login, ahead }: Circumstances): Promise<unknown> {
  const kind = classify(error);
  // The role of a profile may be denied: what the caller asks itself, everybody may (STS API reference, GetCallerIdentity).
  const own = kind === "denied" || kind === "credentials";
  const { code, message, hint } = failureOf(own && login ? await login.explain(error) : error);
  const off = ahead();
  if (kind === "clock")
    return new BuddyError({
      code: "credentials",
      message: `AWS does not accept the time of this machine's requests: ${message}`,
      hint: off === undefined ? hint : `${clockWords(off)}. ${hint}`,
      cause: error,
    });
  return new BuddyError({ code: own && code !== "network" ? "credentials" : code, message, hint, cause: error });
}

/**
 * A region that is not enabled in the account answers as if the credentials were false (Klayers#60, aws-sdk-java#2313): another
 * one tells the two apart. Undefined: it is not that.
 */
async function notEnabled(
  error: unknown,
  { region, elsewhere, login }: Circumstances,
): Promise<BuddyError | undefined> {
  const unknown = login && region !== ALWAYS_THERE && classify(error) === "credentials" && isUnknownCaller(error);
  if (!unknown) return undefined;
  const there = await elsewhere(ALWAYS_THERE)
    .sts.getCallerIdentity({})
    .catch(() => undefined);
  if (!there) return undefined;
  const known = `${region} does not know the credentials of account ${there.Account}, which ${ALWAYS_THERE} accepts`;
  // What says that they are not accepted would say the opposite.
  const cause = error instanceof Reworded ? error.cause : error;
  if (OTHER_PARTITIONS.test(region))
    return new BuddyError({
      code: "account",
      message: `${known}: the region belongs to a part of AWS that has accounts of its own`,
      hint: "Use credentials of an account of that part, or another region.",
      cause,
    });
  return new BuddyError({
    code: "account",
    message: `${known}: the region is not enabled in the account`,
    hint: `Enable it, which takes minutes to hours: aws account enable-region --region-name ${region}. If it is enabled (aws account get-region-opt-status --region-name ${region}), the session's token is from STS's global endpoint, which such regions do not accept: log in with AWS_STS_REGIONAL_ENDPOINTS=regional. Or use another region.`,
    cause,
  });
}

/** Reworded or as it came. */
const isUnknownCaller = (error: unknown): boolean =>
  hasCode(error, "InvalidClientTokenId", "UnrecognizedClientException") ||
  (error instanceof Error && error.cause !== undefined && isUnknownCaller(error.cause));
