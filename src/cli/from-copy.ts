import { PRIMARY } from "../../steps/databases.ts";
import type { Copy } from "../aws/copy.ts";
import { RESTORED_FROM_TAG } from "../aws/rds/tags.ts";
import type { Observed, Snapshot } from "../engine/snapshot.ts";
import { age } from "../lib/duration.ts";
import { BuddyError } from "../lib/errors.ts";
import { ask } from "./ask.ts";
import { type KeptCopies, keptCopies } from "./copies.ts";
import type { CommonOptions } from "./options.ts";
import { again, type Screen } from "./screen.ts";
import type { Session } from "./session.ts";

/** What the command line says of where the data of a new database comes from. */
export interface FromOptions extends CommonOptions {
  /** A snapshot's name, or "latest". */
  readonly fromSnapshot?: string;
  readonly emptyDatabase?: boolean;
  /** The ARN of a recovery point, "latest" or "none". */
  readonly files?: string;
  /** The files' vault may be opened while their restore is started. */
  readonly openVault?: boolean;
}

/** Those options as they were typed, for a command that continues. */
export const fromWords = ({ fromSnapshot, emptyDatabase, files, openVault }: FromOptions): readonly string[] => [
  ...(fromSnapshot === undefined ? [] : ["--from-snapshot", fromSnapshot]),
  ...(emptyDatabase ? ["--empty-database"] : []),
  ...(files === undefined ? [] : ["--files", files]),
  ...(openVault ? ["--open-vault"] : []),
];

/**
 * What a person, or the tool, made on purpose of the primary: those of each day, AWS Backup's, and those of a former primary, which may
 * be younger and has older data, are chosen by their names.
 */
const isDeliberate = ({ of, what, state, key = PRIMARY }: Copy): boolean =>
  of === "database" && state === "available" && key === PRIMARY && /^(final|manual) snapshot$/.test(what);

export const refused = (message: string, hint: string) =>
  new BuddyError({ code: "refused", message, hint: `${hint}\nNothing was changed.` });

/** "database1-final-1 (20 GiB, MySQL 8.4.8, made 3 h ago)". */
export function copyText({ id, gib, version, madeAt }: Copy, now: number): string {
  const facts = [
    ...(gib === undefined ? [] : [`${gib} GiB`]),
    ...(version === undefined ? [] : [version]),
    ...(madeAt === undefined ? [] : [`made ${age(now - madeAt)} ago`]),
  ];
  return facts.length === 0 ? id : `${id} (${facts.join(", ")})`;
}

/** The snapshot that the last run made the database of, or was to. */
function recordedSnapshot({ recorded }: Observed): string | undefined {
  const snapshot = recorded?.spec.snapshot;
  return typeof snapshot === "string" ? snapshot : undefined;
}

function latestOf({ copies, unseen }: KeptCopies): string {
  const newest = copies.find(isDeliberate);
  if (newest) return newest.id;
  throw refused(
    `no final or manual snapshot of the stack's database is available${unseen.length > 0 ? ` (not looked at: ${unseen.join("; ")})` : ""}`,
    "Name another copy: `buddyverse snapshots` lists them.",
  );
}

/** What a person may want in the place of something that is not there. */
interface Offer {
  /** "database1 is not there, and its final snapshot is: …". */
  readonly text: string;
  readonly question: string;
  /** The command that restores it, and what it is for. @param words other options of `up` */
  readonly restore: { readonly to: string; readonly command: (...words: readonly string[]) => string };
  /** The command that begins without it. */
  readonly empty: { readonly to: string; readonly command: (...words: readonly string[]) => string };
}

/** Asks whether it is restored; with --yes nobody is asked, and it is refused with both commands. */
export async function isRestored(
  { stack }: Session,
  screen: Screen,
  yes: boolean | undefined,
  { text, question, restore, empty }: Offer,
): Promise<boolean> {
  if (yes) throw refused(text, `${restore.to}: ${restore.command("--yes")}\n${empty.to}: ${empty.command("--yes")}`);
  screen.say(`${text}.`);
  const answer = (await ask(`${question} [restore/empty] `, stack.run.signal)) ?? "";
  if (/^r(estore)?$/i.test(answer)) return true;
  if (/^e(mpty)?$/i.test(answer)) return false;
  throw refused(
    answer === "" ? "the question was not answered" : `"${answer}" is neither "restore" nor "empty"`,
    `Say it on the command line: ${restore.command()}, or ${empty.command()}`,
  );
}

/** It is made by this run; also what failed before it was ever there, which is made again. */
export const isToBeMade = ({ decision, recorded, refused }: Observed): boolean =>
  !refused && (decision.kind === "create" || (decision.kind === "replace" && recorded?.neverReady === true));

/** The command line of `up` with the same options and these words. */
export const upLine =
  (options: FromOptions & { readonly step?: string }) =>
  (...words: readonly string[]): string =>
    again("up", options, [...(options.step === undefined ? [] : ["--step", options.step]), ...words]);

/**
 * Decides where the data of a database comes from that is not there. Answers what is found with that decided. Throws `refused` where
 * there is data to lose, or nobody to ask.
 * @param asks false: of a command that changes nothing, which only says that `up` will ask
 */
export async function withDatabaseOrigin(
  session: Session,
  screen: Screen,
  options: FromOptions & { readonly yes?: boolean; readonly step?: string },
  found: Snapshot,
  asks: boolean,
): Promise<Snapshot> {
  const entry = found.entries.get(PRIMARY);
  const given = options.fromSnapshot;
  if (!entry?.wanted) {
    if (given === undefined) return found;
    throw refused("--from-snapshot is for a database, and there is none in this step", "Leave out --step.");
  }
  const use = (snapshot: string) => {
    session.inputs.from = { ...session.inputs.from, snapshot };
    return session.stack.refresh({ step: options.step });
  };
  const { live } = entry.look;
  // An unfinished run is continued.
  const begun = entry.recorded?.neverReady ? recordedSnapshot(entry) : undefined;
  if (given !== undefined) {
    const id = given === "latest" ? (begun ?? latestOf(await keptCopies(session))) : given.toLowerCase();
    const restored = [entry.recorded?.spec.snapshot, live?.tags?.[RESTORED_FROM_TAG]];
    if (live && !restored.includes(id))
      throw refused(
        `${live.id} is there: a snapshot is restored beside it, never over it`,
        `To go back to it: ${again("restore", options, ["database", "--snapshot", id])}`,
      );
    return use(id);
  }
  if (begun !== undefined) return use(begun);
  if (!isToBeMade(entry) || options.emptyDatabase) return found;
  const kept = await keptCopies(session);
  const final = kept.copies.find((one) => isDeliberate(one) && one.what === "final snapshot");
  if (final === undefined) {
    for (const one of kept.unseen) screen.say(`Whether there is a final snapshot of it was not looked at: ${one}`);
    const before = recordedSnapshot(entry);
    return before === undefined ? found : use(before);
  }
  const line = upLine(options);
  const text = `${entry.node.name} is not there, and its final snapshot is: ${copyText(final, session.clock.now())}`;
  if (!asks) {
    screen.say(`${text}. up asks whether to restore it.`);
    return found;
  }
  const restored = await isRestored(session, screen, options.yes, {
    text,
    question: "Restore it, or begin with an empty database?",
    restore: { to: "To have its data", command: (...words) => line(...words, "--from-snapshot", final.id) },
    empty: {
      to: "To begin with an empty database; the snapshot stays",
      command: (...words) => line(...words, "--empty-database"),
    },
  });
  return restored ? use(final.id) : found;
}
