import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import { costChange } from "../../src/cost/cost-change.ts";
import { costSoFar } from "../../src/cost/estimate.ts";
import { shippedPrices } from "../../src/cost/prices.ts";
import { usageWith } from "../../src/cost/usage.ts";
import {
  afterDownView,
  alternativesView,
  costChangeView,
  costJson,
  costNowView,
  costView,
  usageView,
} from "../../src/cost/view.ts";
import { exactDollars, roundToCents } from "../../src/lib/money.ts";
import { configOf, left, bill as of, othersOf } from "./bill.ts";

const { totals: sums } = of();
const FIXED = exactDollars(sums.fixed).replaceAll(".", "\\.");
const TYPICAL = exactDollars(sums.total.typical).replaceAll(".", "\\.");

describe("as text", () => {
  const text = costView(of(), shippedPrices);

  test("shows steps and objects with their sums, the totals, what is missing, tax and dates", () => {
    expect(text).toMatch(/^nat-bastion +\$55\.48$/m);
    expect(text).toMatch(/^ {2}Bastion1 +\$13\.87$/m);
    expect(text).toMatch(/^load-balancer +\$23\.73 +\$1\.55 +\$13\.77 +\$137\.68$/m);
    expect(text).toMatch(/^ {2}Buddy-EFS +\$0\.33\+\? +\$1\.80\+\? +\$19\.44\+\?$/m);
    expect(text).toMatch(
      new RegExp(`^all together +\\${FIXED} +\\$2\\.20\\+\\? +\\$16\\.31\\+\\? +\\$184\\.17\\+\\?$`, "m"),
    );
    expect(text).toContain(`at least ${exactDollars(sums.total.typical)} in an ordinary month`);
    expect(text).toContain("recovery points of Buddy-EFS (efs:backup)");
    expect(text).toContain("hosted zone of buddyverse.link: $0.50 a month; there before the stack");
    expect(text).toContain("collected on 2026-11-22 from sources dated 2024-07-01 to 2026-10-01");
    expect(text).toContain("Tax comes on top: 10 %");
  });

  test("claims no gap where there is none", () => {
    const whole = costView(of({ efs: { backup: false } }), shippedPrices);
    expect(whole).not.toMatch(/\+\?|at least|No price/);
  });

  test("with detail it shows quantity times price", () => {
    const detail = costView(of(), shippedPrices, { detail: true });
    expect(detail).toMatch(/db\.t3\.micro instance +730 hours × \$0\.026 +\$18\.98$/m);
    expect(detail).toMatch(/recovery points +10 GB-months × unknown +unknown$/m);
  });

  test("another region says what the table covers, and shows unknown, not 0", () => {
    const foreign = costView(of({ region: "eu-west-1" }), shippedPrices);
    expect(foreign).toContain("The price table covers ap-northeast-2 and us-east-1.");
    expect(foreign).toMatch(/^nat-bastion +unknown$/m);
    expect(foreign).toMatch(/^all together +\$3\.00\+\?/m);
    expect(foreign).toContain("Fixed: at least $3.00");
  });

  test("no line is wider than 100 characters, and none ends in a space", () => {
    const input: ConfigInput = {
      region: "eu-west-1",
      nat: { mode: "gateway" },
      domain: { name: "a-very-long-name-for-a-site-that-nobody-would-type.example.com" },
      web: { instanceType: "m9z-very-long-family.metal-96xlarge" },
    };
    const one = of(input);
    const views = [
      text,
      costView(of({ database: { engineVersion: "8.0" } }), shippedPrices, { detail: true }),
      costView(one, shippedPrices, { detail: true }),
      alternativesView(othersOf(configOf(input))),
      alternativesView(othersOf(configOf())),
      usageView({}),
      costChangeView(costChange(of(), one)),
      costNowView(
        of(),
        costSoFar(of(), () => 5),
      ),
      afterDownView(left(input, { discardData: false })),
    ];
    const lines = views.flatMap((view) => view.split("\n"));
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });

  test("side by side: marks what is configured, ranks what saves, and what the NAT instances save already", () => {
    const view = alternativesView(othersOf(configOf()));
    expect(view).toMatch(new RegExp(`^→ NAT instances +\\${TYPICAL} +as configured$`, "m"));
    expect(view).toMatch(/^ {2}NAT gateways +\$\d+\.\d\d +\+\$66\.09$/m);
    expect(view).toContain("Saved already: $66.09 a month, beside NAT gateways.");
    expect(view).toMatch(
      /one at a time.*\n {2}1 {2}all instances and databases reserved, 1 year +\$30\.81 a month {2}a contract$/m,
    );
    expect(view).toMatch(
      /^At the price of a requirement\n {2}1 {2}one zone, no replica +\$50\.\d\d a month {2}not by up; breaks R3, R4$/m,
    );
    const gateways = alternativesView(othersOf(configOf({ nat: { mode: "gateway" } })));
    expect(gateways).not.toContain("Saved already");
    expect(alternativesView(othersOf(configOf({ region: "eu-west-1" })))).toContain(
      "Nothing in these tables costs less",
    );
  });

  test("usage shows why, or that a person set it", () => {
    expect(usageView({})).toMatch(/dataOutGB +10 +100 +1000\n +1 MB a page/);
    expect(usageView(usageWith(["dataOutGB=7"]))).toMatch(/dataOutGB +7 +7 +7\n +set by you/);
  });

  test("plan, status and down each say it in their words", () => {
    const change = costChangeView(costChange(of(), of({ nat: { mode: "gateway" } })));
    expect(change).toMatch(/^Cost a month: \+\$66\.09 in an ordinary month, \+\$65\.50 of it fixed\n/);
    expect(costChangeView(costChange(of(), of()))).toBe("Cost a month: no change");
    expect(costChangeView(costChange({ lines: [] }, of()))).toContain(
      `unknown in part; what has a price: +${exactDollars(sums.total.typical)}`,
    );
    expect(
      costNowView(
        of(),
        costSoFar(of(), () => 73),
      ),
    ).toBe(
      `Costs at least ${exactDollars(sums.total.typical)} in an ordinary month, ${exactDollars(sums.fixed)} of it fixed, without tax.\nHas cost at least ${exactDollars(sums.total.typical / 10)} so far, by the estimate.`,
    );
    const after = afterDownView(left({}, { discardData: false }));
    expect(after).toContain("final snapshot of database1: $1.90 a month");
    expect(after).toContain("recovery points of Buddy-EFS: price unknown");
    const nothing: ConfigInput = { efs: { backup: false }, domain: null };
    expect(afterDownView(left(nothing, { discardData: true }))).toContain("Nothing still costs money.");
  });

  test("a change to what has no price is unknown, not less", () => {
    const upgrade = costChange(
      of({ database: { instanceClass: "db.t3.small" } }),
      of({ database: { instanceClass: "db.t3.medium" } }),
    );
    const view = costChangeView(upgrade);
    expect(view).toMatch(/^Cost a month: unknown in part; what has a price: no change$/m);
    expect(view).toMatch(/^ {2}rds +database1 +unknown$/m);
    expect(view).not.toContain("-$");
  });
});

