import { said } from "../../lib/drawn-text.ts";
import { at, spelled } from "../../lib/duration.ts";
import { groupBy } from "../../lib/group.ts";
import { counted } from "../../lib/text.ts";
import { nounOf } from "../names.ts";
import pageCss from "../page.css";
import { pageOf } from "../page.ts";
import body from "./body.html";
import { callingSeconds, criticalPath, isLate, type Timeline, type TimelineBar } from "./model.ts";
import ownCss from "./page.css";
import svgCss from "./svg.css";
import { timelineSvg } from "./svg.ts";

const RESULTS: Readonly<Record<Timeline["result"], readonly [look: string, words: string]>> = {
  done: ["passed", "Done"],
  failed: ["failed", "Failed"],
  refused: ["unknown", "Refused: nothing was changed"],
  interrupted: ["interrupted", "Interrupted"],
  unfinished: ["unknown", "It never came to its end"],
};

/** A run as one page: the chart, what took the time, and the calls by name. It needs nothing from elsewhere. */
export function timelinePage(timeline: Timeline): string {
  const { command, seconds, result, error, bars } = timeline;
  const [look, words] = RESULTS[result];
  const late = bars.filter(isLate);
  const path = criticalPath(timeline);
  const sum = late.length === 0 ? "" : ` ${counted(late.length, "object")} took longer than usual.`;
  return pageOf({
    title: said(command),
    css: `${pageCss}${svgCss}${ownCss}`,
    body,
    values: {
      when: said(at(Date.parse(timeline.at))),
      took: spelled(seconds),
      verdict: look,
      result: `${words}${error === undefined ? "" : `: ${said(error)}`}.${sum}`,
      body: [
        bars.length === 0
          ? `<p class="note unknown">Nothing was done to any object.</p>`
          : `<section class="card chart">
${timelineSvg(timeline, { inPage: true })}
${timelineSvg(timeline, { inPage: true, narrow: true, width: 350 })}
</section>`,
        path.length === 0
          ? ""
          : `<h2 class="part">The critical path</h2>\n${pathTable(path, timeline.otherCalls !== undefined)}`,
        late.length === 0
          ? ""
          : `<h2 class="part">Later than usual</h2>\n${pathTable(late, timeline.otherCalls !== undefined)}`,
        timeline.otherCalls === undefined ? "" : callTable(timeline),
      ].join("\n"),
    },
  });
}

function pathTable(bars: readonly TimelineBar[], withCalls: boolean): string {
  const rows = bars.map(
    ({ name, object, outcome, from, to, usual, calls }) =>
      `<tr><th scope="row">${said(name)}<br><span class="soft">${said(nounOf(object))}, ${outcome}</span></th><td class="n late">${spelled(from)}</td><td class="n">${spelled(to - from)}</td><td class="n">${usual === undefined ? "–" : spelled(usual)}</td>${withCalls ? `<td class="n late">${spelled(callingSeconds(calls))}</td>` : ""}</tr>`,
  );
  return `<section class="card"><table><thead><tr><th scope="col">Object</th><th scope="col" class="n late">Began after</th><th scope="col" class="n">Took</th><th scope="col" class="n">Usually</th>${withCalls ? `<th scope="col" class="n late">Of it calling</th>` : ""}</tr></thead><tbody>
${rows.join("\n")}
</tbody></table></section>`;
}

function callTable({ bars, otherCalls = [] }: Timeline): string {
  const calls = [...bars.flatMap((bar) => bar.calls), ...otherCalls];
  const byName = [...groupBy(calls, ({ name }) => name)].toSorted((one, other) => other[1].length - one[1].length);
  const rows = byName.map(([name, own]) => {
    const failed = own.filter(({ error }) => error !== undefined).length;
    return `<tr><td>${said(name)}</td><td class="n">${own.length}</td><td class="n">${spelled(callingSeconds(own))}</td><td class="n late">${failed === 0 ? "none" : failed}</td></tr>`;
  });
  return `<details class="more"><summary>${counted(calls.length, "call")}, by name</summary><table><thead><tr><th scope="col">Call</th><th scope="col" class="n">Sent</th><th scope="col" class="n">Time</th><th scope="col" class="n late">Ended in an error</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table></details>`;
}
