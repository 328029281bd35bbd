import * as z from "zod";
import { BuddyError } from "../lib/errors.ts";
import { readIfThere, removeIfThere, writeAtomically } from "../state/file.ts";
import type { LocalState } from "../state/store.ts";
import type { World } from "./world.ts";

const schema = z.object({
  version: z.literal(1),
  /** Wall-clock time of the last write, milliseconds since 1970. */
  savedAt: z.number(),
  world: z.looseObject({ version: z.literal(4), account: z.string(), region: z.string(), time: z.number() }),
  state: z.unknown().optional(),
});

/** The sandbox's file: its world, and the stack state that belongs to it, so that neither mixes with a real account's. */
export interface SandboxFile {
  readonly world: World;
  /** The sandbox's time now: its last, and what has passed on the wall since. */
  readonly time: number;
  save(): void;
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
  // A rehearsal need not survive a power cut, so nothing is synced to the disk; a kill at any moment it does survive.
  const save = () => {
    const text = JSON.stringify({ version: 1, savedAt: Date.now(), world, ...(isApart ? {} : { state }) });
    writeAtomically(path, text, { synced: false });
    if (!isApart) removeIfThere(stateBeside(path));
  };
  return {
    world,
    time,
    save,
    gather() {
      const written = readIfThere(stateBeside(path));
      if (written !== undefined) state = JSON.parse(written);
      isApart = false;
      save();
    },
    state: {
      path,
      read: () => (state === undefined || state === null ? undefined : JSON.stringify(state)),
      write(text) {
        state = JSON.parse(text);
        save();
      },
      backUp() {},
      remove() {
        state = undefined;
        save();
      },
    },
  };
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

function parse(path: string, content: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(content));
  } catch {
    throw new BuddyError({
      code: "state",
      message: `${path} is not a sandbox that this version of buddyverse can read`,
      about: { file: path },
      hint: "Nothing of it is on AWS. Empty it: buddyverse sandbox reset",
    });
  }
}
