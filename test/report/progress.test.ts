import { describe, expect, test } from "vitest";
import type { Event } from "../../src/engine/events.ts";
import type { Forecast } from "../../src/engine/forecast.ts";
import { widthOf } from "../../src/lib/text.ts";
import { type FrameOptions, frame } from "../../src/report/frame.ts";
import { outlookLine } from "../../src/report/outlook.ts";
import { advance, type Direction, startProgress } from "../../src/report/progress.ts";
import { coloured } from "../../src/report/style.ts";
import { firstMinutes, forecast, keysOf, noted, prepared, settled, started, steps, whole } from "./script.ts";

const after = (events: readonly Event[], direction: Direction = "up") =>
  events.reduce(advance, startProgress(steps, direction));
const shown = (events: readonly Event[], seconds: number, width: number, options: FrameOptions = {}) =>
  frame(after(events), seconds * 1000, width, options).join("\n");

const foreseen = (events: readonly Event[], seconds: number, width = 100, given = forecast) =>
  outlookLine(events.reduce(advance, startProgress(steps, "up", { forecast: given })), seconds * 1000, width, {
    now: Date.parse("2026-11-29T13:31:14") + seconds * 1000,
    speed: 1,
  });

describe("the line for the whole run", () => {
  test("how many are done, how long it takes in all, when it ends, and what that waits for", () => {
    expect(foreseen([], 0)).toBe(
      "0 of 23 · 0s of ~17m · done about 13:48 · waits for Buddy-Project, then Buddy-DB-Private1",
    );
    expect(foreseen(firstMinutes, 106)).toBe(
      "17 of 23 · 1m46s of ~17m · done about 13:48 · waits for database1, then database1-replica",
    );
  });

  test("as much of it as there is room for, no part cut", () => {
    expect([80, 60, 40, 24, 10].map((width) => foreseen(firstMinutes, 106, width))).toEqual([
      "17 of 23 · 1m46s of ~17m · done about 13:48 · waits for database1",
      "17 of 23 · 1m46s of ~17m · done about 13:48",
      "17 of 23 · 1m46s of ~17m",
      "17 of 23 · 1m46s of ~17m",
      "17 of 23…",
    ]);
  });

  test("what takes longer than usual moves the end, and is late when nothing else is left", () => {
    expect(foreseen(firstMinutes, 700)).toContain(" 11m40s of ~20m · done about 13:50 · waits for database1, then");
    const events = [
      ...firstMinutes,
      settled("primary", 540, "created", 535),
      started("replica", 541, "create", 480),
      settled("alb", 176, "created", 170),
      ...["http", "certificate", "www"].map((key) => settled(key, 300, "created", 2)),
    ];
    expect(foreseen(events, 1_300)).toBe("22 of 23 · 21m40s of ~17m, late · waits for database1-replica");
    expect(foreseen([...events, settled("replica", 1_300, "created", 759)], 1_300)).toBe("23 of 23 · 21m40s");
  });

  test("what failed is said; what it holds up is not waited for", () => {
    const events = [
      ...firstMinutes,
      settled("primary", 90, "failed", 85, "none left"),
      settled("replica", 90, "skipped", 0, "waits for database1"),
    ];
    expect(foreseen(events, 106, 120)).toBe(
      "17 of 23 · 1 failed · 1m46s of ~4m · done about 13:35 · waits for Buddy-LoadBalance, then buddyverse.link",
    );
  });

  test("what is visited twice is done when both visits are over; copies come before all else", () => {
    const twice: Forecast = {
      beforehandSeconds: 0,
      visits: [
        { key: "vpc", id: "vpc", part: "whole", seconds: 20, after: [] },
        { key: "vpc", id: "removal of vpc", part: "removal", seconds: 40, after: ["vpc"] },
      ],
    };
    const made = [started("vpc", 0, "create"), settled("vpc", 20, "created", 20)];
    expect(foreseen(made, 20, 100, twice)).toBe("0 of 1 · 20s of ~1m · done about 13:32 · waits for Buddy-Project");
    const removed = [...made, started("vpc", 25, "delete"), settled("vpc", 65, "deleted", 40)];
    expect(foreseen(removed, 65, 100, twice)).toBe("1 of 1 · 1m05s");

    const copied: Forecast = { beforehandSeconds: 300, visits: twice.visits.slice(0, 1) };
    expect(foreseen([started("vpc", 0, "copy", 300)], 100, 100, copied)).toMatch(
      /^0 of 1 · 1m40s of ~5m · done about .* · waits for Buddy-Project$/,
    );
    const deleting = [started("vpc", 0, "copy", 300), prepared("vpc", 190, 190), started("vpc", 200, "delete", 20)];
    expect(foreseen(deleting, 200, 100, copied)).toMatch(/^0 of 1 · 3m20s of ~4m · done/);
  });

  test("an update of which its type alone knows how long it takes shows that", () => {
    const rolling = advance(startProgress(steps, "up", { forecast }), started("alb", 0, "update"));
    expect(frame(rolling, 60_000, 80)[5]).toMatch(/Buddy-LoadBalance updating +1m00s of ~3m$/);
    expect(frame(rolling, 300_000, 80)[5]).toMatch(/Buddy-LoadBalance updating +5m00s of ~3m, late$/);
    expect(frame(rolling, 300_000, 80, { style: coloured })[5]).toContain(coloured.yellow(" 5m00s of ~3m, late"));
  });
});

