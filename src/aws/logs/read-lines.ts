import type { FilterLogEventsCommandOutput } from "@aws-sdk/client-cloudwatch-logs";
import type { Aws, Call } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { NO_LOG_GROUP } from "./log-group.ts";

/** What it sends besides what `up`, `status` and `down` do. */
export const logsCalls = ["logs.filterLogEvents"] as const satisfies readonly Call[];

/** A line of a log group. */
export interface Line {
  /** AWS's own. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly stream: string;
  readonly message: string;
}

export interface LineQuery {
  readonly group: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Only streams whose names begin so. */
  readonly streamPrefix?: string | undefined;
  /** Called once when there is no such group. */
  absent(): void;
}

/**
 * FilterLogEvents is answered five times a second for the whole account and region, and that cannot be raised
 * (repost.aws/knowledge-center/cloudwatch-logs-throttling); others ask, too.
 */
const PAUSE_MS = 300;

/**
 * The lines of several groups as one, by time: a page of each at a time, as there may be more than fits the memory. AWS sorts the lines of
 * a group by time; a page may be empty, and others still come after it.
 */
export async function* linesByTime<Q extends LineQuery>(
  aws: Aws,
  queries: readonly Q[],
  pause: (ms: number) => Promise<void>,
): AsyncGenerator<{ readonly query: Q; readonly line: Line }> {
  let asked = false;
  // One question at a time, whichever group it is about.
  const page = async (query: Q, nextToken: string | undefined) => {
    if (asked) await pause(PAUSE_MS);
    asked = true;
    const { group: logGroupName, since: startTime, streamPrefix: logStreamNamePrefix } = query;
    return undefinedIf(NO_LOG_GROUP, () =>
      aws.logs.filterLogEvents({ logGroupName, startTime, logStreamNamePrefix, nextToken }),
    );
  };
  const heads: { query: Q; line: Line; rest: AsyncGenerator<Line> }[] = [];
  for (const query of queries) {
    const rest = linesOf(query, page);
    const first = await rest.next();
    if (!first.done) heads.push({ query, line: first.value, rest });
  }
  while (heads.length > 0) {
    const head = heads.reduce((one, other) => (other.line.at < one.line.at ? other : one));
    yield head;
    const next = await head.rest.next();
    if (next.done) heads.splice(heads.indexOf(head), 1);
    else head.line = next.value;
  }
}

type Page = Pick<FilterLogEventsCommandOutput, "events" | "nextToken">;

async function* linesOf<Q extends LineQuery>(
  query: Q,
  page: (query: Q, token: string | undefined) => Promise<Page | undefined>,
): AsyncGenerator<Line> {
  let token: string | undefined;
  do {
    const found = await page(query, token);
    if (!found) return query.absent();
    for (const { eventId: id = "", timestamp: at = 0, logStreamName: stream = "", message = "" } of found.events ?? [])
      yield { id, at, stream, message };
    token = found.nextToken || undefined;
  } while (token !== undefined);
}

/** How often new lines are asked for, and how late one may come that still shows: an agent sends them in batches. */
const POLL_MS = 3_000;
const LATE_MS = 60_000;

/** The lines that there are, then those that come, each once, until the pause is broken off. */
export async function* newLines<Q extends LineQuery>(
  aws: Aws,
  queries: readonly Q[],
  pause: (ms: number) => Promise<void>,
): AsyncGenerator<{ readonly query: Q; readonly line: Line }> {
  const newest = new Map<string, number>();
  const shown = new Map<string, number>();
  for (;;) {
    const from = ({ group, since }: Q) => Math.max(since, (newest.get(group) ?? 0) - LATE_MS);
    const now = queries.map((query) => ({ ...query, since: from(query) }));
    for (const [id, at] of shown) if (now.every(({ since }) => at < since)) shown.delete(id);
    for await (const found of linesByTime(aws, now, pause)) {
      const { id, at } = found.line;
      newest.set(found.query.group, Math.max(newest.get(found.query.group) ?? 0, at));
      if (shown.has(id)) continue;
      shown.set(id, at);
      yield found;
    }
    await pause(POLL_MS);
  }
}
