import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { watchTrouble } from "../../src/aws/trouble.ts";
import { open } from "../../src/cli/session.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { folder, folderThatIsUp } from "../cli/folder.ts";
import { awsError } from "../engine/toy.ts";

const SECOND = 1_000;
const START = Date.UTC(2026, 10, 28, 14, 2, 5);

describe("what is told of trouble", () => {
  function watched(options?: { readonly silence: boolean }) {
    const clock = jumpingClock(START);
    const told: string[] = [];
    const watch = watchTrouble(clock, (note) => told.push(`${(clock.now() - START) / SECOND}s ${note}`), options);
    return { clock, told, watch };
  }
  const throttled = awsError("RequestLimitExceeded", 503);

  test("within seconds, then each half minute, and once when it is over", async () => {
    const { clock, told, watch } = watched();
    const end = watch.begin("ec2:DescribeVpcs");
    for (let n = 0; n < 8; n++) {
      watch.attempt("ec2:DescribeVpcs").failed(throttled);
      await clock.sleep(10 * SECOND);
    }
    watch.attempt("ec2:DescribeVpcs").answered();
    end();
    await clock.sleep(300 * SECOND);
    expect(told).toEqual([
      "4s Waiting: AWS throttles ec2:DescribeVpcs (RequestLimitExceeded), for 4s, since 14:02:05 UTC. It is tried again.",
      "34s Waiting: AWS throttles ec2:DescribeVpcs (RequestLimitExceeded), for 34s, since 14:02:05 UTC. It is tried again.",
      "64s Waiting: AWS throttles ec2:DescribeVpcs (RequestLimitExceeded), for 1m04s, since 14:02:05 UTC. It is tried again.",
      "80s AWS answers again, after 1m20s.",
    ]);
  });

  test("nothing of what passes at once, or of an answer that is a refusal", async () => {
    const { clock, told, watch } = watched();
    const end = watch.begin("ec2:DescribeVpcs");
    watch.attempt("ec2:DescribeVpcs").failed(throttled);
    await clock.sleep(3 * SECOND);
    watch.attempt("ec2:DescribeVpcs").failed(awsError("UnauthorizedOperation", 403));
    end();
    await clock.sleep(300 * SECOND);
    expect(told).toEqual([]);
  });

  test.each([
    [true, ["10s Waiting: AWS has not answered ec2:DescribeVpcs, for 10s, since 14:02:05 UTC. It is tried again."]],
    [false, []],
  ])("of a call that is not answered for long, where silence counts (%s)", async (silence, expected) => {
    const { clock, told, watch } = watched({ silence });
    const end = watch.begin("ec2:DescribeVpcs");
    const attempt = watch.attempt("ec2:DescribeVpcs");
    await clock.sleep(20 * SECOND);
    expect(told).toEqual(expected);
    attempt.answered();
    end();
  });

  test("many calls in the same trouble are one note", async () => {
    const { clock, told, watch } = watched();
    const calls = ["ec2:DescribeVpcs", "rds:DescribeDBInstances", "iam:GetRole"];
    const ends = calls.map((call) => watch.begin(call));
    for (const call of calls) watch.attempt(call).failed(awsError("InternalError", 500));
    await clock.sleep(20 * SECOND);
    for (const call of calls) watch.attempt(call).answered();
    for (const end of ends) end();
    await clock.sleep(300 * SECOND);
    expect(told).toEqual([
      "4s Waiting: ec2:DescribeVpcs fails on AWS's side (HTTP 500 InternalError) (and 2 more), for 4s, since 14:02:05 UTC. It is tried again.",
      "20s AWS answers again, after 20s.",
    ]);
  });

  test("a call that is not answered at all", async () => {
    const { clock, told, watch } = watched();
    const end = watch.begin("ec2:DescribeVpcs");
    const attempt = watch.attempt("ec2:DescribeVpcs");
    await clock.sleep(15 * SECOND);
    attempt.answered();
    end();
    await clock.sleep(300 * SECOND);
    expect(told).toEqual([
      "10s Waiting: AWS has not answered ec2:DescribeVpcs, for 10s, since 14:02:05 UTC. It is tried again.",
      "15s AWS answers again, after 15s.",
    ]);
  });

  test("what was given up is not told of for ever", async () => {
    const { clock, told, watch } = watched();
    const end = watch.begin("ec2:DescribeVpcs");
    watch.attempt("ec2:DescribeVpcs").failed(throttled);
    await clock.sleep(5 * SECOND);
    end();
    await clock.sleep(300 * SECOND);
    expect(told).toHaveLength(1);
    const next = watch.begin("rds:DescribeDBInstances");
    watch.attempt("rds:DescribeDBInstances").answered();
    next();
    expect(told).toHaveLength(2);
  });
});

