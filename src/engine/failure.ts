import { classify, type ErrorClass } from "../aws/classify.ts";
import { codesOf, requestIdOf } from "../aws/errors.ts";
import { BuddyError, type ErrorCode } from "../lib/errors.ts";
import type { Node } from "./graph.ts";

const CODE: Readonly<Record<ErrorClass, ErrorCode>> = {
  throttled: "failed",
  transient: "failed",
  denied: "denied",
  credentials: "credentials",
  quota: "quota",
  capacity: "capacity",
  network: "network",
  other: "failed",
};

const HINT: Readonly<Record<ErrorClass, string>> = {
  throttled:
    "AWS is answering too slowly for this account. Wait some minutes and run the same command again, perhaps with a lower --concurrency.",
  transient: "The service is in trouble. Run the same command again: it goes on where it stopped.",
  denied:
    "The caller may not do this. `buddyverse policy` prints the permissions that are needed; then run the same command again.",
  credentials:
    "Log in again (aws sso login) or renew AWS_PROFILE's credentials, then run the same command: it goes on where it stopped.",
  quota:
    "Ask for a higher quota in the Service Quotas console, or remove what is no longer used; then run the same command again.",
  capacity:
    "AWS has none of these here at the moment, or never. Choose another instance type or zone in the config, or try again later.",
  network: "Check the network and proxy settings, then run the same command: it goes on where it stopped.",
  other: "Nothing is lost: mend the cause and run the same command again.",
};

/** Any error of a node's work as a BuddyError that says where it happened and what to do now. */
export function describeError(error: unknown, node: Node, id: string | undefined): BuddyError {
  if (error instanceof BuddyError) return error;
  const kind = classify(error);
  const text = error instanceof Error ? error.message : String(error);
  const code = codesOf(error)[0];
  const requestId = requestIdOf(error);
  return new BuddyError({
    code: CODE[kind],
    message: `${node.type.name} ${node.name}: ${code && !text.startsWith(code) ? `${code}: ` : ""}${text}`,
    about: {
      key: node.key,
      ...(node.step ? { step: node.step } : {}),
      ...(id ? { id } : {}),
      ...(requestId ? { requestId } : {}),
    },
    hint: HINT[kind],
    cause: error,
  });
}
