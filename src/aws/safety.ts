/**
 * What makes a changing call safe to repeat after its answer was lost. A call that only reads is always safe.
 * - `token`: AWS knows a repeat by its token.
 * - `name`: AWS refuses, or answers the existing one, for a repeat.
 * - `same`: doing it twice is doing it once (sets a value, removes a thing).
 * - `look`: nothing does. It is sent once; after a lost answer the engine looks for the object before it calls again.
 * Each service.ts says it of its own operations.
 */
export type Safety = "token" | "name" | "same" | "look";

const READS = /^(Describe|Filter|Get|List|Head|Simulate)/;
/** Whether a call changes nothing. @param input with EC2's `DryRun` a call is only pretended to be made */
export const isRead = (operation: string, input?: unknown): boolean =>
  READS.test(operation) || (input as { readonly DryRun?: boolean } | undefined)?.DryRun === true;
