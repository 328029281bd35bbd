import { hasCode } from "../errors.ts";

/** The account is not (yet) let in: a new one is still being verified (EC2 API reference, "Common client error codes"). */
export const isUnverifiedAccount = (error: unknown): boolean => hasCode(error, "OptInRequired", "PendingVerification");
