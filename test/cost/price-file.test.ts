import { describe, expect, test } from "vitest";
import type { AskedPrices } from "../../src/cost/live.ts";
import { keptFrom, priceChanges } from "../../src/cost/price-changes.ts";
import { overlaid, parsePriceFile, pricesWith, withRegion } from "../../src/cost/price-file.ts";
import { itemsIn, tiersOf } from "../../src/cost/price-table.ts";
import { shippedPrices } from "../../src/cost/prices.ts";
import { costJson, costView, liveView } from "../../src/cost/view.ts";
import { bill, configOf, othersOf } from "./bill.ts";

const SEOUL = "ap-northeast-2";
const inSeoul = { region: SEOUL, from: 0, source: "PL" };
const asked: AskedPrices = {
  asked: "2026-12-01T09:30:00.000Z",
  sources: { PL: "AWS Price List API (pricing:GetProducts)", SP: "EC2 Spot price history" },
  rows: [
    { ...inSeoul, item: "nat:gateway", unit: "hour", usd: 0.062 },
    { ...inSeoul, item: "data:out", unit: "GB", usd: 0.12 },
    { ...inSeoul, item: "data:out", unit: "GB", usd: 0.1, from: 10_240 },
    { ...inSeoul, item: "efs:backup", unit: "GB-month", usd: 0.05 },
    { ...inSeoul, item: "route53:zone", region: "global", unit: "month", usd: 0.6 },
    { ...inSeoul, item: "ec2:t3.micro:spot", unit: "hour", usd: 0.0052, source: "SP" },
    { ...inSeoul, item: "ec2:c7g.large:spot", unit: "hour", usd: 0.03, source: "SP" },
  ],
};
const live = overlaid(shippedPrices, asked);
const usd = (item: string, region = SEOUL) => tiersOf(live, item, region).map((row) => [row.from, row.usd]);

describe("the asked prices over the shipped ones", () => {
  test("take the place of all tiers of an item in that region, and of nothing else", () => {
    expect(usd("nat:gateway")).toEqual([[0, 0.062]]);
    expect(usd("data:out")).toEqual([
      [0, 0.12],
      [10_240, 0.1],
    ]);
    expect(usd("efs:backup")).toEqual([[0, 0.05]]);
    expect(usd("route53:zone")).toEqual([[0, 0.6]]);
    expect(usd("nat:gateway", "us-east-1")).toEqual([[0, 0.045]]);
    expect(usd("alb:hour")).toEqual([[0, 0.0225]]);
    expect(itemsIn(shippedPrices, SEOUL).filter((item) => !itemsIn(live, SEOUL).includes(item))).toEqual([]);
    expect(tiersOf(live, "nat:gateway", SEOUL)[0]).toMatchObject({ source: "PL", asOf: "2026-12-01", sure: "A" });
    expect(live.sources.PL).toContain("asked at 2026-12-01T09:30:00.000Z");
  });

  test("have Spot's price; how often AWS takes instances back only the advisor knows", () => {
    expect(tiersOf(live, "ec2:t3.micro:spot", SEOUL)).toEqual([
      {
        ...asked.rows.find(({ item }) => item === "ec2:t3.micro:spot"),
        asOf: "2026-12-01",
        sure: "A",
        asked: true,
        note: "of instances taken back a month: 10-15 % (2025-06-28)",
      },
    ]);
    expect(live.sources.SP).toBe("EC2 Spot price history, asked at 2026-12-01T09:30:00.000Z");
    expect(tiersOf(live, "ec2:c7g.large:spot", SEOUL)[0]).not.toHaveProperty("note");
    expect(tiersOf(live, "ec2:t3.micro:spot", "us-east-1")).toEqual(
      tiersOf(shippedPrices, "ec2:t3.micro:spot", "us-east-1"),
    );
    const spot = (prices: typeof live) =>
      othersOf(configOf(), { prices })
        .tables.flatMap(({ rows }) => rows)
        .find(({ name }) => name === "web on Spot");
    for (const prices of [shippedPrices, live])
      expect(spot(prices)?.note).toBe(
        "rough; of instances taken back a month: 10-15 % (2025-06-28); up starts on-demand instances only",
      );
    expect(spot(live)?.difference).toBeCloseTo(2 * 730 * (0.0052 - 0.013), 6);
  });

  test("complete the estimate, which says what is AWS's own word and of when", () => {
    const now = bill({ nat: { mode: "gateway" } }, { prices: live });
    expect(now.totals.complete).toBe(true);
    expect(costView(now, live)).toContain("lines as AWS itself said on 2026-12-01; the others collected on 2026-11-22");
    const json = JSON.parse(JSON.stringify(costJson(now)));
    expect(json.prices).toMatchObject({ collected: "2026-11-22", asked: "2026-12-01", newest: "2026-12-01" });
    const nat = json.lines.find(({ price }: { price: string }) => price === "nat:gateway");
    expect(nat).toMatchObject({ unitPrice: 0.062, from: { asOf: "2026-12-01", source: "PL", sure: "A" } });
  });
});

