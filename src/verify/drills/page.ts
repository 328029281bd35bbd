import { clockMinute, offset, spelled, zoneAt } from "../../lib/duration.ts";
import { escaped } from "../../lib/escape.ts";
import { grouped, percent } from "../../lib/number.ts";
import { counted, oneLine } from "../../lib/text.ts";
import pageCss from "../../report/page.css";
import { pageOf } from "../../report/page.ts";
import type { CheckResult, Requirement, SkippedCheck, Verdict } from "../check.ts";
import body from "./body.html";
import { bucketsOf } from "./buckets.ts";
import curvesCss from "./curves.css";
import { curves } from "./curves.ts";
import { comparedWith } from "./history.ts";
import type { DrillResult, Ending, PastDrill } from "./result.ts";
import { tookOr, WHO, zeroOf } from "./view.ts";

export interface Report {
  readonly stack: string;
  readonly region: string;
  /** The AWS account's number; not for the sandbox. */
  readonly account?: string | undefined;
  readonly sandbox: boolean;
  /** When it was made, milliseconds since 1970. */
  readonly at: number;
  readonly results: readonly CheckResult[];
  readonly skipped: readonly SkippedCheck[];
  readonly drills: readonly { readonly result: DrillResult; readonly past: PastDrill | undefined }[];
  /** The CPU at which the group grows, percent: drawn where it is given. */
  readonly cpuTarget?: number | undefined;
}

const REQUIREMENTS: Readonly<Record<Requirement, string>> = {
  R1: "Elastic capacity",
  R2: "Low cost",
  R3: "Available through failures",
  R4: "No slowdown from reads",
  R5: "Monitored",
  R6: "Personal data protected",
};

/** Foreign text: no markup, no control characters. Text in backquotes is code; AWS's ids and zones are not broken. */
const said = (text: string): string =>
  escaped(oneLine(text))
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\b(?:[a-z]{1,8}-[0-9a-f]{8,17}|[a-z]{2}-[a-z]{4,9}-\d[a-z]?)\b/g, '<span class="id">$&</span>');

const clockTime = (at: number): string => new Date(at).toISOString().slice(11, 19);
const day = (at: number): string =>
  new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
/** By the clock of the machine that made the page; beside it UTC, where that is another. */
function time(at: number): string {
  const zone = zoneAt(at);
  const utc = zone === "UTC" ? "" : ` (${clockTime(at).slice(0, 5)} UTC)`;
  return `<time datetime="${new Date(at).toISOString()}">${day(at)}, ${clockMinute(at)} ${zone}${utc}</time>`;
}

const SIGNS: Readonly<Record<Verdict | Ending, string>> = { passed: "✓", failed: "✕", unknown: "?", interrupted: "!" };
const NAMES: Readonly<Record<Verdict | Ending, string>> = {
  passed: "Passed",
  failed: "Failed",
  unknown: "Not known",
  interrupted: "Interrupted",
};
const pill = (kind: Verdict | Ending, words: string = NAMES[kind]): string =>
  `<span class="pill ${kind}"><span aria-hidden="true">${SIGNS[kind]}</span> <span class="word">${words}</span></span>`;

/** The worst of them all. */
function worst(kinds: readonly (Verdict | Ending)[]): Verdict | Ending {
  return (["failed", "unknown", "interrupted"] as const).find((kind) => kinds.includes(kind)) ?? "passed";
}

