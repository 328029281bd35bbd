import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckResult } from "../../../src/verify/check.ts";
import { type Report, reportPage } from "../../../src/verify/drills/page.ts";
import { chromiumHere, needs } from "../../tools.ts";
import { misplaced, pale } from "./in-page.js";
import { BEGAN, deadWeb, failedZone, interruptedNat, lostInstance, pastOf, scaleOut } from "./results.ts";

const resultOf = (
  requirement: CheckResult["requirement"],
  result: CheckResult["result"],
  evidence: string,
): CheckResult => ({
  id: "group-size",
  requirement,
  title: "The group has its sizes",
  result,
  evidence,
  ms: 400,
});
const report: Report = {
  stack: "buddyverse",
  region: "ap-northeast-2",
  account: "111122223333",
  sandbox: false,
  at: BEGAN + 90 * 60_000,
  results: [
    resultOf("R1", "passed", "min 2, max 4"),
    resultOf("R1", "passed", "target 50 %"),
    resultOf("R3", "unknown", "could not be looked at: UnauthorizedOperation"),
    resultOf("R6", "failed", "a volume is not encrypted"),
  ],
  skipped: [{ id: "redirect", requirement: "R6", why: "the config names no domain: the site is plain http" }],
  drills: [
    { result: deadWeb(), past: undefined },
    { result: lostInstance(), past: pastOf(lostInstance(), { recoverSeconds: 200 }) },
    { result: interruptedNat(), past: pastOf(interruptedNat()) },
    { result: failedZone(), past: pastOf(failedZone(), { recoverSeconds: 312 }) },
    { result: scaleOut(), past: pastOf(scaleOut()) },
  ],
  cpuTarget: 50,
};
const EVIL = `<script>document.title="hacked"</script><img src=x onerror="alert(1)">'"&amp;`;
const hostile: Report = {
  ...report,
  stack: EVIL,
  region: EVIL,
  account: EVIL,
  results: [{ ...resultOf("R1", "failed", EVIL), title: EVIL }],
  skipped: [{ id: EVIL, requirement: EVIL, why: EVIL }],
  drills: [
    {
      result: {
        ...failedZone(),
        title: EVIL,
        problem: EVIL,
        detected: EVIL,
        recovered: EVIL,
        notAsBefore: [EVIL],
        timeline: [{ at: BEGAN, who: "aws", what: EVIL }],
      },
      past: undefined,
    },
  ],
};

test("45 minutes of watching make a page of a size to send by mail", () => {
  const one = (drills: Report["drills"]) => Buffer.byteLength(reportPage({ ...report, drills }));
  const long = { result: scaleOut(), past: undefined };
  expect(one([long]) - one([])).toBeLessThan(100_000);
  // A site that is away and back every few seconds cannot be thinned to a few runs.
  const probes = long.result.probes.map((probe, index) => (index % 7 < 2 ? { ...probe, status: 502 } : probe));
  expect(one([{ ...long, result: { ...long.result, probes } }]) - one([])).toBeLessThan(200_000);
});

test("it needs nothing from elsewhere and no script", () => {
  const page = reportPage(report).replaceAll("http://www.w3.org/2000/svg", "");
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\bsrc=|https?:/i);
});

test("the sandbox's page says that nothing was measured on AWS; AWS's names the account", () => {
  const sandbox = reportPage({ ...report, sandbox: true, account: undefined });
  expect(sandbox).toContain("a simulated AWS");
  expect(sandbox).not.toContain("111122223333");
  expect(reportPage(report)).not.toContain("simulated");
  expect(reportPage(report)).toContain("account 111122223333");
});

test("what did not pass decides the verdict, and is not folded away", () => {
  expect(reportPage(report)).toContain(
    `<p class="verdict failed">3 of 5 drills passed, 1 failed, 1 interrupted; 2 of 4 checks passed, 1 failed, 1 not known.</p>`,
  );
  expect(reportPage(report).match(/<details open><summary><b>R\d/g)).toEqual([
    "<details open><summary><b>R3",
    "<details open><summary><b>R6",
  ]);
  const well = reportPage({
    ...report,
    results: report.results.slice(0, 2),
    drills: report.drills.slice(0, 2),
  });
  expect(well).toContain(`<p class="verdict passed">All 2 drills passed; all 2 checks passed.</p>`);
  expect(well).not.toContain("<details open");
  expect(reportPage({ ...report, results: [], skipped: [], drills: [] })).toContain("Nothing was asked.");
});

