import { existsSync, rmSync } from "node:fs";
import { BuddyError } from "../../lib/errors.ts";
import { readWorld } from "../../sandbox/file.ts";
import { inventory } from "../../sandbox/inventory.ts";
import { takeLock } from "../../state/lock.ts";
import { privateKeyFile } from "../inputs.ts";
import type { CommonOptions } from "../program.ts";
import { pathsOf } from "../session.ts";

/** Shows what is in the embedded AWS, or empties it. */
export async function sandbox(action: string, options: CommonOptions): Promise<number> {
  const paths = pathsOf({ ...options, sandbox: true });
  if (action === "reset") {
    const lock = takeLock(paths.lock, "sandbox reset", String(process.pid), new Date());
    const there = existsSync(paths.state);
    rmSync(paths.state, { force: true });
    const key = privateKeyFile(paths, true);
    for (const file of [key, `${key}.pub`]) rmSync(file, { force: true });
    lock.release();
    if (options.json) process.stdout.write(`${JSON.stringify({ reset: there })}\n`);
    else
      process.stdout.write(
        there ? `The sandbox is empty: ${paths.state} is gone.\n` : "The sandbox was empty already.\n",
      );
    return 0;
  }
  if (action !== "show")
    throw new BuddyError({ code: "usage", message: `sandbox cannot "${action}"`, hint: "It can show or reset." });
  const world = readWorld(paths.state);
  const found = world ? inventory(world) : [];
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ time: world ? new Date(world.time).toISOString() : null, objects: found }, null, 2)}\n`,
    );
  else if (!world)
    process.stdout.write("The sandbox is empty. `buddyverse up --sandbox --yes` brings the stack up in it.\n");
  else {
    process.stdout.write(
      `Account ${world.account}, ${world.region}, ${new Date(world.time).toISOString()} of sandbox time.\n`,
    );
    for (const { kind, ids, over } of found) {
      const some = `${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}`;
      const gone = over > 0 ? `${some === "" ? "" : " "}(${over} more terminated, still shown for an hour)` : "";
      process.stdout.write(`  ${kind.padEnd(22)} ${String(ids.length).padStart(3)}  ${some}${gone}\n`);
    }
  }
  return 0;
}
