import { escaped } from "../../lib/escape.ts";
import { pageOf } from "../../report/page.ts";
import body from "./body.html";
import type { Drawing } from "./drawing.ts";
import pageCss from "./page.css";
import svgCss from "./svg.css";
import { svg } from "./svg.ts";

/** One page with the picture, for wide screens and for narrow ones, and the same as a list. Needs nothing from elsewhere. */
export function page(drawing: Drawing): string {
  const { title, groups, edges } = drawing;
  const all = groups.flatMap(({ nodes }) => nodes);
  const names = new Map(all.map(({ key, label }) => [key, label]));
  const list = groups.map(({ name, nodes }, index) => {
    const items = nodes.map(({ key, label, object }) => {
      const needs = edges.filter(({ to }) => to === key).map(({ from }) => names.get(from) ?? from);
      return `<li><b>${escaped(label)}</b> ${escaped(object)}${needs.length > 0 ? `: needs ${escaped(needs.join(", "))}` : ""}</li>`;
    });
    return `<h2>${index + 1} ${escaped(name)}</h2><ul>${items.join("")}</ul>`;
  });
  const picture = (columns: number, wrapper: string) =>
    svg(drawing, { columns, inPage: true }).replace('class="stack"', `class="stack ${wrapper}"`);
  return pageOf({
    title: escaped(title),
    css: `${svgCss}${pageCss}`,
    body,
    values: {
      resources: String(all.length),
      steps: String(groups.length),
      wide: picture(6, "wide"),
      narrow: picture(2, "narrow"),
      list: list.join("\n"),
    },
  }).trimEnd();
}
