import { LOGS, type LogName } from "../../../steps/log-names.ts";
import { logGroupName } from "../../../steps/logs.ts";
import { type LineQuery, linesByTime, newLines } from "../../aws/logs/read-lines.ts";
import { BuddyError } from "../../lib/errors.ts";
import { list, printable } from "../../lib/text.ts";
import { jsonText } from "../../report/json.ts";
import { type LogLine, logLineView } from "../../report/views/logs.ts";
import type { CommonOptions } from "../options.ts";
import { tell } from "../output.ts";
import { screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";

export interface LogsOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly since: string;
  /** An instance's id, or the end of it. */
  readonly instance?: string;
  /** Only lines that hold this text. */
  readonly grep?: string;
}

interface Query extends LineQuery {
  readonly log: LogName;
}

/** Prints what the stack's machines have sent to its log groups, by time. */
export async function logs(named: readonly LogName[], options: LogsOptions): Promise<number> {
  checkFollow(options);
  const purpose = { command: "logs", writes: false, resolvesAddress: false };
  return withSession(options, purpose, async (session) => {
    const { aws, clock, config, interrupted } = session;
    const screen = screenOf(session);
    const since = momentOf(options.since, clock.now());
    const wanted = named.length > 0 ? LOGS.filter((log) => named.includes(log)) : LOGS;
    const absent = new Set<LogName>();
    const found = new Set<LogName>();
    const { instance, grep } = options;
    const queries = wanted.map(
      (log): Query => ({
        log,
        group: logGroupName(config, log),
        since,
        streamPrefix: wholeId(instance) ? instance : undefined,
        absent: () => absent.add(log),
      }),
    );
    const wide = Math.max(...wanted.map(({ length }) => length));
    const kept: LogLine[] = [];
    const show = (line: LogLine) => {
      if (options.json) kept.push(line);
      else if (options.jsonLines) process.stdout.write(jsonText({ type: "line", ...timed(line) }));
      else process.stdout.write(`${logLineView(line, wide, screen.look)}\n`);
    };
    if (options.follow) quietly(session);
    const pause = (ms: number) => clock.sleep(ms, interrupted);
    try {
      for await (const { query, line } of (options.follow ? newLines : linesByTime)(aws, queries, pause)) {
        // The agents name a stream by the instance, and where a log has several files, by the file.
        const [id = ""] = line.stream.split("/");
        if (instance !== undefined && !id.endsWith(instance)) continue;
        const message = printable(line.message).trimEnd();
        if (grep !== undefined && !message.includes(grep)) continue;
        found.add(query.log);
        show({ at: line.at, log: query.log, instance: id, message });
      }
    } catch (error) {
      // Ctrl-C is how one stops following.
      if (options.follow && interrupted.aborted) return 0;
      throw error;
    }
    const silent = wanted.filter((log) => !found.has(log) && !absent.has(log));
    const missing = wanted.filter((log) => absent.has(log));
    if (options.json || options.jsonLines)
      screen.result("", { since: new Date(since).toISOString(), lines: kept.map(timed), silent, missing });
    const such = grep === undefined && instance === undefined ? "Nothing" : "No such line";
    if (silent.length > 0) screen.say(`${such} since ${new Date(since).toISOString().slice(0, 19)}Z: ${list(silent)}.`);
    if (missing.length > 0)
      screen.say(`No log group (\`buddyverse up\` makes it, or this stack has no such machines): ${list(missing)}.`);
    return 0;
  });
}

const timed = ({ at, ...line }: LogLine) => ({ at: new Date(at).toISOString(), ...line });

/** `--follow` ends by Ctrl-C: that is no interruption, and said by nobody. */
function quietly(session: Session): void {
  session.listen((event) => {
    if (event.type === "run.note") tell(event.note);
  });
}

const usage = (message: string, hint: string) => new BuddyError({ code: "usage", message, hint });

function checkFollow({ follow, json, sandbox, sandboxSpeed }: LogsOptions): void {
  if (follow && json)
    throw usage("--follow never ends, and --json is one document", "Take --json-lines: a line of JSON for each line.");
  if (follow && sandbox && sandboxSpeed === "max")
    throw usage("--follow has nothing to wait for at --sandbox-speed max", "Leave one of the two out.");
}

const wholeId = (instance: string | undefined): boolean => /^i-[0-9a-f]{17}$/.test(instance ?? "");

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** "1h" ago, or a moment. Milliseconds since 1970. */
function momentOf(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, Math.floor(now) - Number(count) * (UNITS[unit] as number));
  const at = ISO.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw usage(`"${text}" is no time`, "As in --since 90s, 30m, 1h, 2d, or 2026-11-22T11:55:00Z.");
  return at;
}