describe("what has changed", () => {
  const changes = priceChanges(shippedPrices, live, SEOUL);

  test("is each price that differs, tier by tier, with what it was and of when", () => {
    const brief = changes.map(({ item, from, old, new: now }) => [item, from, old, now]);
    expect(brief).toEqual([
      ["nat:gateway", 0, 0.059, 0.062],
      ["data:out", 0, 0.126, 0.12],
      ["data:out", 10_240, 0.122, 0.1],
      ["data:out", 51_200, 0.117, null],
      ["data:out", 153_600, 0.108, null],
      ["efs:backup", 0, null, 0.05],
      ["route53:zone", 0, 0.5, 0.6],
      ["route53:zone", 25, 0.1, null],
      ["ec2:t3.micro:spot", 0, 0.00377, 0.0052],
      ["ec2:c7g.large:spot", 0, null, 0.03],
    ]);
    expect(changes[0]).toMatchObject({ unit: "hour", oldAsOf: "2026-09-25", asOf: "2026-12-01", source: "PL" });
    expect(priceChanges(live, live, SEOUL)).toEqual([]);
    expect([keptFrom(live, "alb:hour", SEOUL), keptFrom(live, "ec2:t2.micro:spot", SEOUL)]).toEqual([
      "2026-10-01",
      "2025-06-28",
    ]);
    expect(keptFrom(live, "ec2:z9.huge", SEOUL)).toBeUndefined();
  });

  test("as text: what was, what is, what was not found, where it is kept", () => {
    const report = { region: SEOUL, asked: asked.asked, file: "/x/buddyverse.prices.json", found: 7, changes };
    const view = liveView({
      ...report,
      notFound: [
        { item: "alb:lcu", why: "AWS's price list has no such product", keptFrom: "2026-10-01" },
        { item: "ec2:z9.huge", why: "AWS's price list has no such product" },
      ],
    });
    expect(view).toContain("Asked AWS on 2026-12-01 for the prices of ap-northeast-2: 7 found, of which 6 differ");
    expect(view).toContain("\n  nat:gateway  $0.059 → $0.062 per hour (before: 2026-09-25)\n");
    expect(view).toContain("\n  data:out, from 51200  $0.117 → no such tier per GB (before: 2024-09-25)\n");
    expect(view).toContain("\n  efs:backup  unknown → $0.05 per GB-month\n");
    expect(view).toMatch(/alb:lcu: AWS's price list has no such product; kept from the table:\s+2026-10-01/);
    expect(view).toMatch(/ec2:z9\.huge: AWS's price list has no such product; unknown here too/);
    expect(view).toContain("Written to /x/buddyverse.prices.json");
    const rehearsed = liveView({ ...report, file: undefined, changes: [], notFound: [] });
    expect(rehearsed).toContain("Asked the sandbox");
    expect(rehearsed).toContain("none differs");
    expect(rehearsed).toContain("Nothing was written");
  });
});

describe("the price file", () => {
  const path = "/x/buddyverse.prices.json";

  test("comes back as it was written, each region for itself", () => {
    const one = parsePriceFile(withRegion(parsePriceFile(undefined, path), SEOUL, asked), path);
    const two = parsePriceFile(withRegion(one, "eu-central-1", { ...asked, rows: [] }), path);
    expect(two.regions[SEOUL]).toEqual(asked);
    expect(Object.keys(two.regions)).toEqual([SEOUL, "eu-central-1"]);
    expect(pricesWith(two, SEOUL, shippedPrices)).toEqual({ prices: live });
    expect(pricesWith(two, "us-east-1", shippedPrices)).toEqual({ prices: shippedPrices });
  });

  test("is not used when it is older than the shipped table; of the same day it is", () => {
    const of = (day: string) =>
      pricesWith(
        { version: 2, regions: { [SEOUL]: { ...asked, asked: `${day}T23:59:59.000Z` } } },
        SEOUL,
        shippedPrices,
      );
    expect(of("2026-11-21")).toEqual({ prices: shippedPrices, tooOld: "2026-11-21" });
    expect(of("2026-11-22").prices.asked).toBe("2026-11-22");
  });

  test("that is broken, of another version or holds no real price is refused with what to do", () => {
    const refused = (text: string) => {
      try {
        parsePriceFile(text, path);
      } catch (error) {
        return error as { code: string; message: string; hint: string };
      }
      throw new Error("it was taken");
    };
    const row = { item: "nat:gateway", region: SEOUL, unit: "hour", usd: 0.062, from: 0, source: "PL" };
    const withRow = (change: object) =>
      JSON.stringify({ version: 2, regions: { [SEOUL]: { ...asked, rows: [{ ...row, ...change }] } } });
    for (const text of [
      "",
      "{",
      "[]",
      JSON.stringify({ version: 1, regions: {} }),
      withRow({ usd: 0 }),
      withRow({ usd: -1 }),
      withRow({ usd: "0.06" }),
      withRow({ from: -1 }),
      withRow({ other: 1 }),
      JSON.stringify({ version: 2, regions: { [SEOUL]: { ...asked, asked: "yesterday" } } }),
    ]) {
      const { code, message, hint } = refused(text);
      expect(code).toBe("config");
      expect(message).toContain(path);
      expect(hint).toContain("Remove it");
    }
    expect(refused(withRow({ usd: 0 })).message).toContain("regions.ap-northeast-2.rows.0.usd");
  });
});
