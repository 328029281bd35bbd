import * as z from "zod";
import { BuddyError } from "../lib/errors.ts";
import { type Appended, openToAppend, readIfThere, removeIfThere, writeAtomically } from "../state/file.ts";
import type { LocalState } from "../state/store.ts";
import type { World } from "./world.ts";

const schema = z.object({
  version: z.literal(1),
  /** Wall-clock time of the last write, milliseconds since 1970. */
  savedAt: z.number(),
  world: z.looseObject({ version: z.literal(4), account: z.string(), region: z.string(), time: z.number() }),
  state: z.unknown().optional(),
});
type Content = z.infer<typeof schema>;

type Tables = World["tables"];
type Stored = Tables[string][string];

/**
 * While a command works, the file grows by a line for each save: what has changed since the one before. The first line is all
 * that there was, and at the command's end it is the only one. A line that a kill has cut off was never answered for.
 */
interface Change {
  readonly savedAt: number;
  /** The world without its tables. */
  readonly head: Omit<World, "tables">;
  /** Rows by their tables and ids; null: it is gone. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, Stored | null>>>>;
  /** The state's own text, where it has changed. */
  readonly stateText?: string | undefined;
}

/** The file is written as a whole again when its further lines are this long, bytes. */
const LONGEST = 4_000_000;

/** The sandbox's file: its world, and the stack state that belongs to it, so that neither mixes with a real account's. */
export interface SandboxFile {
  readonly world: World;
  /** The sandbox's time now: its last, and what has passed on the wall since. */
  readonly time: number;
  /** Writes what has changed; the first time all. It is in the file when this returns. */
  save(): void;
  /** Has the file be one JSON document again. Nothing is saved after it. */
  close(): void;
  /** Saves the world with the state that commands have written meanwhile. */
  gather(): void;
  readonly state: LocalState;
}

/** Where the stack's state is while the world is served: written by commands, which do not write the world then. */
export const stateBeside = (path: string): string => `${path}.state`;

/**
 * @param fresh makes the world of an empty file. With `apart` the state is in a file of its own until `gather`: for who
 * serves the world, while commands keep their state.
 */
export function openSandboxFile(
  path: string,
  now: number,
  fresh: () => World,
  { apart } = { apart: false },
): SandboxFile {
  const content = readIfThere(path);
  let world: World;
  let state: unknown;
  let time: number;
  if (content === undefined) {
    world = fresh();
    time = world.time;
  } else {
    const read = parse(path, content);
    world = read.world as unknown as World;
    state = read.state;
    time = world.time + Math.max(0, now - read.savedAt);
  }
  // Of one that was killed while it served the world.
  const beside = readIfThere(stateBeside(path));
  if (beside !== undefined) state = JSON.parse(beside);
  let isApart = apart;
  if (apart && beside === undefined && state !== undefined && state !== null)
    writeAtomically(stateBeside(path), JSON.stringify(state), { synced: false });
  let stateText = state === undefined || state === null ? undefined : JSON.stringify(state);
  let lines: Appended | undefined;
  /** What is in the file; undefined: this process has not written it yet. */
  let saved: { readonly rows: SavedRows; stateText: string | undefined } | undefined;

  // A rehearsal need not survive a power cut, so nothing is synced to the disk; a kill at any moment it does survive.
  function saveAll(): void {
    lines?.close();
    lines = undefined;
    const state = isApart || stateText === undefined ? {} : { state: JSON.parse(stateText) };
    writeAtomically(path, `${JSON.stringify({ version: 1, savedAt: Date.now(), world, ...state })}\n`, {
      synced: false,
    });
    if (!isApart) removeIfThere(stateBeside(path));
    saved = { rows: new Map(), stateText };
    changedRows(saved.rows, world.tables);
  }

  /** To put one file in another's place takes long, and a run saves hundreds of times: it is done in its beginning and end. */
  function save(): void {
    if (saved !== undefined) lines ??= openToAppend(path);
    if (saved === undefined || lines === undefined || lines.bytes > LONGEST) {
      saveAll();
      return;
    }
    const { tables, ...head } = world;
    const text = isApart || stateText === saved.stateText ? undefined : stateText;
    const change: Change = { savedAt: Date.now(), head, tables: changedRows(saved.rows, tables), stateText: text };
    try {
      lines.append(JSON.stringify(change));
    } catch (error) {
      saved = undefined;
      throw error;
    }
    saved.stateText = stateText;
  }

  return {
    world,
    time,
    save,
    close() {
      if (lines) saveAll();
    },
    gather() {
      stateText = readIfThere(stateBeside(path)) ?? stateText;
      isApart = false;
      saveAll();
    },
    state: {
      path,
      read: () => stateText,
      write(text) {
        stateText = text;
        save();
      },
      backUp() {},
      remove() {
        stateText = undefined;
        // A line that is added has no word for it.
        saveAll();
      },
    },
  };
}

type SavedRows = Map<string, Map<string, Stored>>;

/** The rows that are not as they were saved, which then count as saved. They are replaced when they change, never changed in place. */
function changedRows(saved: SavedRows, tables: Tables): Change["tables"] {
  const changed: Record<string, Record<string, Stored | null>> = {};
  for (const [name, rows] of Object.entries(tables)) {
    const known = saved.get(name) ?? new Map<string, Stored>();
    saved.set(name, known);
    const changes: Record<string, Stored | null> = {};
    let count = 0;
    for (const id in rows) {
      count++;
      const stored = rows[id];
      if (stored === undefined || known.get(id) === stored) continue;
      known.set(id, stored);
      changes[id] = stored;
    }
    if (count < known.size)
      for (const id of known.keys()) {
        if (id in rows) continue;
        known.delete(id);
        changes[id] = null;
      }
    if (Object.keys(changes).length > 0) changed[name] = changes;
  }
  return changed;
}

/** The stack's state in a sandbox file, as text; undefined: there is none. */
export function readStateText(path: string): string | undefined {
  const beside = readIfThere(stateBeside(path));
  if (beside !== undefined) return beside;
  const content = readIfThere(path);
  const state = content === undefined ? undefined : parse(path, content).state;
  return state === undefined || state === null ? undefined : JSON.stringify(state);
}

/** The world in a sandbox file, or undefined when there is none. */
export function readWorld(path: string): World | undefined {
  const content = readIfThere(path);
  return content === undefined ? undefined : (parse(path, content).world as unknown as World);
}

function parse(path: string, text: string): Content {
  try {
    const end = text.indexOf("\n{");
    if (end < 0) return schema.parse(JSON.parse(text));
    const content = schema.parse(JSON.parse(text.slice(0, end)));
    // What follows the last line's end is what a kill has cut off.
    const lines = text
      .slice(end + 1)
      .split("\n")
      .slice(0, -1);
    return lines.reduce((before, line) => changedBy(before, JSON.parse(line)), content);
  } catch {
    throw new BuddyError({
      code: "state",
      message: `${path} is not a sandbox that this version of buddyverse can read`,
      about: { file: path },
      hint: "Nothing of it is on AWS. Empty it: buddyverse sandbox reset",
    });
  }
}

function changedBy({ version, world, state }: Content, change: Change): Content {
  const tables = (world as unknown as World).tables;
  for (const [name, rows] of Object.entries(change.tables)) {
    tables[name] ??= {};
    for (const [id, stored] of Object.entries(rows)) {
      if (stored === null) delete tables[name][id];
      else tables[name][id] = stored;
    }
  }
  return {
    version,
    savedAt: change.savedAt,
    world: { ...change.head, tables },
    state: change.stateText === undefined ? state : JSON.parse(change.stateText),
  };
}
