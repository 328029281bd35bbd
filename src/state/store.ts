import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { BuddyError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { backUp, fileText, removeIfThere, type Text } from "./file.ts";
import { keepRecords, type Records } from "./records.ts";
import {
  type ImageRefresh,
  type KeptDrill,
  type Recorded,
  type RecordedApplication,
  STATE_VERSION,
  type StackState,
  stateSchema,
} from "./state.ts";

/** Where the text of a state lives: a file of its own, a part of the sandbox's file, or an object that several machines share. */
export interface StateText extends Text {
  /** Keeps a copy of what was there before this run's first write. */
  backUp(): void;
  /** Where others write, too: resolves when all that was written is there, throws when it cannot be. */
  sent?(): Promise<void>;
  /** What keeps it from being there. */
  readonly failure?: BuddyError | undefined;
}

/** One that only this machine has. */
export interface LocalState extends StateText {
  /** Takes it away, as when it has moved; of a file a copy stays beside it. */
  remove(): void;
}

export const stateFile = (path: string): LocalState => ({
  ...fileText(path),
  backUp: () => backUp(path),
  remove() {
    backUp(path);
    removeIfThere(path);
  },
});

/** Recorded resources of one stack, written through at each change. */
export interface StateStore {
  /** It changes with each write. */
  readonly resources: Readonly<Record<string, Recorded>>;
  readonly lineage: string;
  /** The config that the last whole `up` brought about, as it was written. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  get(key: string): Recorded | undefined;
  /** What is recorded under "KEY#…". */
  beside(key: string): readonly Recorded[];
  put(key: string, recorded: Recorded): void;
  /** Writes what AWS said of several, in one go. */
  setSeen(seen: ReadonlyMap<string, Seen>): void;
  drop(key: string): void;
  setConfig(config: Readonly<Record<string, unknown>>): void;
  /** The new web image that was asked for last; undefined: none ever was. */
  readonly imageRefresh: ImageRefresh | undefined;
  setImageRefresh(refresh: ImageRefresh): void;
  /** The application as it was found when an `up` last began. */
  readonly application: RecordedApplication | undefined;
  setApplication(application: RecordedApplication): void;
  /** How the last drills ended, the newest at the end. */
  readonly drills: readonly KeptDrill[];
  /** Takes the place of all that was kept of drills. */
  setDrills(drills: readonly KeptDrill[]): void;
  /** The first write that failed. What is under way may still be recorded, but nothing new may begin. */
  readonly failure: BuddyError | undefined;
  /**
   * Resolves when all that is recorded is where the next run finds it, on whichever machine; from then on nobody else's run that
   * began before can write. To be awaited before each call that changes something.
   */
  secured(): Promise<void>;
}

/** What of a record is from a look at AWS. */
export type Seen = Pick<Recorded, "baseline" | "attributes">;

export interface StackIdentity {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
}

/** Where a state can be had back from. */
function copiesOf(path: string): string {
  if (path.includes("://")) return "its versions in S3";
  return existsSync(`${path}.backup`) ? `${path}.backup, or your version control` : "your version control";
}

/** A command reads its state when it begins, and when it opens it: it is checked once. */
let last: { readonly content: string; readonly state: StackState } | undefined;

/**
 * Reads a state. "No file" is no state; a file that is empty, torn, of a newer version, or not a state at all is an error
 * (`state`), never "no state": a `down` that believed it would leave everything behind.
 */
export function readState(text: Pick<StateText, "path" | "read">): StackState | undefined {
  const content = text.read();
  if (content === undefined) return undefined;
  if (content === last?.content) return last.state;
  const broken = (what: string, cause?: unknown) =>
    new BuddyError({
      code: "state",
      message: `${text.path} ${what}`,
      about: { file: text.path },
      hint: `Nothing was sent to AWS. Restore it from ${copiesOf(text.path)}; or move it away: the next run finds the stack again by its tags.`,
      cause,
    });
  if (content.trim() === "") throw broken("is empty");
  let value: unknown;
  try {
    // Windows editors put a byte order mark first; JSON.parse refuses it.
    value = JSON.parse(content.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (/^<{7} /m.test(content)) throw broken("holds two versions, as git leaves them after a conflict", error);
    throw broken(`is not whole: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  const { version, writtenBy } = (value ?? {}) as { readonly version?: unknown; readonly writtenBy?: unknown };
  const parsed = stateSchema.safeParse(value);
  if (!parsed.success) {
    const other = typeof writtenBy === "string" && writtenBy !== VERSION ? writtenBy : undefined;
    if (other !== undefined || (typeof version === "number" && version > STATE_VERSION))
      throw new BuddyError({
        code: "state",
        message: `${text.path} was written by ${other === undefined ? "a newer buddyverse" : `buddyverse ${other}`}, and this one (${VERSION}) cannot read it`,
        about: { file: text.path },
        hint: `Install ${other === undefined ? "that version" : `buddyverse ${other}`}, or a later one. Nothing was sent to AWS.`,
      });
    const issue = parsed.error.issues[0];
    throw broken(`is not a state file: ${issue?.path.join(".") || "its top level"}: ${issue?.message ?? "unreadable"}`);
  }
  last = { content, state: parsed.data };
  return parsed.data;
}

/** How a run gets a state of its own, beside the one at `path`. */
const another = (path: string): string =>
  path.includes("://")
    ? 'another object for this one: the config\'s "state" takes a "key"'
    : "another state file: --state FILE";

/** Throws `wrong-account` unless the state belongs to this stack, account and region. */
export function checkIdentity(state: StackState, identity: StackIdentity, path: string): void {
  for (const part of ["account", "region", "stack"] as const) {
    if (state[part] === identity[part]) continue;
    throw new BuddyError({
      code: "wrong-account",
      message: `${path} belongs to ${part} ${state[part]}, but this run is for ${part} ${identity[part]}`,
      about: { file: path },
      hint:
        part === "stack"
          ? `Use the config that it was made with, or ${another(path)}.`
          : `Use the credentials and region that it was made with (account ${state.account}, ${state.region}), or ${another(path)}.`,
    });
  }
}

/** Throws `wrong-account` unless what is in the file at `path` is of the wanted region. */
export function checkRegion(recorded: string, wanted: string, path: string): void {
  if (recorded === wanted) return;
  throw new BuddyError({
    code: "wrong-account",
    message: `${path} belongs to region ${recorded}, but this run is for region ${wanted}`,
    about: { file: path },
    hint: `Use the region that it was made with (${recorded}), or ${another(path)}.`,
  });
}

/**
 * Opens a state for this run.
 * @param lineage the random name that a new state gets
 * @param run random: says which run has written it, where several machines share it
 */
export function openStore(text: StateText, identity: StackIdentity, lineage: () => string, run?: string): StateStore {
  const found = readState(text);
  if (found) checkIdentity(found, identity, text.path);
  const { resources, ...before }: StackState = found ?? {
    version: STATE_VERSION,
    ...identity,
    lineage: lineage(),
    serial: 0,
    resources: {},
  };
  const records = keepRecords(resources);
  let state: Head = before;
  let backedUp = found === undefined;
  let failure: BuddyError | undefined;
  let isOurs = false;

  function save(change: Partial<Head>): void {
    const { run: _before, ...rest } = state;
    const next = { ...rest, writtenBy: VERSION, serial: state.serial + 1, ...(run ? { run } : {}), ...change };
    try {
      if (!backedUp) text.backUp();
      backedUp = true;
      text.write(stateText(next, records));
    } catch (error) {
      if (error instanceof BuddyError) failure ??= error;
      throw error;
    }
    state = next;
    isOurs = true;
  }

  /** What cannot be written is as it was. */
  function change(changes: readonly (readonly [key: string, recorded: Recorded | undefined])[]): void {
    const before = changes.map(([key]) => [key, records.all[key]] as const);
    for (const [key, recorded] of changes) records.set(key, recorded);
    try {
      save({});
    } catch (error) {
      for (const [key, recorded] of before) records.set(key, recorded);
      throw error;
    }
  }

  return {
    resources: records.all,
    get lineage() {
      return state.lineage;
    },
    get config() {
      return state.config;
    },
    get failure() {
      return failure ?? text.failure;
    },
    async secured() {
      if (!text.sent) return;
      // A run that lost its lock writes no more once this one has.
      if (!isOurs) save({});
      await text.sent();
    },
    get: (key) => records.all[key],
    beside: records.beside,
    put(key, recorded) {
      const made = recorded.madeAt ?? records.all[key]?.madeAt ?? recorded.since;
      const madeAt = recorded.id === undefined ? undefined : made;
      change([[key, madeAt === undefined ? recorded : { ...recorded, madeAt }]]);
    },
    setSeen(seen) {
      const changed = Object.entries(records.all).flatMap(([key, recorded]) => {
        const next = { ...recorded, ...seen.get(key) };
        return isDeepStrictEqual(next, recorded) ? [] : [[key, next] as const];
      });
      if (changed.length > 0) change(changed);
    },
    drop(key) {
      if (records.all[key]) change([[key, undefined]]);
    },
    setConfig(config) {
      if (!isDeepStrictEqual(config, state.config)) save({ config: { ...config } });
    },
    get imageRefresh() {
      return state.imageRefresh;
    },
    setImageRefresh(imageRefresh) {
      if (!isDeepStrictEqual(imageRefresh, state.imageRefresh)) save({ imageRefresh });
    },
    get application() {
      return state.application;
    },
    setApplication(application) {
      if (!isDeepStrictEqual(application, state.application)) save({ application });
    },
    get drills() {
      return state.drills ?? [];
    },
    setDrills(drills) {
      if (!isDeepStrictEqual(drills, state.drills ?? [])) save({ drills: [...drills] });
    },
  };
}

/** All of a state but what is recorded of resources. */
type Head = Omit<StackState, "resources">;

/** The state as indented JSON. */
function stateText(head: Head, records: Records): string {
  const top = JSON.stringify({ ...head, resources: {} }, null, 2);
  const members = records.text();
  return members === "" ? `${top}\n` : `${top.slice(0, -"{}\n}".length)}{\n${members}\n  }\n}\n`;
}

/** A state that can be looked at, and forgets what is put into it: for commands that only look. */
export function readOnlyStore(text: Pick<StateText, "path" | "read">, identity: StackIdentity): StateStore {
  const found = readState(text);
  if (found) checkIdentity(found, identity, text.path);
  const records = keepRecords(found?.resources ?? {});
  return {
    resources: records.all,
    lineage: found?.lineage ?? "",
    config: found?.config,
    get: (key) => records.all[key],
    beside: records.beside,
    put: () => {},
    setSeen: () => {},
    drop: () => {},
    setConfig: () => {},
    imageRefresh: found?.imageRefresh,
    setImageRefresh: () => {},
    application: found?.application,
    setApplication: () => {},
    drills: found?.drills ?? [],
    setDrills: () => {},
    failure: undefined,
    secured: async () => {},
  };
}
