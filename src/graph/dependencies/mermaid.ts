import type { Drawing } from "./drawing.ts";

// Inside quotes Mermaid takes all but the quote itself (and `#` begins its entities).
const quoted = (text: string): string => `"${text.replaceAll("#", "#35;").replaceAll('"', "#quot;")}"`;

/** The drawing as a Mermaid flowchart, for Markdown pages: steps as groups, resources as nodes, needs as arrows. */
export function mermaid({ groups, edges }: Drawing): string {
  const ids = new Map(groups.flatMap(({ nodes }) => nodes).map(({ key }, index) => [key, `n${index + 1}`]));
  return [
    "flowchart LR",
    ...groups.flatMap(({ name, nodes }, index) => [
      `  subgraph s${index + 1}[${quoted(`${index + 1} ${name}`)}]`,
      ...nodes.map(({ key, label, object }) => `    ${ids.get(key)}[${quoted(`${label}<br/>${object}`)}]`),
      "  end",
    ]),
    ...edges.map(({ from, to }) => `  ${ids.get(from)} --> ${ids.get(to)}`),
  ].join("\n");
}