describe("the block", () => {
  test("before anything: all steps, what they wait for", () => {
    expect(shown([], 0, 80)).toMatchInlineSnapshot(`
      "    1 vpc
          2 subnets          waits for vpc
          3 routes           waits for vpc, subnets
          4 nat-bastion      waits for subnets, routes
          5 rds              waits for subnets
          6 load-balancer    waits for vpc, subnets
          7 domain           waits for load-balancer

       0 of 23 · 0s"
    `);
  });

  test("under way, at 80 columns", () => {
    expect(shown(firstMinutes, 106, 80, { tick: 4 })).toMatchInlineSnapshot(`
      " ✔  1 vpc              Buddy-Project                                        2s
       ✔  2 subnets          6 subnets                                            3s
       ✔  3 routes           Buddy-GW, 4 route tables                             4s
       ✔  4 nat-bastion      Buddy-NAT1, Buddy-NAT2, Bastion1, Bastion2          41s
       ⠼  5 rds              database1 creating                         1m41s of ~9m
       ⠼  6 load-balancer    Buddy-LoadBalance provisioning             1m40s of ~3m
          7 domain           waits for load-balancer

       17 of 23 · 1m46s"
    `);
  });

  test("under way, at 160 columns: names instead of counts", () => {
    expect(shown(firstMinutes, 106, 160, { tick: 4 })).toMatchInlineSnapshot(`
      " ✔  1 vpc              Buddy-Project                                                                        2s
       ✔  2 subnets          6 subnets                                                                            3s
       ✔  3 routes           Buddy-GW, Buddy-Routing, Buddy-Private-GW1, Buddy-Private-GW2, Buddy-DB-Private      4s
       ✔  4 nat-bastion      Buddy-NAT1, Buddy-NAT2, Bastion1, Bastion2                                          41s
       ⠼  5 rds              database1 creating                                                         1m41s of ~9m
       ⠼  6 load-balancer    Buddy-LoadBalance provisioning                                             1m40s of ~3m
          7 domain           waits for load-balancer

       17 of 23 · 1m46s"
    `);
  });

  test("several at once: all names, then counts, then the slowest", () => {
    const keys = ["buddy-nat1", "buddy-nat2", "bastion1", "bastion2"];
    const events = [...firstMinutes.slice(0, -8), ...keys.map((key) => started(key, 10, "create", 45))];
    const line = (width: number) => shown(events, 20, width).split("\n")[3];
    expect(line(100)).toContain("Buddy-NAT1, Buddy-NAT2, Bastion1, Bastion2 creating");
    expect(line(80)).toContain("4 instances creating ");
    expect(line(80)).toMatch(/ 10s of ~45s$/);
  });

  test("what hinders shows as waiting, for as long as it is repeated", () => {
    const events = [...firstMinutes, noted("alb", 100, "in use by eni-0123 (ELB net)")];
    const line = (seconds: number) => shown(events, seconds, 100, { tick: 0 }).split("\n")[5];
    expect(line(110)).toMatch(/^ · +6 .*Buddy-LoadBalance provisioning: in use by eni-0123 \(ELB net\)/);
    expect(line(131)).toMatch(/^ ⠋ +6 .*Buddy-LoadBalance provisioning +2m05s of ~3m$/);
  });

  test("a failure, what waits for a person, and what they hold up", () => {
    const events = [
      ...firstMinutes,
      settled("alb", 176, "created", 170),
      settled("http", 178, "created", 1),
      settled("certificate", 300, "blocked", 120, "set the name servers at your registrar"),
      settled("www", 215, "created", 34),
      settled("primary", 540, "failed", 535, "rds:database database1: InsufficientDBInstanceCapacity: none left"),
      settled("replica", 541, "skipped", 0, "waits for database1"),
    ];
    expect(shown(events, 541, 80, { final: true })).toMatchInlineSnapshot(`
      " ✔  1 vpc              Buddy-Project                                        2s
       ✔  2 subnets          6 subnets                                            3s
       ✔  3 routes           Buddy-GW, 4 route tables                             4s
       ✔  4 nat-bastion      Buddy-NAT1, Buddy-NAT2, Bastion1, Bastion2          41s
       ✖  5 rds              database1 failed: InsufficientDBInstanceCapacity… 8m55s
       ✔  6 load-balancer    Buddy-LoadBalance-TargetGroup, Buddy-LoadBalance… 2m52s
       !  7 domain           buddyverse.link: set the name servers at your re… 2m00s"
    `);
  });

  test("skipped as a whole: what it waits for", () => {
    const events = [
      settled("alb", 9, "failed", 3, "denied"),
      ...keysOf("domain").map((key) => settled(key, 9, "skipped", 0, "waits for Buddy-LoadBalance")),
    ];
    expect(shown(events, 9, 80).split("\n")[6]).toBe("    7 domain           waits for Buddy-LoadBalance");
  });

  test("interrupting, then interrupted", () => {
    const interrupting: Event[] = [...firstMinutes, { type: "run.interrupting", at: 60_000 }];
    expect(shown(interrupting, 61, 80).split("\n").at(-1)).toBe(
      " Finishing the calls that are under way. Ctrl-C again stops at once.",
    );
    const events = [
      ...interrupting,
      settled("primary", 61, "interrupted", 56, "interrupted"),
      settled("alb", 61, "interrupted", 55, "interrupted"),
      settled("replica", 61, "skipped", 0, "waits for database1"),
    ];
    const lines = shown(events, 62, 80, { final: true }).split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[4]).toBe(" !  5 rds              database1 interrupted");
    expect(lines[5]).toBe(" !  6 load-balancer    Buddy-LoadBalance interrupted");
  });

  test("nothing to do: names without times", () => {
    const events = steps.flatMap((step) => keysOf(step.name).map((key) => settled(key, 1, "unchanged", 0)));
    expect(shown(events, 1, 80)).toMatchInlineSnapshot(`
      " ✔  1 vpc              Buddy-Project
       ✔  2 subnets          6 subnets
       ✔  3 routes           Buddy-GW, 4 route tables
       ✔  4 nat-bastion      Buddy-NAT1, Buddy-NAT2, Bastion1, Bastion2
       ✔  5 rds              database1, database1-replica
       ✔  6 load-balancer    Buddy-LoadBalance-TargetGroup, Buddy-LoadBalance, HTTP…
       ✔  7 domain           buddyverse.link, www.buddyverse.link

       23 of 23 · 1s"
    `);
  });

  test("down: from the last step to the first", () => {
    const events = [
      ...whole("domain", 0, 40, "deleted"),
      started("http", 40, "delete", 1),
      settled("http", 41, "deleted", 1),
      started("alb", 41, "delete", 60),
      noted("alb", 50, "in use by eni-0123"),
      started("replica", 0, "wait", 240),
    ];
    expect(frame(after(events, "down"), 60_000, 80, { tick: 4 }).join("\n")).toMatchInlineSnapshot(`
      " ✔  7 domain           buddyverse.link, www.buddyverse.link                40s
       ·  6 load-balancer    Buddy-LoadBalance deleting: in use by eni-0… 19s of ~1m
       ·  5 rds              database1-replica deleting                 1m00s of ~4m
          4 nat-bastion
          3 routes           waits for nat-bastion
          2 subnets          waits for load-balancer, rds, nat-bastion, routes
          1 vpc              waits for load-balancer, routes, subnets

       3 of 23 · 1m00s"
    `);
  });

  test("what the config no longer wants has a line of its own", () => {
    const lines = shown([started("Buddy-NAT3", 5, "delete", 40)], 9, 80, { tick: 4 }).split("\n");
    expect(lines.at(-3)).toMatch(/^ ⠼ {4}no longer wanted Buddy-NAT3 deleting +4s of ~40s$/);
    const gone = [started("Buddy-NAT3", 5, "delete", 40), settled("Buddy-NAT3", 45, "deleted", 40)];
    expect(shown(gone, 46, 80).split("\n").at(-3)).toMatch(/^ ✔ {4}no longer wanted Buddy-NAT3 +40s$/);
  });

  test("what was made only for a while does not count as made", () => {
    const events = [...whole("vpc", 0, 2), settled("vpc", 9, "deleted", 3)];
    expect(shown(events, 9, 80).split("\n")[0]).not.toContain("Buddy-Project");
  });

  test("steps without resources are left out, the others keep their numbers", () => {
    const some = steps.map((step) => (step.name === "subnets" ? { ...step, resources: [] } : step));
    const lines = frame(startProgress(some), 0, 80);
    expect(lines[1]).toMatch(/^ {4}3 routes/);
  });

  test("a low terminal: what is done becomes one line, then what is to come", () => {
    const lines = shown(firstMinutes, 106, 80, { tick: 4, rows: 5 }).split("\n");
    expect(lines.map((line) => line.slice(0, 22).trimEnd())).toEqual([
      " ✔    4 steps done",
      " ⠼  5 rds",
      " ⠼  6 load-balancer",
      "    7 domain",
      " 17 of 23 · 1m46s",
    ]);
    expect(shown([], 0, 80, { rows: 3 })).toMatch(/^ +7 steps to come\n 0 of 23 · 0s$/);
  });

  test("no line is ever wider than the terminal, at any width, with any text", () => {
    const events = [
      ...firstMinutes,
      noted("primary", 106, "x".repeat(300)),
      settled("alb", 106, "failed", 100, "버디".repeat(100)),
      settled("certificate", 106, "blocked", 0, "two\nlines ".repeat(40)),
    ];
    for (let width = 24; width <= 200; width++) {
      for (const line of frame(after(events), 107_000, width, { style: coloured })) {
        expect(line).not.toContain("\n");
        expect(widthOf(line)).toBeLessThanOrEqual(width - 2);
      }
    }
  });

  test("no colours unless asked", () => {
    expect(shown(firstMinutes, 106, 80)).not.toContain("\u001b");
    expect(shown(firstMinutes, 106, 80, { style: coloured })).toContain("\u001b[32m✔");
  });
});
