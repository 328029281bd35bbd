import type { Drawing, DrawnNode } from "./drawing.ts";

/** Pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly groups: readonly (Box & { readonly name: string })[];
  readonly nodes: ReadonlyMap<string, Box & { readonly node: DrawnNode }>;
}

const NODE = { width: 178, height: 40 };
const GAP = { x: 14, y: 24 };
const PADDING = 14;
const TITLE = 24;
const BETWEEN_GROUPS = 30;
const MARGIN = 8;

/**
 * Steps from top to bottom, in each the resources in rows: what another one of the step needs stands above it. In a row
 * they stand by where their needs stand, so that arrows cross less.
 * @param columns resources side by side, at most.
 */
export function layoutOf({ groups, edges }: Drawing, columns: number): Layout {
  const needs = new Map<string, string[]>();
  for (const { from, to } of edges) needs.set(to, [...(needs.get(to) ?? []), from]);
  const inner = columns * NODE.width + (columns - 1) * GAP.x;
  const nodes = new Map<string, Box & { readonly node: DrawnNode }>();
  const boxes: (Box & { readonly name: string })[] = [];

  let y = MARGIN;
  groups.forEach((group, index) => {
    const top = y;
    y += TITLE + PADDING;
    for (const row of rowsOf(group.nodes, needs)) {
      const middle = (key: string) => {
        const placed = (needs.get(key) ?? []).flatMap((need) => nodes.get(need) ?? []);
        return placed.length === 0 ? inner / 2 : placed.reduce((sum, { x }) => sum + x, 0) / placed.length;
      };
      const ordered = row
        .map((node, order) => ({ node, order, at: middle(node.key) }))
        .sort((a, b) => a.at - b.at || a.order - b.order);
      // Lines of about the same length, each in the middle.
      const lines = Math.ceil(ordered.length / columns);
      const each = Math.ceil(ordered.length / lines);
      for (let from = 0; from < ordered.length; from += each) {
        const line = ordered.slice(from, from + each);
        const wide = line.length * NODE.width + (line.length - 1) * GAP.x;
        line.forEach(({ node }, column) => {
          const x = MARGIN + PADDING + (inner - wide) / 2 + column * (NODE.width + GAP.x);
          nodes.set(node.key, { ...NODE, x, y, node });
        });
        y += NODE.height + GAP.y;
      }
    }
    y += PADDING - GAP.y;
    boxes.push({ name: `${index + 1} ${group.name}`, x: MARGIN, y: top, width: inner + 2 * PADDING, height: y - top });
    y += BETWEEN_GROUPS;
  });
  return { width: inner + 2 * (PADDING + MARGIN), height: y - BETWEEN_GROUPS + MARGIN, groups: boxes, nodes };
}

/** A group's nodes by how long the chain of needs inside the group is. */
function rowsOf(group: readonly DrawnNode[], needs: ReadonlyMap<string, readonly string[]>): DrawnNode[][] {
  const inside = new Set(group.map(({ key }) => key));
  const depths = new Map<string, number>();
  const depth = (key: string): number => {
    const known = depths.get(key);
    if (known !== undefined) return known;
    const own = Math.max(-1, ...(needs.get(key) ?? []).filter((need) => inside.has(need)).map(depth)) + 1;
    depths.set(key, own);
    return own;
  };
  const rows: DrawnNode[][] = [];
  for (const node of group) {
    const at = depth(node.key);
    rows[at] = [...(rows[at] ?? []), node];
  }
  return rows.filter((row) => row !== undefined);
}
