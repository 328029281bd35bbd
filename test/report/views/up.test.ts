import { expect, test } from "vitest";
import { type UpEnd, upEnd } from "../../../src/report/views/up.ts";
import { aws, denied, expectScreen, sandbox, settled } from "./things.ts";

const end = (rest: Partial<UpEnd>): UpEnd => ({
  place: sandbox,
  settled: [],
  ms: 1_061_000,
  realMs: 18_000,
  outputs: {},
  next: "buddyverse verify --sandbox",
  again: "buddyverse up --sandbox",
  ...rest,
});

test("all well: where the site is, what a person needs, what to try next", async () => {
  const text = upEnd(
    end({
      settled: [settled("created", "vpc", "ec2:vpc", "a"), settled("unchanged", "vpc", "ec2:vpc", "b")],
      siteUrl: "https://buddyverse.link",
      outputs: { Database: "database1.abc.ap-northeast-2.rds.amazonaws.com" },
    }),
  );
  expect(text).toContain("https://buddyverse.link");
  expect(text).toContain("database1.abc.ap-northeast-2.rds.amazonaws.com");
  expect(text).toMatch(/Next: buddyverse verify --sandbox$/);
  await expectScreen(text, "up-done");
});

test("what was made and removed again in one run is counted as the plan counts it", () => {
  const helper = settled("deleted", "image", "ec2:builder", "Builder", { temporary: true });
  const others = [settled("created", "vpc", "ec2:vpc", "a"), settled("deleted", "vpc", "ec2:vpc", "b")];
  expect(upEnd(end({ place: aws, settled: [helper, ...others] }))).toMatch(
    /^✔ Done in 17m41s: 2 created \(1 helper removed again\), 1 deleted\.\n/,
  );
});

test("on AWS there is one time", () => {
  expect(upEnd(end({ place: aws }))).toMatch(/^✔ Done in 17m41s\.\n\nNext: /);
});

test("a failure: what, where, what to do; one cause is explained once; what it holds up in a line", async () => {
  const text = upEnd(
    end({
      settled: [
        settled("created", "vpc", "ec2:vpc", "Buddy-Project"),
        denied("Buddy-Public1", "ec2:subnet", "req-1"),
        denied("Buddy-Public2", "ec2:subnet", "req-2"),
        settled("skipped", "rds", "rds:database", "database1", { reason: "waits for Buddy-Public1" }),
        settled("skipped", "image", "ec2:image", "image", { reason: "waits for Buddy-Public1" }),
      ],
    }),
  );
  expect(text.match(/UnauthorizedOperation/g)).toHaveLength(1);
  expect(text).not.toContain("Next:");
  for (const said of ["Buddy-Public1", "req-1", "Buddy-Public2", "rds, image", "buddyverse policy"])
    expect(text).toContain(said);
  expect(text).toMatch(/buddyverse up --sandbox$/);
  await expectScreen(text, "up-failed");
});

test("something waits for a person", async () => {
  const text = upEnd(
    end({
      settled: [
        settled("created", "vpc", "ec2:vpc", "Buddy-Project"),
        settled("blocked", "image", "acm:certificate", "buddyverse.link", {
          reason: "Set these name servers at your registrar: ns-1.awsdns.org",
        }),
      ],
      outputs: { "Load balancer": "buddy.elb.amazonaws.com" },
    }),
  );
  expect(text).toContain("buddy.elb.amazonaws.com");
  expect(text).toContain("Set these name servers at your registrar: ns-1.awsdns.org");
  expect(text).toMatch(/buddyverse up --sandbox$/);
  await expectScreen(text, "up-waits");
});

test("interrupted: nothing is lost, and the command that goes on", async () => {
  const text = upEnd(
    end({
      settled: [
        ...["a", "b", "c", "d", "e", "f"].map((name) => settled("interrupted", "rds", "rds:database", name)),
        settled("skipped", "image", "ec2:image", "g", { reason: "waits for a" }),
      ],
    }),
  );
  expect(text).toMatch(/^interrupted: a, b, c, d and 2 more\./m);
  expect(text).toMatch(/buddyverse up --sandbox$/);
  await expectScreen(text, "up-interrupted");
});

test("stack traces only when verbose", () => {
  const one = [denied("Buddy-Public1", "ec2:subnet", "req-1")];
  expect(upEnd(end({ settled: one }))).not.toContain("things.ts");
  expect(upEnd(end({ settled: one, verbose: true }))).toContain("things.ts");
});
