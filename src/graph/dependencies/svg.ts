import { serviceOfType } from "../../aws/services.ts";
import { escaped } from "../../lib/escape.ts";
import type { Drawing } from "./drawing.ts";
import { type Box, layoutOf } from "./layout.ts";
import css from "./svg.css";

const NO_COLOUR = "#6b7685";

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
      : [`<style>${css.trim()}</style>`, `<rect width="${width}" height="${height}" style="fill:var(--paper)"/>`]),
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
