import type { NotYet } from "../engine/resource.ts";

interface AwsErrorLike {
  readonly name?: string;
  readonly Code?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly cause?: unknown;
}

const like = (error: unknown): AwsErrorLike =>
  typeof error === "object" && error !== null ? (error as AwsErrorLike) : {};

/**
 * The names by which AWS knows this error. Query services model `DBInstanceNotFoundFault` but send `DBInstanceNotFound`:
 * the SDK gives the first as `name` and the second as `Code`, so both are answered.
 */
export function codesOf(error: unknown): readonly string[] {
  const { name, Code } = like(error);
  return [name, Code].filter((code): code is string => typeof code === "string" && code !== "Error");
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codesOf(error).some((code) => codes.includes(code));
}

export function requestIdOf(error: unknown): string | undefined {
  return like(error).$metadata?.requestId;
}

/** True when the error is one of those named, by code and, where given, by message. */
export function isOneOf(error: unknown, named: readonly NotYet[] = []): boolean {
  const message = like(error).message ?? "";
  return named.some((one) =>
    typeof one === "string" ? hasCode(error, one) : hasCode(error, one.code) && one.message.test(message),
  );
}

/** The answer of `read`, or undefined when AWS says with one of `codes` that there is no such thing. */
export async function absentAs<T>(codes: readonly NotYet[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isOneOf(error, codes)) return undefined;
    throw error;
  }
}

export type ErrorClass =
  | "throttled"
  | "transient"
  | "denied"
  | "credentials"
  | "quota"
  | "capacity"
  | "network"
  | "other";

const THROTTLED = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestLimitExceeded",
  "EC2ThrottledException",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "TooManyRequests",
  "TooManyRequestsException",
  "PriorRequestNotComplete",
  "PriorRequestNotCompleteException",
  "ResourceContention",
  "ResourceContentionFault",
]);
const DENIED = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "UnauthorizedOperation",
  "AuthorizationError",
  "AuthorizationErrorException",
  "OptInRequired",
  "PendingVerification",
]);
const CREDENTIALS = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "RequestExpired",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidSignatureException",
  "CredentialsProviderError",
  "TokenProviderError",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
]);
const QUOTA = new Set([
  "VpcLimitExceeded",
  "SubnetLimitExceeded",
  "AddressLimitExceeded",
  "InternetGatewayLimitExceeded",
  "NatGatewayLimitExceeded",
  "RouteTableLimitExceeded",
  "RouteLimitExceeded",
  "SecurityGroupLimitExceeded",
  "RulesPerSecurityGroupLimitExceeded",
  "InstanceLimitExceeded",
  "VcpuLimitExceeded",
  "MaxSpotInstanceCountExceeded",
  "FileSystemLimitExceeded",
  "InstanceQuotaExceeded",
  "InstanceQuotaExceededFault",
  "StorageQuotaExceeded",
  "StorageQuotaExceededFault",
  "TooManyLoadBalancers",
  "TooManyLoadBalancersException",
  "TooManyTargetGroups",
  "TooManyTargetGroupsException",
  "LimitExceeded",
  "LimitExceededException",
  "LimitExceededFault",
  "TooManyHostedZones",
  "FreeTierRestrictionError",
]);
const CAPACITY = new Set([
  "InsufficientInstanceCapacity",
  "InsufficientDBInstanceCapacity",
  "InsufficientDBInstanceCapacityFault",
  "InsufficientCapacity",
  "InsufficientHostCapacity",
  "Unsupported",
]);
const NETWORK = new Set(["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ECONNREFUSED"]);
const TRANSIENT = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "TimeoutError",
  "RequestTimeout",
  "RequestTimeoutException",
  "InternalError",
  "InternalFailure",
  "InternalServerError",
  "ServiceUnavailable",
  "Unavailable",
]);

/** What sort of trouble an error is. Named answers of AWS come before the HTTP status: a lack of capacity is a 500 too. */
export function classify(error: unknown): ErrorClass {
  const codes = codesOf(error);
  const is = (set: ReadonlySet<string>) => codes.some((code) => set.has(code));
  if (is(CAPACITY)) return "capacity";
  if (is(QUOTA)) return "quota";
  if (is(THROTTLED)) return "throttled";
  if (is(DENIED)) return "denied";
  // EC2 says AuthFailure both for bad credentials and for an address that is still held (aws-sdk threads); only the first is meant.
  if (
    is(CREDENTIALS) ||
    (codes.includes("AuthFailure") && /validate the provided access credentials/i.test(like(error).message ?? ""))
  )
    return "credentials";
  const { code, $metadata, cause } = like(error);
  if (typeof code === "string" && NETWORK.has(code)) return "network";
  if (is(TRANSIENT) || (typeof code === "string" && TRANSIENT.has(code))) return "transient";
  const status = $metadata?.httpStatusCode;
  if (status === 429) return "throttled";
  if (status !== undefined && status >= 500) return "transient";
  if (cause !== undefined && cause !== error) return classify(cause);
  return "other";
}

/**
 * Thrown in place of a lost or broken answer to a call that is not safe to repeat: AWS may have acted. Who gets it must
 * look before calling again.
 */
export class AmbiguousOutcome extends Error {
  readonly operation: string;
  constructor(operation: string, cause: unknown) {
    super(`the answer to ${operation} was lost: ${like(cause).message ?? String(cause)}`, { cause });
    this.name = "AmbiguousOutcome";
    this.operation = operation;
  }
}
