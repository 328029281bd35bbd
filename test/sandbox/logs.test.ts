/** AWS's rules for log streams and their lines, as the sandbox keeps them. */
import { beforeEach, expect, test } from "vitest";
import { type Account, fresh } from "./grown.ts";

let on: Account;
const logs = <T = Readonly<Record<string, unknown>>>(operation: string, input: object) =>
  on.ask<T>("cloudwatch-logs", operation, input);
const refused = (operation: string, input: object, name: string, message?: RegExp) =>
  expect(logs(operation, input)).rejects.toMatchObject({
    name,
    ...(message && { message: expect.stringMatching(message) }),
  });
const group = { logGroupName: "/a/app" };
const stream = { ...group, logStreamName: "i-1" };
const line = (ago: number, message = "x") => ({ timestamp: on.clock.now() - ago * 1_000, message });
const put = (...logEvents: object[]) => logs("PutLogEvents", { ...stream, logEvents });

interface Page {
  readonly events: readonly { readonly message: string; readonly logStreamName: string; readonly eventId: string }[];
  readonly nextToken?: string;
}
/** All lines that a search finds, and how many pages that takes. */
async function found(input: object = {}): Promise<{ readonly lines: readonly string[]; readonly pages: number }> {
  const lines: string[] = [];
  let pages = 0;
  let nextToken: string | undefined;
  do {
    const page: Page = await logs<Page>("FilterLogEvents", { ...group, ...input, nextToken });
    lines.push(...page.events.map(({ message }) => message));
    pages += 1;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return { lines, pages };
}

beforeEach(async () => {
  on = fresh();
  await logs("CreateLogGroup", group);
  await on.sleep(5);
  await logs("CreateLogStream", stream);
  await on.sleep(5);
});

test("a stream is made once, in a group that is there", async () => {
  await refused("CreateLogStream", stream, "ResourceAlreadyExistsException");
  await refused("CreateLogStream", { ...stream, logStreamName: "a:b" }, "InvalidParameterException");
  await refused("CreateLogStream", { ...stream, logGroupName: "/b" }, "ResourceNotFoundException", /log group/);
  await refused("PutLogEvents", { ...stream, logStreamName: "i-2", logEvents: [line(1)] }, "ResourceNotFoundException");
  expect(await logs("DescribeLogStreams", group)).toMatchObject({ logStreams: [{ logStreamName: "i-1" }] });
  const byTime = { ...group, orderBy: "LastEventTime", logStreamNamePrefix: "i-" };
  await refused("DescribeLogStreams", byTime, "InvalidParameterException");
});

test("a batch is in order, within 1 MB and a day; what is too old or too new is left out and said", async () => {
  await refused(
    "PutLogEvents",
    { ...stream, logEvents: [line(1), line(2)] },
    "InvalidParameterException",
    /chronological/,
  );
  const large = [line(2, "x".repeat(600_000)), line(1, "x".repeat(600_000))];
  await refused("PutLogEvents", { ...stream, logEvents: large }, "InvalidParameterException", /1048576/);
  await refused(
    "PutLogEvents",
    { ...stream, logEvents: [line(90_000), line(1)] },
    "InvalidParameterException",
    /24 hours/,
  );
  const day = 86_400;
  expect(await put(line(15 * day, "old"), line(1, "fine"), line(-3 * 3_600, "new"))).toMatchObject({
    rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 },
  });
  await logs("PutRetentionPolicy", { ...group, retentionInDays: 3 });
  expect(await put(line(4 * day, "over"), line(1, "fine too"))).toMatchObject({
    rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 },
  });
  await on.sleep(5);
  expect((await found()).lines).toEqual(["fine", "fine too"]);
  await on.sleep(4 * day);
  expect((await found()).lines).toEqual([]);
});

test("a search goes through all streams by time, in pages of which one may be empty", async () => {
  await logs("CreateLogStream", { ...stream, logStreamName: "i-2/error" });
  await on.sleep(5);
  const lines = Array.from({ length: 5 }, (_, at) => line(50 - 10 * at, `one ${at}`));
  await put(...lines);
  await logs("PutLogEvents", { ...group, logStreamName: "i-2/error", logEvents: [line(45, "two")] });
  await refused("FilterLogEvents", { ...group, nextToken: "x" }, "InvalidParameterException", /nextToken/);
  await on.sleep(5);
  const first = await logs<Page>("FilterLogEvents", group);
  expect(first).toMatchObject({ events: [], nextToken: expect.any(String) });
  expect(await found({ limit: 4 })).toEqual({
    lines: ["one 0", "two", "one 1", "one 2", "one 3", "one 4"],
    pages: 3,
  });
  expect((await found({ logStreamNamePrefix: "i-2" })).lines).toEqual(["two"]);
  expect((await found({ logStreamNamePrefix: "i-3" })).lines).toEqual([]);
  expect((await found({ startTime: on.clock.now() - 30_000 })).lines).toEqual(["one 3", "one 4"]);
  await refused("FilterLogEvents", { ...group, logStreamNames: ["i-3"] }, "ResourceNotFoundException", /log stream/);
  const both = { ...group, logStreamNames: ["i-1"], logStreamNamePrefix: "i" };
  await refused("FilterLogEvents", both, "InvalidParameterException");
  await refused("FilterLogEvents", { ...group, logGroupIdentifier: "/a/app" }, "InvalidParameterException");
  await refused("FilterLogEvents", {}, "InvalidParameterException");

  const last = await logs("GetLogEvents", { ...stream, limit: 2 });
  expect(last).toMatchObject({ events: [{ message: "one 3" }, { message: "one 4" }] });
  const before = await logs("GetLogEvents", { ...stream, limit: 2, nextToken: last.nextBackwardToken });
  expect(before).toMatchObject({ events: [{ message: "one 1" }, { message: "one 2" }] });
  const after = await logs("GetLogEvents", { ...stream, nextToken: last.nextForwardToken });
  expect(after).toMatchObject({ events: [], nextForwardToken: last.nextForwardToken });

  await logs("DeleteLogGroup", group);
  await logs("CreateLogGroup", group);
  await on.sleep(5);
  expect((await found()).lines).toEqual([]);
});
