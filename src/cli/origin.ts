import type { Snapshot } from "../engine/snapshot.ts";
import { type FromOptions, withDatabaseOrigin } from "./from-copy.ts";
import { withFilesOrigin } from "./from-files.ts";
import type { Screen } from "./screen.ts";
import type { Session } from "./session.ts";

/** Decides where the data comes from of a database, and a file system, that are not there. */
export async function withOrigin(
  session: Session,
  screen: Screen,
  options: FromOptions & { readonly yes?: boolean; readonly step?: string },
  found: Snapshot,
  asks: boolean,
): Promise<Snapshot> {
  const seen = await withDatabaseOrigin(session, screen, options, found, asks);
  return withFilesOrigin(session, screen, options, seen, asks);
}
