import { runLock } from "../../aws/logs/run-lock.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Holder } from "../../state/holder.ts";
import { breakLock, holderAt, takeLock } from "../../state/lock.ts";
import { breakStackLock, heldBy, heldText } from "../../state/stack-lock.ts";
import { withConnection } from "../connection.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { configOf, type Paths, pathsOf } from "../paths.ts";

/** Breaks the lock of a run that cannot give it back: of its files here, and of the stack. */
export async function unlock(id: string, options: CommonOptions): Promise<number> {
  const paths = pathsOf(options);
  const there = holderAt(paths.lock);
  const here = there && breakLock(paths.lock, id);
  if (!here && !/^[0-9a-f]{8}$/.test(id))
    throw new BuddyError({
      code: "usage",
      message: `there is no lock with the id ${id}: an id is eight digits, 0 to f`,
      hint: "The error that names the lock has it; so has `buddyverse state`.",
    });
  const stacks = await breakStacks(id, options, paths, here !== undefined);
  const holder = (stacks ?? here) as Holder;
  printResult(options, `The lock of "${holder.command}" by ${holder.user} on ${holder.host} is broken.`, {
    unlocked: holder,
  });
  return 0;
}

/** @param done the lock of the files had that id: that the stack's has not, or cannot be looked at, is no error then */
async function breakStacks(
  id: string,
  options: CommonOptions,
  paths: Paths,
  done: boolean,
): Promise<Holder | undefined> {
  // As a run would: the sandbox's world is a file.
  const files = takeLock(paths.lock, "unlock", id, new Date());
  try {
    return await withConnection({ options, paths, config: configOf(options), writes: true }, async ({ aws }) => {
      const place = runLock(aws, configOf(options).stack);
      const broken = await breakStackLock(place, id);
      if (broken || done) return broken;
      const held = await heldBy(place);
      throw new BuddyError({
        code: "usage",
        message: held
          ? `the stack's lock has the id ${held.token}, not ${id}`
          : `there is no lock at ${paths.lock}, nor of the stack`,
        hint: held ? `It is that of ${heldText(held, Date.now())}.` : "Nothing is locked: run your command.",
      });
    });
  } catch (error) {
    if (done && error instanceof BuddyError && ["credentials", "network", "config"].includes(error.code))
      return undefined;
    throw error;
  } finally {
    files.release();
  }
}
