import { PRIMARY } from "../../../steps/databases.ts";
import { FILE_SYSTEM } from "../../../steps/inputs.ts";
import type { Copy, RestoreWindow } from "../../aws/copy.ts";
import { centsIfKnown } from "../../lib/money.ts";
import { heading } from "../../report/views/heading.ts";
import { type ListedCopy, type ListedWindow, snapshotsView } from "../../report/views/snapshots.ts";
import { keptCopies, monthlyOf } from "../copies.ts";
import type { CommonOptions } from "../options.ts";
import { again, screenOf } from "../screen.ts";
import { withSession } from "../session.ts";

/** Lists all copies of the stack's data, and what restores each. */
export async function snapshots(options: CommonOptions): Promise<number> {
  return withSession(options, { command: "snapshots", writes: false, resolvesAddress: false }, async (session) => {
    const screen = screenOf(session);
    const { stack, clock } = session;
    const [kept, ...running] = await Promise.all([keptCopies(session), stack.find(PRIMARY), stack.find(FILE_SYSTEM)]);
    const [database, files] = running.map((one) => one !== undefined);
    const copies = kept.copies.map(
      (copy): ListedCopy => ({
        ...copy,
        monthly: monthlyOf(copy, session),
        command:
          copy.state === "available"
            ? commandFor(options, copy, (copy.of === "files" ? files : database) ?? false)
            : undefined,
      }),
    );
    const windows = kept.windows.map((one): ListedWindow => ({ ...one, command: commandOfWindow(options, one) }));
    const { unseen } = kept;
    screen.result(
      [
        heading(screen.place, screen.look),
        snapshotsView({ running: Boolean(database || files), copies, windows, unseen, now: clock.now() }, screen.look),
      ].join("\n\n"),
      { copies: copies.map(plain), windows: windows.map(plainWindow), unseen },
    );
    return unseen.length > 0 ? 3 : 0;
  });
}

/** Beside what runs, or in its place when it is gone. */
function commandFor(options: CommonOptions, copy: Copy, running: boolean): string {
  const { of, id, needs = [], opens, commands } = copy;
  const [which, opened] = [of === "files" ? "--recovery-point" : "--snapshot", opens === undefined ? [] : [opens]];
  if (!running) return again("up", options, [of === "files" ? "--files" : "--from-snapshot", id, ...needs]);
  return commands ? [...opened, ...commands].join(" && ") : again("restore", options, [of, which, id, ...needs]);
}

const second = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const commandOfWindow = (options: CommonOptions, { of, latest, commands }: RestoreWindow): string =>
  commands?.join(" && ").replace("TIME", second(latest)) ?? again("restore", options, [of, "--to", second(latest)]);

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
const plain = ({ madeAt, price: _, commands: __, opens: ___, ...copy }: ListedCopy) => ({
  ...copy,
  monthly: centsIfKnown(copy.monthly),
  madeAt: iso(madeAt),
});
const plainWindow = ({ earliest, latest, commands: _, ...one }: ListedWindow) => ({
  ...one,
  earliest: iso(earliest),
  latest: iso(latest),
});
