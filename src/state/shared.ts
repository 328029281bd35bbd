import { BuddyError } from "../lib/errors.ts";
import { removeIfThere, type Text } from "./file.ts";
import type { StateText } from "./store.ts";

/** A text where several machines see it. */
export interface SharedText {
  /** As a person names it: "s3://bucket/key". */
  readonly path: string;
  /** What is there, and the mark of that version. Undefined: nothing. */
  read(): Promise<{ readonly text: string; readonly mark: string } | undefined>;
  /**
   * Writes in place of the version that has this mark; undefined: of nothing. Answers the new mark, or undefined when something
   * else is there: somebody else has written.
   */
  write(text: string, over: string | undefined): Promise<string | undefined>;
  remove(): Promise<void>;
}

/** A shared text as a run works with it: read once, written at once for the run, and sent in the background, one version after the other. */
export interface SentText extends Text {
  /** Resolves when all that was written is there; throws what kept it from that. */
  sent(): Promise<void>;
  /** What kept it from being sent. */
  readonly failure: BuddyError | undefined;
}

/**
 * Opens a shared text. Of versions that are written while one is on its way, only the newest is sent.
 * @param overtaken says what it means that somebody else has written since it was read
 */
export async function openShared(shared: SharedText, overtaken: (path: string) => BuddyError): Promise<SentText> {
  const found = await shared.read();
  let text = found?.text;
  let mark = found?.mark;
  let there = text;
  let sending: Promise<void> | undefined;
  let failure: BuddyError | undefined;

  async function send(): Promise<void> {
    while (text !== undefined && text !== there) {
      const now = text;
      const next = await shared.write(now, mark);
      if (next === undefined) throw overtaken(shared.path);
      mark = next;
      there = now;
    }
  }
  const start = (): void => {
    sending ??= send()
      .catch((error) => {
        failure = error instanceof BuddyError ? error : notSent(shared.path, error);
      })
      .finally(() => {
        sending = undefined;
      });
  };

  return {
    path: shared.path,
    read: () => text,
    write(next) {
      text = next;
      if (!failure) start();
    },
    async sent() {
      while (sending) await sending;
      if (failure) throw failure;
    },
    get failure() {
      return failure;
    },
  };
}

const notSent = (path: string, error: unknown): BuddyError =>
  new BuddyError({
    code: "state",
    message: `could not write ${path}: ${error instanceof Error ? error.message : String(error)}`,
    about: { file: path },
    hint: "What is under way is kept in the file `.unsent` beside the config; run the same command again from this folder, and it is sent first.",
    cause: error,
  });

/** Somebody else has written the state of this run: its lock was broken, or a person has put another state there. */
const fencedOff = (path: string): BuddyError =>
  new BuddyError({
    code: "locked",
    message: `somebody else has written ${path} since this run began: it goes no further`,
    about: { file: path },
    hint: "Its lock was broken by `buddyverse unlock`, or the state was put back by hand. See who works on the stack, then run the same command again: it finds by tags what this run made.",
  });

interface Version {
  readonly lineage?: string;
  readonly serial?: number;
  readonly run?: string;
}
const versionOf = (text: string | undefined): Version => {
  try {
    return text === undefined ? {} : (JSON.parse(text) as Version);
  } catch {
    return {};
  }
};

/** True when what a run of this folder could not send goes on where the shared state ends: nobody else has written since. */
function continues(unsent: string | undefined, shared: string | undefined): boolean {
  if (unsent === undefined) return false;
  if (shared === undefined) return true;
  const [mine, theirs] = [versionOf(unsent), versionOf(shared)];
  return (
    mine.run !== undefined &&
    mine.run === theirs.run &&
    mine.lineage === theirs.lineage &&
    (mine.serial ?? 0) > (theirs.serial ?? 0)
  );
}

/** A stack's state in a shared text. What is not sent yet is in a file, too, and gone from there once it is. */
export interface SharedState extends StateText {
  sent(): Promise<void>;
  /** Once all is sent: what is kept here for a run that is killed is not needed any more. */
  settle(): Promise<void>;
  /** What an earlier run of this folder could not send, and nobody can use any more: others have written since. */
  readonly outdated: boolean;
}

/**
 * Opens a state in a shared text.
 * @param unsent where the state is kept until it is sent
 */
export async function openSharedState(shared: SharedText, unsent: Text): Promise<SharedState> {
  const text = await openShared(shared, fencedOff);
  const kept = unsent.read();
  const taken = continues(kept, text.read());
  let latest = taken ? kept : text.read();
  return {
    path: shared.path,
    outdated: kept !== undefined && !taken && kept !== text.read(),
    read: () => latest,
    write(next) {
      latest = next;
      unsent.write(next);
      text.write(next);
    },
    get failure() {
      return text.failure;
    },
    // The versions of the object are the copies.
    backUp() {},
    sent: text.sent,
    async settle() {
      await text.sent();
      removeIfThere(unsent.path);
    },
  };
}
