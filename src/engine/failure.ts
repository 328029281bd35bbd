import { classify, type ErrorClass } from "../aws/classify.ts";
import { codesOf } from "../aws/errors.ts";
import { BuddyError, type ErrorCode, requestIdOf } from "../lib/errors.ts";
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

/** What says more than the code's own hint. */
const HINT: Readonly<Partial<Record<ErrorClass, string>>> = {
  throttled:
    "AWS is answering too slowly for this account. Wait some minutes and run the same command again, perhaps with a lower --concurrency.",
  transient: "The service is in trouble. Run the same command again: it continues where it stopped.",
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
