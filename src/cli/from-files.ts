import { FILE_SYSTEM, type From } from "../../steps/inputs.ts";
import type { Copy } from "../aws/copy.ts";
import { isRestoredFrom } from "../aws/efs/restored.ts";
import type { Observed, Snapshot } from "../engine/snapshot.ts";
import { type KeptCopies, keptCopies } from "./copies.ts";
import { copyText, type FromOptions, isRestored, isToBeMade, refused, upLine } from "./from-copy.ts";
import { again, type Screen } from "./screen.ts";
import type { Session } from "./session.ts";

/** Which recovery point, of which file system that is a copy, and whether its vault may be opened. */
type Origin = Pick<From, "recoveryPoint" | "copyOf" | "openVault">;

const isOfFiles = ({ of, state }: Copy): boolean => of === "files" && state === "available";
const originOf = ({ id, source }: Copy): Origin => ({ recoveryPoint: id, copyOf: source });

/** The recovery point that an unfinished run was to make the file system of. */
function begunFrom({ recorded }: Observed): Origin | undefined {
  const { recoveryPoint, copyOf, openVault } = (recorded?.spec ?? {}) as Origin;
  return recoveryPoint !== undefined && recorded?.neverReady ? { recoveryPoint, copyOf, openVault } : undefined;
}

function namedOrigin(given: string, { copies, unseen }: KeptCopies): Origin {
  const named = copies.find((copy) => (given === "latest" ? isOfFiles(copy) : copy.id === given));
  if (named) return originOf(named);
  if (given !== "latest") return { recoveryPoint: given };
  throw refused(
    `no recovery point of the stack's files is available${unseen.length > 0 ? ` (not looked at: ${unseen.join("; ")})` : ""}`,
    "Name another copy (`buddyverse snapshots` lists them), or begin with --files none.",
  );
}

/**
 * Decides where the files come from of a file system that is not there: with a database that is made of a snapshot, of the newest
 * recovery point. As `withDatabaseOrigin`, after which it is asked.
 */
export async function withFilesOrigin(
  session: Session,
  screen: Screen,
  options: FromOptions & { readonly yes?: boolean; readonly step?: string },
  found: Snapshot,
  asks: boolean,
): Promise<Snapshot> {
  const entry = found.entries.get(FILE_SYSTEM);
  const given = options.files;
  if (!entry?.wanted) {
    if (given === undefined) return found;
    throw refused("--files is for a file system, and there is none in this step", "Leave out --step.");
  }
  if (given === "none") return found;
  const use = (origin: Origin) => {
    const openVault = options.openVault ?? origin.openVault;
    session.inputs.from = { ...session.inputs.from, ...origin, ...(openVault ? { openVault } : {}) };
    return session.stack.refresh({ step: options.step });
  };
  const { live } = entry.look;
  const begun = begunFrom(entry);
  if (given !== undefined) {
    const origin = given === "latest" && begun ? begun : namedOrigin(given, await keptCopies(session));
    const id = origin.recoveryPoint as string;
    if (live && entry.recorded?.spec.recoveryPoint !== id && !isRestoredFrom(live.tags ?? {}, id))
      throw refused(
        `${live.id} is there: files are restored beside those that are there, never over them`,
        `To go back to them: ${again("restore", options, ["files", "--recovery-point", id])}`,
      );
    return use(origin);
  }
  if (begun !== undefined) return use(begun);
  if (!isToBeMade(entry)) return found;
  const withDatabase = session.inputs.from?.snapshot !== undefined;
  const kept = await keptCopies(session);
  const newest = kept.copies.find(isOfFiles);
  if (newest === undefined) {
    for (const one of kept.unseen) screen.say(`Whether there is a copy of the files was not looked at: ${one}`);
    if (withDatabase)
      screen.say(`There is no copy of the files that can be restored: ${entry.node.name} begins empty.`);
    return found;
  }
  if (withDatabase) return use(originOf(newest));
  const copy = copyText(newest, session.clock.now());
  if (options.emptyDatabase) {
    screen.say(
      `${entry.node.name} begins empty, too. The copy of its files stays: ${copy}. To have them: --files latest`,
    );
    return found;
  }
  const line = upLine(options);
  const text = `${entry.node.name} is not there, and a copy of its files is: ${copy}`;
  if (!asks) {
    screen.say(`${text}. up asks whether to restore it.`);
    return found;
  }
  const restored = await isRestored(session, screen, options.yes, {
    text,
    question: "Restore it, or begin without files?",
    restore: {
      to: "To have its files",
      command: (...words) => line(...words, "--files", newest.id, ...(newest.needs ?? [])),
    },
    empty: {
      to: "To begin without files; the copy stays",
      command: (...words) => line(...words, "--files", "none"),
    },
  });
  return restored ? use(originOf(newest)) : found;
}
