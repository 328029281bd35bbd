import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { type LineQuery, linesByTime, newLines } from "../../../src/aws/logs/read-lines.ts";
import { mocked, testAws } from "../aws.ts";

let aws: Aws;
const logs = mocked(CloudWatchLogsClient);
let pauses: number[];
let absent: string[];
beforeEach(async () => {
  logs.reset();
  aws = await testAws();
  pauses = [];
  absent = [];
});
const pause = async (ms: number) => void pauses.push(ms);
const query = (group: string, since = 0): LineQuery => ({ group, since, absent: () => absent.push(group) });
const event = (timestamp: number, message = `at ${timestamp}`): FilteredLogEvent => ({
  eventId: `${message}-${timestamp}`,
  logStreamName: "i-1",
  timestamp,
  message,
});
const answers = (logGroupName: string, nextToken: string | undefined, events: FilteredLogEvent[], next?: string) =>
  logs
    .on(FilterLogEventsCommand, { logGroupName, ...(nextToken && { nextToken }) })
    .resolves({ events, ...(next && { nextToken: next }) });

test("lines of all groups come by time, over pages that may be empty, five questions a second at most", async () => {
  logs
    .on(FilterLogEventsCommand, { logGroupName: "/none" })
    .rejects(new ResourceNotFoundException({ message: "The specified log group does not exist.", $metadata: {} }));
  answers("/a", undefined, [], "1");
  answers("/a", "1", [event(10), event(40)], "2");
  answers("/a", "2", [event(50)]);
  answers("/b", undefined, [event(20), event(45), event(60)]);
  const found: (readonly [string, number])[] = [];
  for await (const { query: of, line } of linesByTime(aws, [query("/a"), query("/none"), query("/b")], pause))
    found.push([of.group, line.at]);
  expect(found).toEqual([
    ["/a", 10],
    ["/b", 20],
    ["/a", 40],
    ["/b", 45],
    ["/a", 50],
    ["/b", 60],
  ]);
  expect(absent).toEqual(["/none"]);
  const asked = logs.commandCalls(FilterLogEventsCommand).length;
  expect(pauses).toHaveLength(asked - 1);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(200);
});

test("what follows shows each line once, also one that comes late, and asks no further back than it must", async () => {
  const minute = 60_000;
  const polls = [
    [event(minute), event(3 * minute)],
    [event(3 * minute), event(2.5 * minute, "late"), event(4 * minute)],
    [event(4 * minute)],
  ];
  logs.on(FilterLogEventsCommand).callsFake(() => ({ events: polls.shift() ?? [] }));
  const ended = new Error("Ctrl-C");
  const until = (ms: number) => (pauses.filter((one) => one === ms).length === 3 ? Promise.reject(ended) : pause(ms));
  const found: string[] = [];
  const follow = async () => {
    for await (const { line } of newLines(aws, [query("/a", 10)], until)) found.push(line.message);
  };
  await expect(follow()).rejects.toBe(ended);
  expect(found).toEqual([`at ${minute}`, `at ${3 * minute}`, "late", `at ${4 * minute}`]);
  const since = logs.commandCalls(FilterLogEventsCommand).map(({ args: [{ input }] }) => input.startTime);
  expect(since).toEqual([10, 2 * minute, 3 * minute, 3 * minute]);
});
