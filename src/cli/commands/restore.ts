import { BuddyError } from "../../lib/errors.ts";
import type { CommonOptions } from "../options.ts";

export interface RestoreOptions extends CommonOptions {
  readonly yes?: boolean;
  /** ISO 8601, or "latest". */
  readonly to?: string;
  readonly snapshot?: string;
  /** False: --no-switch. */
  readonly switch?: boolean;
}

/** Brings data back from a copy, beside what runs. */
export async function restore(what: string, options: RestoreOptions): Promise<number> {
  if (what === "database") return (await import("./restore-database.ts")).restoreDatabase(options);
  throw new BuddyError({
    code: "usage",
    message: `"${what}" is nothing that can be restored`,
    hint: "buddyverse restore database",
  });
}