describe("as JSON", () => {
  test("is plain, keeps unknown, names dates and sources, and has no fractions of a cent", () => {
    const value = JSON.parse(JSON.stringify(costJson(of(), othersOf(configOf()))));
    expect(value).toMatchObject({
      currency: "USD",
      tax: "not included",
      totals: {
        fixed: roundToCents(sums.fixed),
        total: { typical: roundToCents(sums.total.typical) },
        complete: false,
      },
      prices: { collected: "2026-11-22", oldest: "2024-07-01", newest: "2026-10-01" },
    });
    expect(value.prices.sources.P1).toContain("AWS Price List");
    expect(value.steps.find(({ step }: { step: string }) => step === "rds").fixed).toBe(43.2);
    const backup = value.lines.find(({ price }: { price: string }) => price === "efs:backup");
    expect(backup).toMatchObject({ monthly: "unknown", unitPrice: "unknown" });
    const money: number[] = [];
    JSON.stringify(value, (key, of) => {
      if (/^(fixed|monthly|low|typical|high|difference|saves)$/.test(key) && typeof of === "number") money.push(of);
      return of;
    });
    expect(money.length).toBeGreaterThan(100);
    expect(money.filter((usd) => Number(usd.toFixed(2)) !== usd)).toEqual([]);
  });
});
