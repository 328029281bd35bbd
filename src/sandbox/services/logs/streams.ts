import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { groupName } from "./groups.ts";
import {
  type Event,
  type Group,
  groupArn,
  groupFor,
  groupTable,
  invalid,
  noStream,
  type Stream,
  streamKey,
  streamsOf,
  streamTable,
} from "./tables.ts";

// All bounds are those of the service's model in botocore, limits its words for PutLogEvents and FilterLogEvents. Errors
// without a source beside them have AWS's code; their words are not known.
const streamName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^:*]*$/);
const time = z.int().min(0);
const identifier = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^[\w#+=/:,.@-]*$/);
const token = z.string().min(1).optional();
/** Of one call that reads lines. */
const limit = z.int().min(1).max(10_000);
/** A call about lines names its group in one way of two. */
const inGroup = { logGroupName: groupName.optional(), logGroupIdentifier: identifier.optional() };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BATCH_BYTES = 1_048_576;
/** What AWS counts for a line besides its text, bytes. */
const OVERHEAD_BYTES = 26;

/**
 * So many lines are kept of each stream, the last ones: the sandbox's world is a file. AWS keeps all that are not too old.
 */
const KEPT_LINES = 2_000;

function groupOf(sim: Sim, input: z.infer<z.ZodObject<typeof inGroup>>): Group {
  const { logGroupName: name, logGroupIdentifier: id } = input;
  if ((name === undefined) === (id === undefined))
    throw invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.");
  return groupFor(sim, name ?? (id as string).replace(/^arn:[^:]+:logs:[^:]+:\d+:log-group:/, ""));
}

function streamFor(sim: Sim, group: string, name: string): Stream {
  groupFor(sim, group);
  const key = streamKey(group, name);
  const stream = streamTable(sim).visible(key) && streamTable(sim).get(key);
  if (!stream) throw noStream();
  return stream;
}

/** What reads show of a group: lines past its retention are no longer among them. */
function shownStreams(sim: Sim, { name, retentionDays }: Group): Stream[] {
  const oldest = retentionDays === null ? 0 : sim.now - retentionDays * DAY_MS;
  return streamTable(sim)
    .allVisible()
    .filter(({ group }) => group === name)
    .map((stream) => ({ ...stream, events: stream.events.filter(({ timestamp }) => timestamp >= oldest) }));
}

/** Puts lines into a stream; those of one moment stay in their order. @param shown whether reads show them at once */
export function append(
  sim: Sim,
  stream: Stream,
  lines: readonly Pick<Event, "timestamp" | "message">[],
  shown: "now" | "soon",
): void {
  const id = () => String(sim.world.order++).padStart(56, "0");
  const taken = lines.map((line) => ({ ...line, id: id(), ingestedAt: sim.now }));
  const events = [...stream.events, ...taken].sort((a, b) => a.timestamp - b.timestamp).slice(-KEPT_LINES);
  streamTable(sim)[shown === "now" ? "putNow" : "put"](streamKey(stream.group, stream.name), { ...stream, events });
}

/** A stream that is there, or a new one: what an agent does that sends lines. */
export function streamToWrite(sim: Sim, group: string, name: string): Stream {
  return streamTable(sim).get(streamKey(group, name)) ?? { group, name, createdAt: sim.now, events: [] };
}

const offsetOf = (token: string | undefined, pattern: RegExp): number => {
  const [, digits] = pattern.exec(token ?? "") ?? [];
  // boto/boto3#1467
  if (digits === undefined) throw invalid("The specified nextToken is invalid.");
  return Number(digits);
};

const sizeOf = (message: string) => Buffer.byteLength(message) + OVERHEAD_BYTES;

/** As many of them, from there, as fit one answer of 1 MB. */
function page<T extends { readonly message: string }>(all: readonly T[], from: number, limit: number): readonly T[] {
  let bytes = 0;
  const fit = all.slice(from, from + limit).findIndex(({ message }) => {
    bytes += sizeOf(message);
    return bytes > BATCH_BYTES;
  });
  return all.slice(from, from + (fit < 0 ? limit : Math.max(1, fit)));
}

/** Log streams, and the lines in them. */
export const streamOperations: SandboxService["operations"] = {
  CreateLogStream: operation(
    { logGroupName: groupName, logStreamName: streamName },
    ({ logGroupName, logStreamName }, sim) => {
      groupFor(sim, logGroupName);
      const key = streamKey(logGroupName, logStreamName);
      // aws/aws-logging-dotnet#244
      if (streamTable(sim).get(key))
        throw awsError("ResourceAlreadyExistsException", "The specified log stream already exists");
      streamTable(sim).put(key, streamToWrite(sim, logGroupName, logStreamName));
      return {};
    },
  ),

  DescribeLogStreams: operation(
    {
      ...inGroup,
      logStreamNamePrefix: streamName.optional(),
      orderBy: z.enum(["LogStreamName", "LastEventTime"]).default("LogStreamName"),
      descending: z.boolean().default(false),
      limit: z.int().min(1).max(50).default(50),
      nextToken: token,
    },
    ({ logStreamNamePrefix = "", orderBy, descending, limit, nextToken, ...input }, sim) => {
      const group = groupOf(sim, input);
      if (orderBy === "LastEventTime" && logStreamNamePrefix !== "")
        throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
      const last = ({ events, createdAt }: Stream) => events.at(-1)?.timestamp ?? createdAt;
      const all = shownStreams(sim, group)
        .filter(({ name }) => name.startsWith(logStreamNamePrefix))
        .sort((a, b) => (orderBy === "LastEventTime" ? last(a) - last(b) : a.name < b.name ? -1 : 1));
      if (descending) all.reverse();
      const from = nextToken === undefined ? 0 : offsetOf(nextToken, /^(\d+)$/);
      return {
        logStreams: all.slice(from, from + limit).map(({ name, createdAt, events }) => ({
          logStreamName: name,
          creationTime: createdAt,
          ...(events.length === 0
            ? {}
            : {
                firstEventTimestamp: events[0]?.timestamp,
                lastEventTimestamp: events.at(-1)?.timestamp,
                lastIngestionTime: Math.max(...events.map(({ ingestedAt }) => ingestedAt)),
              }),
          arn: `${groupArn(sim, group.name)}:log-stream:${name}`,
          storedBytes: 0,
        })),
        ...(from + limit < all.length ? { nextToken: String(from + limit) } : {}),
      };
    },
  ),

  PutLogEvents: operation(
    {
      logGroupName: groupName,
      logStreamName: streamName,
      logEvents: z
        .array(z.strictObject({ timestamp: time, message: z.string().min(1) }))
        .min(1)
        .max(10_000),
      // Ignored since 2023.
      sequenceToken: token,
    },
    ({ logGroupName, logStreamName, logEvents }, sim) => {
      const stream = streamFor(sim, logGroupName, logStreamName);
      const bytes = logEvents.reduce((sum, { message }) => sum + sizeOf(message), 0);
      if (bytes > BATCH_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES}`);
      // getmoto/moto, test_logs.py, which runs against AWS as well
      if (logEvents.some(({ timestamp }, at) => timestamp < (logEvents[at - 1]?.timestamp ?? 0)))
        throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
      const { retentionDays } = groupTable(sim).get(logGroupName) as Group;
      const tooOld = sim.now - 14 * DAY_MS;
      const expired = retentionDays === null ? 0 : sim.now - retentionDays * DAY_MS;
      const tooNew = sim.now + 2 * HOUR_MS;
      const fine = logEvents.filter(
        ({ timestamp }) => timestamp >= tooOld && timestamp >= expired && timestamp <= tooNew,
      );
      const [first, last] = [fine[0], fine.at(-1)];
      if (first && last && last.timestamp - first.timestamp > DAY_MS)
        throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
      append(sim, stream, fine, "soon");
      const before = (least: number) => logEvents.findLastIndex(({ timestamp }) => timestamp < least) + 1;
      const rejected = {
        ...(before(tooOld) > 0 ? { tooOldLogEventEndIndex: before(tooOld) } : {}),
        ...(before(expired) > before(tooOld) ? { expiredLogEventEndIndex: before(expired) } : {}),
        ...(logEvents.some(({ timestamp }) => timestamp > tooNew)
          ? { tooNewLogEventStartIndex: logEvents.findIndex(({ timestamp }) => timestamp > tooNew) }
          : {}),
      };
      return {
        nextSequenceToken: sim.hex(56),
        ...(Object.keys(rejected).length === 0 ? {} : { rejectedLogEventsInfo: rejected }),
      };
    },
  ),

  GetLogEvents: operation(
    {
      ...inGroup,
      logStreamName: streamName,
      startTime: time.optional(),
      endTime: time.optional(),
      startFromHead: z.boolean().default(false),
      limit: limit.default(10_000),
      nextToken: token,
    },
    (
      { logStreamName, startTime = 0, endTime = Number.MAX_SAFE_INTEGER, startFromHead, limit, nextToken, ...input },
      sim,
    ) => {
      const group = groupOf(sim, input);
      streamFor(sim, group.name, logStreamName);
      const all = (shownStreams(sim, group).find(({ name }) => name === logStreamName)?.events ?? []).filter(
        ({ timestamp }) => timestamp >= startTime && timestamp < endTime,
      );
      const at = nextToken === undefined ? undefined : offsetOf(nextToken, /^[fb]\/(\d+)$/);
      const backward = at === undefined ? !startFromHead : nextToken?.startsWith("b/");
      const end = at ?? all.length;
      const from = backward ? Math.max(0, end - limit) : (at ?? 0);
      const found = page(all, from, backward ? end - from : limit);
      return {
        events: found.map(({ timestamp, message, ingestedAt }) => ({ timestamp, message, ingestionTime: ingestedAt })),
        nextForwardToken: `f/${from + found.length}`,
        nextBackwardToken: `b/${from}`,
      };
    },
  ),

  // Without filterPattern and interleaved: the sandbox refuses what it does not simulate.
  FilterLogEvents: operation(
    {
      ...inGroup,
      logStreamNames: z.array(streamName).min(1).max(100).optional(),
      logStreamNamePrefix: streamName.optional(),
      startTime: time.optional(),
      endTime: time.optional(),
      limit: limit.default(10_000),
      nextToken: token,
    },
    (
      {
        logStreamNames,
        logStreamNamePrefix,
        startTime = 0,
        endTime = Number.MAX_SAFE_INTEGER,
        limit,
        nextToken,
        ...input
      },
      sim,
    ) => {
      const group = groupOf(sim, input);
      if (logStreamNames && logStreamNamePrefix !== undefined)
        throw invalid("Cannot specify both logStreamNames and logStreamNamePrefix.");
      // percona/rds_exporter#81
      for (const name of logStreamNames ?? []) streamFor(sim, group.name, name);
      // A page may be empty and others come after it: here it is always the first one (API reference; boto/boto3#4258).
      if (nextToken === undefined && streamsOf(sim, group.name).length > 0)
        return { events: [], searchedLogStreams: [], nextToken: "0" };
      const all = shownStreams(sim, group)
        .filter(({ name }) => logStreamNames?.includes(name) ?? name.startsWith(logStreamNamePrefix ?? ""))
        .flatMap(({ name, events }) => events.map((event) => ({ ...event, name })))
        .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
        .sort((a, b) => a.timestamp - b.timestamp || a.ingestedAt - b.ingestedAt);
      const from = nextToken === undefined ? 0 : offsetOf(nextToken, /^(\d+)$/);
      const found = page(all, from, limit);
      return {
        events: found.map(({ id, name, timestamp, message, ingestedAt }) => ({
          eventId: id,
          logStreamName: name,
          timestamp,
          message,
          ingestionTime: ingestedAt,
        })),
        searchedLogStreams: [],
        ...(from + found.length < all.length ? { nextToken: String(from + found.length) } : {}),
      };
    },
  ),
};
