import { BuddyError, type ErrorCode } from "../lib/errors.ts";
import { classify, type ErrorClass } from "./classify.ts";
import { denialHint } from "./denial.ts";
import { codesOf, Reworded } from "./errors.ts";

/** What an error of AWS, or of the way there, means for a person. */
export interface Failure {
  readonly code: ErrorCode;
  /** AWS's own words, with its name of the error. */
  readonly message: string;
  /** Undefined: what is said of its code in general. */
  readonly hint: string | undefined;
}

const CODE: Readonly<Record<ErrorClass, ErrorCode>> = {
  throttled: "failed",
  transient: "failed",
  denied: "denied",
  unverified: "account",
  "not-activated": "account",
  credentials: "credentials",
  clock: "credentials",
  quota: "quota",
  capacity: "capacity",
  network: "network",
  other: "failed",
};

const HINT: Readonly<Partial<Record<ErrorClass, string>>> = {
  throttled:
    "AWS is answering too slowly for this account. Wait some minutes and run the same command again, perhaps with a lower --concurrency.",
  transient: "The service is in trouble. Run the same command again: it continues where it stopped.",
  unverified:
    "AWS is still verifying this new account, or its first use of this region. That passes by itself, mostly within minutes, at most some hours; AWS sends a mail. Then run the same command again: it continues where it stopped. If it lasts longer, write to AWS Support.",
  "not-activated":
    "The account does not have this service: its sign-up is not complete (payment method, telephone, support plan), or AWS has blocked it. Sign in to the AWS console as its owner and follow what is asked there; activation can take a day. If nothing is asked, write to AWS Support. Then run the same command again.",
  clock: "Set this machine's clock (NTP). If it is right, the secret access key does not belong to its access key id.",
};

/** @param cli how a person calls the AWS CLI for this run (`Aws.cli`) */
export function failureOf(error: unknown, cli?: string): Failure {
  const kind = classify(error);
  // The sandbox's file could not be written: the SDK passes that on as if it were an answer.
  if (error instanceof BuddyError) return { code: CODE[kind], message: error.message, hint: error.hint };
  const text = wordless(error) ?? (error instanceof Error ? error.message : String(error));
  const name = codesOf(error)[0];
  const named = name && name !== "Unknown" && !text.startsWith(name) ? `${name}: ${text}` : text;
  if (error instanceof Reworded) return { code: CODE[kind], message: named, hint: error.hint };
  return { code: CODE[kind], message: named, hint: kind === "denied" ? denialHint(error, cli) : HINT[kind] };
}

/** An answer without a body has no words: the SDK calls it "Unknown". Undefined: it has. */
function wordless(error: unknown): string | undefined {
  const { message, $metadata } = (error ?? {}) as {
    readonly message?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  if ($metadata?.httpStatusCode === undefined || (message !== "Unknown" && message !== "UnknownError"))
    return undefined;
  return `the answer was HTTP ${$metadata.httpStatusCode}, without a word why`;
}
