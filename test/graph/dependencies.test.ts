import { expect, test } from "vitest";
import { ec2 } from "../../src/aws/ec2/service.ts";
import { parseConfig } from "../../src/config/load.ts";
import { graphOf } from "../../src/engine/graph.ts";
import { type Drawing, drawingOf } from "../../src/graph/dependencies/drawing.ts";
import { layoutOf } from "../../src/graph/dependencies/layout.ts";
import { mermaid } from "../../src/graph/dependencies/mermaid.ts";
import { page } from "../../src/graph/dependencies/page.ts";
import { svg } from "../../src/graph/dependencies/svg.ts";
import { stepsFor } from "../../steps/index.ts";

const graphFor = (given: object) => {
  const config = parseConfig(given, "test.config.json");
  const inputs = { publicKey: undefined, allowedCidrs: ["203.0.113.10/32"], appArchive: undefined };
  return graphOf(stepsFor(config, inputs), config.stack, config.tags);
};
const whole = graphFor({});
const drawing = drawingOf(whole, "buddyverse");

/** All that must be there before, by the arrows that are drawn. */
function before({ edges }: Drawing, key: string): Set<string> {
  const direct = edges.filter(({ to }) => to === key).map(({ from }) => from);
  return new Set(direct.flatMap((one) => [one, ...before({ edges } as Drawing, one)]));
}

test("every resource is in its step's group; the arrows say all needs, none of them twice", () => {
  expect(drawing.groups.map(({ name }) => name)).toEqual(whole.steps);
  expect(drawing.groups.flatMap(({ nodes }) => nodes.map(({ key }) => key)).sort()).toEqual(
    [...whole.nodes.keys()].sort(),
  );
  for (const { key, needs } of whole.nodes.values()) {
    const reached = before(drawing, key);
    expect(
      needs.filter((need) => !reached.has(need)),
      key,
    ).toEqual([]);
  }
  for (const { from, to } of drawing.edges) {
    const others = drawing.edges.filter((edge) => edge.to === to && edge.from !== from);
    expect(
      others.some((edge) => before(drawing, edge.from).has(from)),
      `${from} → ${to}`,
    ).toBe(false);
  }
});

test.each([2, 6])("with %i columns no box lies on another, each in its group, every arrow leads down", (columns) => {
  const { nodes, groups, width, height } = layoutOf(drawing, columns);
  const boxes = [...nodes.values()];
  expect(boxes).toHaveLength(whole.nodes.size);
  boxes.forEach((a, index) => {
    for (const b of boxes.slice(index + 1))
      expect(
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
        `${a.node.key} and ${b.node.key}`,
      ).toBe(true);
    const group = groups[drawing.groups.findIndex(({ nodes }) => nodes.includes(a.node))];
    expect(group && a.x > group.x && a.x + a.width < group.x + group.width).toBe(true);
    expect(group && a.y > group.y && a.y + a.height < group.y + group.height).toBe(true);
  });
  for (const { from, to } of drawing.edges)
    expect(nodes.get(from)?.y, `${from} → ${to}`).toBeLessThan(nodes.get(to)?.y ?? 0);
  for (const group of groups) expect(group.x + group.width <= width && group.y + group.height <= height).toBe(true);
});

const odd: Drawing = {
  title: `<a> & "b"`,
  groups: [
    {
      name: "one",
      nodes: [
        { key: `k"1`, label: `</text><script>alert("x")</script> #1`, object: "ec2:vpc", external: true },
        { key: "k2", label: "a name that is much too long for its box/and-its-end", object: "x:y", external: false },
      ],
    },
  ],
  edges: [{ from: `k"1`, to: "k2" }],
};

test("names cannot break out of the picture, and long ones are cut where they do not differ", () => {
  for (const text of [svg(odd), page(odd)]) {
    expect(text).not.toContain("<script>alert");
    expect(text).not.toContain(`k"1`);
    expect(text).toContain("a name …");
    expect(text).toContain("/and-its-end");
  }
  const nodes = mermaid(odd)
    .split("\n")
    .filter((line) => line.includes("<br/>"));
  expect(nodes[0]).toBe('    n1["</text><script>alert(#quot;x#quot;)</script> #35;1<br/>ec2:vpc"]');
  expect(mermaid(odd).split("\n").at(-1)).toBe("  n1 --> n2");
});

test("the page needs nothing from elsewhere, and says all in words, too", () => {
  const html = page(drawing);
  expect(html.match(/(?:src|href)=|@import|url\((?!#tip)/g)).toBeNull();
  expect(html.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg")/g)).toBeNull();
  expect(html.match(/<svg /g)).toHaveLength(2);
  expect(html).toContain("<b>Buddy-AutoScaling-Group</b> auto-scaling:group: needs ");
  expect(new Set(html.match(/<marker id="[^"]+"/g)).size).toBe(2);
});

test("what was there before is dashed", () => {
  expect(svg(drawing).match(/class="node outside"/g)).toHaveLength(3);
});

test("each object has the colour that its service says", () => {
  const [known, unknown] = svg(odd).match(/(?<=fill=")#[0-9a-f]{6}/g) ?? [];
  expect(known).toBe(ec2.colour);
  expect(unknown).toMatch(/^#/);
  expect(svg(drawing)).not.toContain(unknown);
});
