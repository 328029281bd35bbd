import { failureOf } from "../aws/failure.ts";
import { BuddyError, requestIdOf } from "../lib/errors.ts";
import type { Node } from "./graph.ts";

/** Any error of a node's work as a BuddyError that says where it happened and what to do now. @param cli `Aws.cli` */
export function describeError(error: unknown, node: Node, id: string | undefined, cli?: string): BuddyError {
  if (error instanceof BuddyError) return error;
  const { code, message, hint } = failureOf(error, cli);
  const requestId = requestIdOf(error);
  return new BuddyError({
    code,
    message: `${node.type.name} ${node.name}: ${message}`,
    about: {
      key: node.key,
      ...(node.step ? { step: node.step } : {}),
      ...(id ? { id } : {}),
      ...(requestId ? { requestId } : {}),
    },
    hint,
    cause: error,
  });
}