/** "All 5 drills passed", "3 of 5 drills passed (1 failed, 1 interrupted)". */
function sumOf(kinds: readonly (Verdict | Ending)[], noun: string): string {
  const passed = kinds.filter((kind) => kind === "passed").length;
  if (passed === kinds.length)
    return kinds.length === 1 ? `the ${noun} passed` : `all ${counted(kinds.length, noun)} passed`;
  const others = (["failed", "unknown", "interrupted"] as const)
    .map((kind) => [kinds.filter((other) => other === kind).length, NAMES[kind].toLowerCase()] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`);
  return `${passed} of ${counted(kinds.length, noun)} passed, ${others.join(", ")}`;
}

const SANDBOX_NOTE = `<p class="note unknown">This ran on the sandbox, a simulated AWS. Its times follow AWS's rules; they were not measured on AWS.</p>`;
const METHOD =
  "<p>While a drill ran, the site was asked twice a second through the load balancer. An answer failed when none came or when it was a server error (HTTP 500 and above). The longest gap is the longest time without a good answer. Times count from the moment when the drill acted; all clock times are UTC.</p>";

/** Checks and drills as one page for people. It needs nothing from elsewhere and no script, and holds all that it shows. */
export function reportPage(report: Report): string {
  const { stack, sandbox, at, results, skipped, drills, cpuTarget } = report;
  const verdicts = results.map(({ result }) => result);
  const endings = drills.map(({ result }) => result.ending);
  const sums = [
    ...(endings.length > 0 ? [sumOf(endings, "drill")] : []),
    ...(verdicts.length > 0 ? [sumOf(verdicts, "check")] : []),
  ];
  const verdict = sums.length === 0 ? "nothing was asked" : sums.join("; ");
  const parts = [
    drills.length > 1 ? glance(drills) : "",
    results.length + skipped.length > 0 ? checks(results, skipped) : "",
    drills.length > 0 ? `<h2 class="part">${drills.length > 1 ? "The drills, one by one" : "The drill"}</h2>` : "",
    ...drills.map(({ result, past }) => drillPart(result, past, cpuTarget)),
  ];
  return pageOf({
    title: `${said(stack)}: ${drills.length > 0 ? "checks and drills" : "checks"}`,
    css: `${pageCss}${curvesCss}`,
    body,
    values: {
      where: whereOf(report),
      when: time(at),
      worst: worst([...verdicts, ...endings]),
      verdict: `${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}.`,
      note: sandbox ? SANDBOX_NOTE : "",
      body: parts.join("\n"),
      method: drills.length > 0 ? METHOD : "",
    },
  });
}

function whereOf({ sandbox, region, account }: Report): string {
  if (sandbox) return `sandbox, as ${said(region)}`;
  return `AWS ${said(region)}${account === undefined ? "" : `, account ${said(account)}`}`;
}

const anchor = (drill: string): string => escaped(drill.replace(/[^a-z0-9-]/gi, "-"));

function glance(drills: Report["drills"]): string {
  const rows = drills.map(
    ({ result: { drill, ending, detectSeconds, recoverSeconds, answers } }) =>
      `<tr><th scope="row"><a href="#${anchor(drill)}">${said(drill)}</a></th><td class="sign">${pill(ending)}</td><td class="n late">${tookOr(detectSeconds, ending, spelled)}</td><td class="n">${tookOr(recoverSeconds, ending, spelled)}</td><td class="n">${answers.failed === 0 ? "none" : percent(answers.failedPercent)}</td></tr>`,
  );
  return `<section class="card"><table class="glance"><thead><tr><th scope="col">Drill</th><th scope="col">Result</th><th scope="col" class="n late">Detected</th><th scope="col" class="n">Recovered</th><th scope="col" class="n">Failed answers</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table></section>`;
}

function checks(results: readonly CheckResult[], skipped: readonly SkippedCheck[]): string {
  const groups = (Object.keys(REQUIREMENTS) as Requirement[]).flatMap((requirement) => {
    const own = results.filter((result) => result.requirement === requirement);
    if (own.length === 0) return [];
    const kinds = own.map(({ result }) => result);
    const state = worst(kinds);
    const passed = kinds.filter((kind) => kind === "passed").length;
    const rows = own.map(
      ({ title, result, evidence }) =>
        `<tr><td class="sign">${pill(result)}</td><td>${said(title)}<br><span class="soft">${said(evidence)}</span></td></tr>`,
    );
    return [
      `<details${state === "passed" ? "" : " open"}><summary><b>${requirement}</b> ${REQUIREMENTS[requirement]} ${pill(state, `${passed} of ${own.length}`)}</summary>
<table><thead><tr><th scope="col">Result</th><th scope="col">Asked, and seen</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table></details>`,
    ];
  });
  const not =
    skipped.length === 0
      ? ""
      : `<details><summary>Not asked <span class="soft">(${skipped.length})</span></summary><ul>${skipped.map(({ id, requirement, why }) => `<li>${said(id)} (${said(requirement)}), as ${said(why)}</li>`).join("")}</ul></details>`;
  return `<h2 class="part">The checks, by requirement</h2>
<section class="card list">
${groups.join("\n")}
${not}
</section>`;
}

function drillPart(result: DrillResult, past: PastDrill | undefined, cpuTarget: number | undefined): string {
  const { drill, requirement, title, ending, problem, answers, timeline, notAsBefore, began, ended } = result;
  const zero = zeroOf(result);
  const tile = (name: string, value: string, meaning: string) =>
    `<div><dt>${name}</dt><dd class="big">${value}</dd><dd><small>${meaning}</small></dd></div>`;
  const { words } = comparedWith(result, past, spelled);
  const acted = timeline.some(({ who }) => who === "drill") ? "when the drill acted" : "when it began";
  const rows = timeline.map(
    ({ at, who, what }, index) =>
      `<tr class="${who}"><td class="n">${index + 1}</td><td class="t">${offset(zero, at)}</td><td class="t late">${clockTime(at)}</td><td class="sign"><span class="who">${WHO[who]}</span></td><td>${said(what)}</td></tr>`,
  );
  const drawn = result.samples.length + result.cpu.length + result.probes.length > 0;
  const pictures = (
    [
      ["wide", 900],
      ["middle", 640],
      ["narrow", 330],
    ] as const
  ).map(([wrapper, width]) => curves(result, { width, wrapper, cpuTarget }));
  return `<article class="card" id="${anchor(drill)}" aria-labelledby="${anchor(drill)}-title">
<div class="top"><h2 id="${anchor(drill)}-title">${said(drill)}</h2>${pill(ending)}<span class="soft">${requirement} · ${time(began)} · took ${spelled((ended - began) / 1_000)}</span></div>
<p>${said(title)}.</p>
${problem === undefined ? "" : `<p class="note ${ending}">${said(problem)}</p>`}
${ending === "interrupted" && notAsBefore.length === 0 ? `<p class="note interrupted">It was broken off; what it had changed was put back.</p>` : ""}
${notAsBefore.length === 0 ? "" : `<div class="note failed"><b>Not as before</b><ul>${notAsBefore.map((what) => `<li>${said(what)}</li>`).join("")}</ul></div>`}
<dl class="numbers">
${tile("Detected after", tookOr(result.detectSeconds, ending, spelled), said(result.detected))}
${tile("Recovered after", tookOr(result.recoverSeconds, ending, spelled), said(result.recovered))}
${tile("Failed answers", grouped(answers.failed), `of ${grouped(answers.asked)} asked${answers.failed === 0 ? "" : `, ${percent(answers.failedPercent).replace("<", "&lt;")}`}`)}
${tile("Longest gap", answers.failed === 0 ? "none" : spelled(answers.longestGapSeconds), answers.failed === 0 ? "every question had its answer" : "without a good answer")}
</dl>
${
  drawn
    ? `<figure>
${pictures.join("\n")}
<figcaption>Time counts from ${clockTime(zero)} UTC, ${acted}. ${timeline.length === 0 ? "" : "The numbers on top are those of the table below. "}${result.recoverSeconds === undefined ? "It did not recover while it was watched." : "The shade lasts until the recovery."}</figcaption>
</figure>`
    : ""
}
${
  rows.length === 0
    ? ""
    : `<h3>What happened</h3>
<table class="timeline"><thead><tr><th scope="col" class="n">No.</th><th scope="col">After</th><th scope="col" class="late">UTC</th><th scope="col">Who</th><th scope="col">What</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table>`
}
<h3>Compared with the last time</h3>
<p>${said(words.charAt(0).toUpperCase() + words.slice(1))}.</p>
${past === undefined || ending === "interrupted" ? "" : beside(result, past)}
${drawn ? `<details class="more"><summary>The curves as numbers, by the minute</summary>${minutes(result, zero)}</details>` : ""}
</article>`;
}

function beside({ began, ending, detectSeconds, recoverSeconds, answers }: DrillResult, past: PastDrill): string {
  const row = (name: string, now: string, then: string) =>
    `<tr><th scope="row">${name}</th><td class="n">${now}</td><td class="n">${then}</td></tr>`;
  const failures = (failed: number, asked: number) => `${grouped(failed)} of ${grouped(asked)}`;
  const gap = (failed: number, value: number) => (failed === 0 ? "none" : spelled(value));
  return `<table class="beside"><thead><tr><td></td><th scope="col" class="n">${day(began)}</th><th scope="col" class="n">${day(Date.parse(past.at))}</th></tr></thead><tbody>
${row("Result", NAMES[ending], NAMES[past.ending])}
${row("Detected after", tookOr(detectSeconds, ending, spelled), tookOr(past.detectSeconds, past.ending, spelled))}
${row("Recovered after", tookOr(recoverSeconds, ending, spelled), tookOr(past.recoverSeconds, past.ending, spelled))}
${row("Failed answers", failures(answers.failed, answers.asked), failures(past.failed, past.asked))}
${row("Longest gap", gap(answers.failed, answers.longestGapSeconds), gap(past.failed, past.longestGapSeconds))}
</tbody></table>`;
}

/** What the curves show, for those who cannot see them or want the numbers. */
function minutes({ samples, cpu, probes, began, ended }: DrillResult, zero: number): string {
  const MINUTE = 60_000;
  const buckets = new Map(bucketsOf(probes, began, MINUTE).map((bucket) => [bucket.at, bucket]));
  const rows: string[] = [];
  for (let at = began; at < ended; at += MINUTE) {
    const here = <T extends { readonly at: number }>(all: readonly T[]) =>
      all.filter((item) => item.at >= at && item.at < at + MINUTE);
    const looks = here(samples);
    const least = (values: readonly number[]) => (values.length === 0 ? "–" : String(Math.min(...values)));
    const bucket = buckets.get(at);
    const load = here(cpu)[0];
    const cells = [
      looks.length === 0 ? "–" : String(Math.max(...looks.map(({ desired }) => desired))),
      least(looks.map(({ inService }) => inService)),
      least(looks.map(({ healthy }) => healthy)),
      load ? `${Math.round(load.percent)} %` : "–",
      grouped(bucket?.asked ?? 0),
      grouped(bucket?.failed ?? 0),
      bucket?.median === undefined ? "–" : `${Math.round(bucket.median)} ms`,
    ];
    rows.push(
      `<tr><th scope="row" class="t">${offset(zero, at)}</th>${cells.map((cell) => `<td class="n">${cell}</td>`).join("")}</tr>`,
    );
  }
  const heads = ["Desired", "In service, least", "Healthy, least", "CPU", "Asked", "Failed", "Median time"];
  return `<div class="scroll" role="region" aria-label="The curves as numbers" tabindex="0"><table><thead><tr><th scope="col">From</th>${heads.map((head) => `<th scope="col" class="n">${head}</th>`).join("")}</tr></thead><tbody>
${rows.join("\n")}
</tbody></table></div>`;
}