describe("every command that waits says so on stderr", () => {
  let up: string;
  beforeAll(async () => {
    up = await folderThatIsUp();
  });
  afterAll(() => rmSync(up, { recursive: true, force: true }));

  const notes = (stderr: string) => stderr.split("\n").filter((line) => /Waiting: |answers again/.test(line));

  test.each([
    ["status", 100],
    ["status --json", 100],
    ["status --json-lines", 100],
    ["plan --quiet", 100],
    ["outputs --refresh --json", 100],
    // Each of its looks is an attempt of its own, and is not repeated for ten minutes.
    ["doctor", 40],
  ])("%s without a connection for %i s", async (line, seconds) => {
    const { code, stdout, stderr } = await folder({}, up).rehearse(`${line} --chaos outage=${seconds}`);
    const told = notes(stderr);
    expect(told.length).toBeGreaterThanOrEqual(Math.floor(seconds / 30));
    expect(told.length).toBeLessThanOrEqual(Math.ceil(seconds / 30) + 2);
    expect(told[0]).toMatch(/^Waiting: the connection for [\w-]+:\w+ was lost \(EAI_AGAIN\).*, for [4-9]s, since /);
    const over = told.filter((one) => one.includes("answers again"));
    expect(over).toEqual([told.at(-1)]);
    const [, minutes = "0", rest] = /after (?:(\d+)m)?(\d+)s\.$/.exec(over[0] ?? "") ?? [];
    const after = Number(minutes) * 60 + Number(rest);
    expect(after).toBeGreaterThanOrEqual(seconds);
    expect(after).toBeLessThan(seconds + 60);
    expect(code).toBe(0);
    if (line.includes("--json")) expect(JSON.parse(stdout)).toBeTypeOf("object");
  });

  test("up, in its lines and as events", async () => {
    const lines = await folder({}).rehearse("up --yes --chaos outage=60");
    expect(lines.code).toBe(0);
    expect(notes(lines.stderr).length).toBeGreaterThanOrEqual(2);
    const events = await folder({}).rehearse("up --yes --json-lines --chaos throttle=0.7,seed=3");
    expect(notes(events.stderr).length).toBeGreaterThanOrEqual(1);
    const noted = events.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; note?: string })
      .filter(({ type, note }) => type === "run.note" && note?.startsWith("Waiting"));
    expect(noted.length).toBeGreaterThanOrEqual(1);
    for (const { note } of noted) expect(events.stderr).toContain(note);
  });

  test("a command that has ended sends nothing more: what else was under way does not keep it from leaving", async () => {
    const { path } = folder({});
    const session = await open(
      { config: join(path, "buddyverse.config.json"), sandbox: true, sandboxSpeed: "max", color: false },
      { command: "status", writes: false, resolvesAddress: false },
    );
    await session.aws.ec2.describeVpcs({});
    await session.close();
    await expect(session.aws.ec2.describeVpcs({})).rejects.toMatchObject({ code: "interrupted" });
  });

  test("what lasts ends in words, with what to do", async () => {
    const { code, stderr } = await folder({}, up).rehearse("status --chaos outage=3600");
    expect(code).toBe(1);
    expect(stderr).not.toContain("foreseen");
    expect(stderr).toContain("Check the connection");
    expect(notes(stderr).length).toBeGreaterThan(10);
    expect(notes(stderr).length).toBeLessThan(30);
  });
});
