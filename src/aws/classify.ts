import type { NotYet } from "../engine/resource.ts";
import { codesOf, isOneOf, Unreachable } from "./errors.ts";
import type { ErrorNames } from "./service.ts";
import { eachService } from "./services.ts";

export type ErrorClass =
  | "throttled"
  | "transient"
  | "denied"
  | "unverified"
  | "not-activated"
  | "credentials"
  /** The signature's time is off, and the SDK has found out by how much: the next attempt is signed with AWS's time. */
  | "clock"
  | "quota"
  | "capacity"
  | "network"
  | "other";

/**
 * Names that several services share ("Common Errors" of their API references; the lists of @smithy/service-error-classification).
 * A service's own are in its service.ts.
 */
const COMMON: ErrorNames = {
  throttled: [
    "Throttling",
    "ThrottlingException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
  ],
  denied: ["AccessDenied", "AccessDeniedException", "NotAuthorized"],
  notActivated: ["OptInRequired", "SubscriptionRequiredException"],
  credentials: [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "RequestInTheFuture",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    // The SDK's own: nothing was sent.
    "CredentialsProviderError",
    "TokenProviderError",
  ],
  transient: [
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    // Node's and the SDK's own, of a connection that was lost.
    "ECONNRESET",
    "EPIPE",
    "ETIMEDOUT",
    "TimeoutError",
  ],
};

/** How the services name their quotas: VpcLimitExceeded, InstanceQuotaExceededFault, TooManyLoadBalancersException. */
const QUOTA = /(Limit|Quota)Exceeded(Exception|Fault)?$|^TooMany/;

/** Node's codes of a connection that did not come about: nothing was sent. */
const NETWORK =
  /^(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ECONNREFUSED|EPROTO|CERT_\w+|ERR_(TLS|SSL)_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_CERT\w*)$/;

/** Whether an error is one of those that the services, and `COMMON`, name for this. */
function namedFor(kind: keyof ErrorNames): (error: unknown, codes: readonly string[]) => boolean {
  const names = [
    ...(COMMON[kind] ?? []),
    ...eachService.flatMap(({ errors }): readonly NotYet[] => errors?.[kind] ?? []),
  ];
  const plain = new Set(names.filter((name) => typeof name === "string"));
  const worded = names.filter((name) => typeof name !== "string");
  return (error, codes) => codes.some((code) => plain.has(code)) || isOneOf(error, worded);
}

const is = {
  throttled: namedFor("throttled"),
  capacity: namedFor("capacity"),
  quota: namedFor("quota"),
  denied: namedFor("denied"),
  unverified: namedFor("unverified"),
  notActivated: namedFor("notActivated"),
  credentials: namedFor("credentials"),
  transient: namedFor("transient"),
  notVisible: namedFor("notVisible"),
};

/** What sort of trouble an error is. Named answers of AWS come before the HTTP status: a lack of capacity is a 500 too. */
export function classify(error: unknown): ErrorClass {
  const { code, $metadata, cause } = (error ?? {}) as {
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
    readonly cause?: unknown;
  };
  if (error instanceof Unreachable) {
    const kind = classify(cause);
    return kind === "throttled" || kind === "transient" ? kind : "network";
  }
  // Node's errors have their name in `code`.
  const codes = [...codesOf(error), ...(typeof code === "string" ? [code] : [])];
  if (is.capacity(error, codes)) return "capacity";
  if (is.throttled(error, codes)) return "throttled";
  if (is.quota(error, codes) || codes.some((name) => QUOTA.test(name))) return "quota";
  if (is.unverified(error, codes)) return "unverified";
  if (is.notActivated(error, codes)) return "not-activated";
  if (is.denied(error, codes)) return "denied";
  // On a machine whose clock is off the SDK says so of each error, whatever it is (@aws-sdk/core, AwsSdkSigV4Signer).
  if (is.credentials(error, codes)) return $metadata?.clockSkewCorrected ? "clock" : "credentials";
  if (codes.some((name) => NETWORK.test(name))) return "network";
  if (is.transient(error, codes)) return "transient";
  const status = $metadata?.httpStatusCode;
  if (status === 429) return "throttled";
  if (status !== undefined && status >= 500) return "transient";
  if (cause !== undefined && cause !== error) return classify(cause);
  return "other";
}

/** True when AWS says that an object which was just made is not visible everywhere yet. */
export const isNotVisible = (error: unknown): boolean => is.notVisible(error, codesOf(error));
