import { BuddyError } from "../../lib/errors.ts";
import type { CommonOptions } from "../options.ts";

export interface RestoreOptions extends CommonOptions {
  readonly yes?: boolean;
  /** ISO 8601, or "latest". */
  readonly to?: string;
  /** Of the database. */
  readonly snapshot?: string;
  /** Of the files: an ARN, or "latest". */
  readonly recoveryPoint?: string;
  /** False: --no-switch. */
  readonly switch?: boolean;
  readonly openVault?: boolean;
  readonly discardOld?: boolean;
}

/** The options that only one of the two has. */
const ONLY = {
  database: { snapshot: "--snapshot" },
  files: { recoveryPoint: "--recovery-point", openVault: "--open-vault", discardOld: "--discard-old" },
} as const satisfies Readonly<Record<string, Partial<Record<keyof RestoreOptions, string>>>>;

/** Brings data back from a copy, beside what runs. */
export async function restore(what: "database" | "files", options: RestoreOptions): Promise<number> {
  const other = what === "database" ? "files" : "database";
  for (const [name, option] of Object.entries(ONLY[other]))
    if (options[name as keyof RestoreOptions] !== undefined)
      throw new BuddyError({
        code: "usage",
        message: `${option} is an option of restore ${other}, not of restore ${what}`,
        hint: "See `buddyverse restore --help`.",
      });
  if (what === "files") return (await import("./restore-files.ts")).restoreFiles(options);
  return (await import("./restore-database.ts")).restoreDatabase(options);
}