test("the page holds its styles, and no name of the template is left", () => {
  const page = reportPage(report);
  expect(page).toMatch(/<style>[\s\S]*--paper: [\s\S]*\.curves \.line \{[\s\S]*<\/style>/);
  expect(page).not.toMatch(/\{\{|undefined/);
});

describe("in a real Chromium", needs("Chromium"), () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "buddyverse-page-"));
    browser = await chromium.launch({
      executablePath: chromiumHere() as string,
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  const backgroundOf = (page: Page): Promise<string> =>
    page.evaluate("getComputedStyle(document.body).backgroundColor");

  /** The page as a reader opens it, all folded parts opened, with all that it asked for and complained of. */
  async function opened(of: Report, width: number, colorScheme: "light" | "dark"): Promise<[Page, string[]]> {
    const file = join(folder, "report.html");
    writeFileSync(file, reportPage(of));
    const url = pathToFileURL(file).href;
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const noise: string[] = [];
    page.on("request", (request) => request.url() !== url && noise.push(`asked for ${request.url()}`));
    page.on("console", (message) => noise.push(message.text()));
    page.on("pageerror", (error) => noise.push(String(error)));
    page.on("dialog", (dialog) => {
      noise.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(url, { waitUntil: "load" });
    await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true');
    return [page, noise];
  }

  test.each([
    [360, "light"],
    [360, "dark"],
    [768, "light"],
    [768, "dark"],
    [1280, "light"],
    [1280, "dark"],
  ] as const)("%i px wide, %s: all has its place, reads well, and nothing is asked for", async (width, scheme) => {
    const [page, noise] = await opened(report, width, scheme);
    expect(await page.evaluate(misplaced)).toEqual([]);
    const { seen, found } = await page.evaluate(pale);
    expect(found).toEqual([]);
    expect(seen).toBeGreaterThan(500);
    expect(noise).toEqual([]);
    const background = await backgroundOf(page);
    expect(Number(/\d+/.exec(background)?.[0]) < 128).toBe(scheme === "dark");
    await page.close();
  });

  test("on paper it is light, and what was folded is printed", async () => {
    const [page] = await opened(report, 768, "dark");
    await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = false');
    const folded = '[...document.querySelectorAll("details table")].filter((one) => !one.checkVisibility()).length';
    expect(await page.evaluate(folded)).toBeGreaterThan(5);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await backgroundOf(page)).toBe("rgb(255, 255, 255)");
    expect(await page.evaluate(pale).then(({ found }) => found)).toEqual([]);
    expect(await page.evaluate(folded)).toBe(0);
    await page.close();
  });

  test("hostile names are text", async () => {
    for (const width of [360, 1280]) {
      const [page, noise] = await opened(hostile, width, "light");
      expect(await page.evaluate(misplaced)).toEqual([]);
      const text = await page.locator("body").innerText();
      expect(text.split(EVIL).length - 1).toBeGreaterThanOrEqual(12);
      expect(await page.locator("script, img").count()).toBe(0);
      expect(await page.title()).toContain("<script>");
      expect(noise).toEqual([]);
      await page.close();
    }
  });

  test("a reader who does not see has it in words: charts have names, tables have heads", async () => {
    const [page] = await opened(report, 1280, "light");
    const names = await page
      .getByRole("img", { name: /^Curves of / })
      .evaluateAll((all) => all.map((one) => one.ariaLabel));
    expect(names).toHaveLength(5);
    expect(names[4]).toMatch(
      /^Curves of scale-out\. Instances desired: 2 to 4; in service: 2 to 4; .* answers failed\. Detected after 210 seconds\./,
    );
    const tables = await page
      .getByRole("table")
      .evaluateAll((all) => all.map((one) => one.querySelectorAll("th").length));
    expect(tables.length).toBeGreaterThan(12);
    expect(Math.min(...tables)).toBeGreaterThan(1);
    expect(await page.getByRole("columnheader", { name: "Recovered" }).count()).toBe(1);
    await page.close();
  });
});
