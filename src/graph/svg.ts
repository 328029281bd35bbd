import { serviceOfType } from "../aws/services.ts";
import { escaped } from "../lib/escape.ts";
import type { Drawing } from "./drawing.ts";
import { type Box, layoutOf } from "./layout.ts";

const NO_COLOUR = "#6b7685";

/** Follows the reader's light or dark. */
export const STYLE = `
.stack{--paper:#fff;--ink:#1b2430;--soft:#5b6675;--band:#f3f5f8;--line:#ccd3dc;--box:#fff;--arrow:#8a95a5;--lit:#0a66c2;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
@media(prefers-color-scheme:dark){.stack{--paper:#11161d;--ink:#e6ebf2;--soft:#9aa6b6;--band:#1a212b;--line:#374253;--box:#222b37;--arrow:#66738a;--lit:#6cb6ff}}
.stack .band{fill:var(--band);stroke:var(--line)}
.stack .step{fill:var(--ink);font-size:13px;font-weight:600}
.stack .box{fill:var(--box);stroke:var(--line)}
.stack .outside .box{stroke-dasharray:4 3}
.stack .name{fill:var(--ink);font-size:12px}
.stack .object{fill:var(--soft);font-size:10px}
.stack .edge{fill:none;stroke:var(--arrow);stroke-width:1;opacity:.55}
.stack .tip{fill:var(--arrow);fill:context-stroke}
.stack .node:focus{outline:none}
.stack .node:focus .box,.stack .node.lit .box{stroke:var(--lit);stroke-width:2}
.stack.chosen .node:not(.lit){opacity:.35}
.stack.chosen .edge{opacity:.08}
.stack.chosen .edge.lit{opacity:1;stroke:var(--lit);stroke-width:1.8}
`.trim();

/** Cut in the middle to what fits into a box: long names differ at their ends. */
function fit(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.floor((most - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(head + 1 - most)}`;
}

const middle = ({ x, width }: Box): number => x + width / 2;

/** The drawing as one SVG element, or, with its style in it, as a file of its own. */
export function svg(drawing: Drawing, options: { readonly columns?: number; readonly inPage?: boolean } = {}): string {
  const { columns = 6, inPage = false } = options;
  const { width, height, groups, nodes } = layoutOf(drawing, columns);
  const names = new Map([...nodes].map(([key, { node }]) => [key, node.label]));
  const tip = `tip${columns}`;
  const arrows = drawing.edges.flatMap(({ from, to }) => {
    const [a, b] = [nodes.get(from), nodes.get(to)];
    if (!a || !b) return [];
    const [x1, y1, x2, y2] = [middle(a), a.y + a.height, middle(b), b.y - 5];
    const bend = Math.max(16, Math.min(90, Math.abs(y2 - y1) / 2));
    return `<path class="edge" data-from="${escaped(from)}" data-to="${escaped(to)}" marker-end="url(#${tip})" d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}"/>`;
  });
  const boxes = [...nodes.values()].map(({ x, y, width: w, height: h, node }) => {
    const needs = drawing.edges.filter(({ to }) => to === node.key).map(({ from }) => names.get(from) ?? from);
    const said = `${node.label}, ${node.object}${node.external ? ", there already" : ""}${needs.length > 0 ? `; needs ${needs.join(", ")}` : ""}`;
    const colour = serviceOfType.get(node.object)?.colour ?? NO_COLOUR;
    return `<g class="node${node.external ? " outside" : ""}" data-key="${escaped(node.key)}"${inPage ? ' tabindex="0"' : ""} role="img" aria-label="${escaped(said)}"><title>${escaped(said)}</title><rect class="box" x="${x}" y="${y}" width="${w}" height="${h}" rx="6"/><rect x="${x}" y="${y}" width="4" height="${h}" rx="2" fill="${colour}"/><text class="name" x="${x + 12}" y="${y + 17}">${escaped(fit(node.label, 22))}</text><text class="object" x="${x + 12}" y="${y + 31}">${escaped(fit(node.object, 28))}</text></g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="stack" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="${escaped(drawing.title)}">`,
    ...(inPage
      ? []
      : [`<style>${STYLE}</style>`, `<rect width="${width}" height="${height}" style="fill:var(--paper)"/>`]),
    `<defs><marker id="${tip}" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path class="tip" d="M0 0L6 3L0 6z"/></marker></defs>`,
    ...groups.map(
      ({ name, x, y, width: w, height: h }) =>
        `<rect class="band" x="${x}" y="${y}" width="${w}" height="${h}" rx="8"/><text class="step" x="${x + 12}" y="${y + 20}">${escaped(name)}</text>`,
    ),
    ...arrows,
    ...boxes,
    "</svg>",
  ].join("\n");
}
