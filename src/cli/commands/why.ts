import { logGroupName } from "../../../steps/logs.ts";
import { VPC } from "../../../steps/vpc.ts";
import { inVain, type Trouble, troublesOf, type VainRelease } from "../../../steps/why.ts";
import { consoleOf, consoleTail } from "../../aws/ec2/read-console.ts";
import { linesByTime } from "../../aws/logs/read-lines.ts";
import { statusOf } from "../../engine/status.ts";
import { counted, printable } from "../../lib/text.ts";
import { historyOf } from "../../releases/history.ts";
import { nounOf } from "../../report/names.ts";
import { heading } from "../../report/views/heading.ts";
import type { LogLine } from "../../report/views/logs.ts";
import { whyView } from "../../report/views/why.ts";
import type { CommonOptions } from "../options.ts";
import { screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";

/** So many of the last lines are shown, of so long: one screen. */
const LINES = 12;
const SINCE_MS = 3_600_000;

/** Says what is not well and matters most: why, what its machine wrote last, what to do. Exit 0 when all is well, else 1. */
export async function why(options: CommonOptions): Promise<number> {
  return withSession(options, { command: "why", writes: false, resolvesAddress: false }, async (session) => {
    const screen = screenOf(session);
    const seen = await session.stack.refresh();
    const items = statusOf(seen);
    const live = (key: string) => seen.entries.get(key)?.look.live;
    const [first, ...others] = troublesOf(items, live, await vainRelease(session, inVain(items, live)));
    if (items.every(({ standing, id }) => id === undefined && (standing === "missing" || standing === "blocked"))) {
      const text = "Nothing is there yet: `buddyverse up` makes it.";
      screen.result(`${heading(screen.place, screen.look)}\n${text}`, { well: false, why: text });
      return 1;
    }
    // Without its network nothing of the stack runs; what `down` leaves on purpose is well, and not the stack.
    if (!first && live(VPC) === undefined) {
      const text = "The stack is not up: `buddyverse up` makes it.";
      screen.result(`${heading(screen.place, screen.look)}\n${text}`, { well: false, why: text });
      return 1;
    }
    if (!first) {
      const other = items.filter(({ standing }) => standing !== "in-sync").length;
      const text = `All is well: ${counted(items.length, "resource")}, no alarm.${other === 0 ? "" : ` ${counted(other, "resource")} not as in the config: \`buddyverse status\`.`}`;
      screen.result(`${heading(screen.place, screen.look)}\n${screen.look.style?.green(text) ?? text}`, { well: true });
      return 0;
    }
    const told = await toldBy(session, first);
    const shown = { what: whatOf(first), why: first.why, toDo: first.toDo, ...told, others: others.map(whatOf) };
    screen.result([heading(screen.place, screen.look), whyView(shown, screen.look)].join("\n"), {
      well: false,
      ...shown,
      lines: told.lines.map(({ at, ...line }) => ({ at: new Date(at).toISOString(), ...line })),
      others: others.map((one) => ({ what: whatOf(one), why: one.why, toDo: one.toDo })),
    });
    return 1;
  });
}

/** The same with how it ended, and why. */
async function vainRelease({ stack }: Session, found: ReturnType<typeof inVain>): Promise<VainRelease | undefined> {
  if (!found) return undefined;
  const release = (await historyOf(stack))?.releases.find(({ version }) => version.number === found.number);
  return release && { ...found, result: release.result, reason: release.reason };
}

const whatOf = ({ object, name }: Trouble): string => `${nounOf(object)} ${name}`;

interface Told {
  readonly lines: readonly LogLine[];
  readonly console: string | undefined;
}

/** What its machine wrote last; where nothing of it came to a log, the end of its console. */
async function toldBy({ aws, clock, config, interrupted }: Session, { logs, instance, why }: Trouble): Promise<Told> {
  const lines: LogLine[] = [];
  if (logs.length === 0) return { lines, console: undefined };
  const queries = logs.map((log) => ({
    log,
    group: logGroupName(config, log),
    since: Math.floor(clock.now()) - SINCE_MS,
    streamPrefix: instance,
    absent: () => {},
  }));
  let unread = "";
  try {
    for await (const { query, line } of linesByTime(aws, queries, (ms) => clock.sleep(ms, interrupted))) {
      const [id = ""] = line.stream.split("/");
      lines.push({ at: line.at, log: query.log, instance: id, message: printable(line.message).trimEnd() });
      if (lines.length > LINES) lines.shift();
    }
  } catch (error) {
    interrupted.throwIfAborted();
    unread = `Its log could not be read: ${error instanceof Error ? error.message : String(error)}\n`;
  }
  // What failed in its set-up says so by its console already.
  if (lines.length > 0 || instance === undefined || why.includes("console output"))
    return { lines, console: unread.trimEnd() || undefined };
  const tail = consoleTail(await consoleOf(aws, instance))
    .split("\n")
    .slice(-LINES)
    .join("\n");
  return { lines, console: `${unread}Nothing of ${instance} in its logs of the last hour; ${tail}` };
}
