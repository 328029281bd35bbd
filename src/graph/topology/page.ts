import { said } from "../../lib/drawn-text.ts";
import { list } from "../../lib/text.ts";
import pageCss from "../../report/page.css";
import { pageOf } from "../../report/page.ts";
import body from "./body.html";
import { type Known, STANDINGS, type Topology } from "./model.ts";
import ownCss from "./page.css";
import svgCss from "./svg.css";
import { topologySvg } from "./svg.ts";

/** An object of the stack, for the list of them all. */
export interface Listed {
  readonly key: string;
  readonly name: string;
  readonly object: string;
  readonly step: string;
}

const PILLS = { good: "passed", off: "unknown", gone: "unknown", bad: "failed" } as const;
/** More zones than these are not made smaller than they are: the page scrolls. */
const SCALED_ZONES = 3;

/** One page with the picture, for wide screens and for narrow ones, and in words all that it shows. Needs nothing from elsewhere. */
export function topologyPage(topology: Topology, known: Known | undefined, objects: readonly Listed[]): string {
  const { stack, region, zones, reaches } = topology;
  const steps = [...new Set(objects.map(({ step }) => step))];
  const wide = topologySvg(topology, known, { inPage: true });
  return pageOf({
    title: said(stack),
    css: `${pageCss}${svgCss}${ownCss}`,
    body,
    values: {
      where: `AWS ${said(region)}, ${said(list(zones))}`,
      source: said(known?.source ?? "not looked at: this is what the config describes"),
      wide: zones.length > SCALED_ZONES ? wide.replace('class="topology wide"', 'class="topology wide many"') : wide,
      narrow: topologySvg(topology, known, { inPage: true, narrow: true }),
      extras: extrasPart(known),
      reaches: reaches
        .map(
          ({ from, to, what, by }) =>
            `<tr><td>${said(list(from))}</td><td>${said(list(to))}</td><td>${said(what)}</td><td class="late">${said(by)}</td></tr>`,
        )
        .join("\n"),
      objects: steps.map((step, index) => stepPart(step, index, objects, known)).join("\n"),
    },
  });
}

function extrasPart(known: Known | undefined): string {
  if (!known || known.extras.length === 0) return "";
  const items = known.extras.map(
    ({ name, object, id, standing }) =>
      `<li>${said(object)} <b>${said(name)}</b>${id === undefined ? "" : ` <span class="id">${said(id)}</span>`}: ${STANDINGS[standing].words}</li>`,
  );
  return `<div class="note unknown"><b>There, and not in the config</b><ul>${items.join("")}</ul></div>`;
}

function stepPart(step: string, index: number, objects: readonly Listed[], known: Known | undefined): string {
  const own = objects.filter((one) => one.step === step);
  const rows = own.map(({ key, name, object }) => {
    const condition = known?.conditions.get(key);
    const standing = condition && STANDINGS[condition.standing];
    const cell = standing ? `<span class="pill ${PILLS[standing.tone]}">${standing.words}</span>` : "";
    return `<tr><td><b>${said(name)}</b><br><span class="soft">${said(object)}${condition?.id === undefined || condition.id === name ? "" : ` · ${said(condition.id)}`}${condition?.why === undefined ? "" : ` · ${said(condition.why)}`}</span></td><td class="n">${cell}</td></tr>`;
  });
  return `<details><summary><b>${index + 1} ${said(step)}</b> <span class="soft">(${own.length})</span></summary><table><tbody>
${rows.join("\n")}
</tbody></table></details>`;
}
