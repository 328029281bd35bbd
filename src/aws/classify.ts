import type { NotYet } from "../engine/resource.ts";
import { codesOf, isOneOf } from "./errors.ts";
import type { ErrorNames } from "./service.ts";
import { eachService } from "./services.ts";

export type ErrorClass =
  | "throttled"
  | "transient"
  | "denied"
  | "credentials"
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
  denied: ["AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired"],
  credentials: [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
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

const NETWORK = new Set(["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ECONNREFUSED"]);

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
  credentials: namedFor("credentials"),
  transient: namedFor("transient"),
  notVisible: namedFor("notVisible"),
};

/** What sort of trouble an error is. Named answers of AWS come before the HTTP status: a lack of capacity is a 500 too. */
export function classify(error: unknown): ErrorClass {
  const { code, $metadata, cause } = (error ?? {}) as {
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly cause?: unknown;
  };
  // Node's errors have their name in `code`.
  const codes = [...codesOf(error), ...(typeof code === "string" ? [code] : [])];
  if (is.capacity(error, codes)) return "capacity";
  if (is.throttled(error, codes)) return "throttled";
  if (is.quota(error, codes) || codes.some((name) => QUOTA.test(name))) return "quota";
  if (is.denied(error, codes)) return "denied";
  if (is.credentials(error, codes)) return "credentials";
  if (codes.some((name) => NETWORK.has(name))) return "network";
  if (is.transient(error, codes)) return "transient";
  const status = $metadata?.httpStatusCode;
  if (status === 429) return "throttled";
  if (status !== undefined && status >= 500) return "transient";
  if (cause !== undefined && cause !== error) return classify(cause);
  return "other";
}

/** True when AWS says that an object which was just made is not visible everywhere yet. */
export const isNotVisible = (error: unknown): boolean => is.notVisible(error, codesOf(error));
