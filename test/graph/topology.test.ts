import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cidrsOf } from "../../src/config/allowed-cidrs.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { type Graph, graphOf } from "../../src/engine/graph.ts";
import { type Layout, layoutOf } from "../../src/graph/topology/layout.ts";
import { merged } from "../../src/graph/topology/merged.ts";
import { type Known, partsOf, STANDINGS, type Standing, type Topology } from "../../src/graph/topology/model.ts";
import { topologyPage } from "../../src/graph/topology/page.ts";
import { type Rect, rectOf } from "../../src/graph/topology/sheet.ts";
import { topologySvg } from "../../src/graph/topology/svg.ts";
import { textWidth } from "../../src/lib/drawn-text.ts";
import { topologyView } from "../../src/report/views/topology.ts";
import { stepsFor } from "../../steps/index.ts";
import { pictureOf } from "../../steps/picture.ts";
import { needs } from "../tools.ts";

interface Variant {
  readonly zones?: number;
  readonly nat?: "instance" | "gateway";
  readonly replica?: boolean;
  readonly domain?: boolean;
  readonly backup?: boolean;
  readonly email?: boolean;
  readonly allowedCidrs?: readonly string[];
  /** Numbers of the zones, as a stack has them whose zones were changed. */
  readonly turned?: boolean;
}

/** More zones than a config may have are tried too: the layout does not know how many these are. */
function configOf({ zones = 2, nat = "instance", replica = true, domain = true, ...more }: Variant): Config {
  const names = ["a", "b", "c", "d", "e", "f"].slice(0, zones).map((letter) => `ap-northeast-2${letter}`);
  const ranges = (tier: number) => names.map((_, zone) => `172.31.${10 * (zone + 1) + tier}.0/24`);
  const config = parseConfig({}, "test.config.json");
  return {
    ...config,
    zones: names,
    ...(more.turned ? { zoneNumbers: names.map((_, index) => zones - index) } : {}),
    network: { ...config.network, public: ranges(0), web: ranges(1), db: ranges(2) },
    nat: { ...config.nat, mode: nat },
    database: { ...config.database, replica },
    domain: domain ? config.domain : null,
    efs: { ...config.efs, backup: more.backup ?? true },
    monitoring: { email: more.email ? "ops@buddyverse.link" : null },
    bastion: { ...config.bastion, allowedCidrs: [...(more.allowedCidrs ?? ["203.0.113.7/32"])] },
  };
}

function drawn(variant: Variant): { readonly topology: Topology; readonly graph: Graph; readonly config: Config } {
  const config = configOf(variant);
  const allowedCidrs = cidrsOf(config.bastion.allowedCidrs);
  const graph = graphOf(
    stepsFor(config, { publicKey: undefined, allowedCidrs, appArchive: undefined }),
    config.stack,
    config.tags,
  );
  return { topology: pictureOf(config, graph), graph, config };
}

const ALL = Object.keys(STANDINGS) as Standing[];
/** Something is known of every object: each standing is there, and ids of all lengths. */
const knownOf = (graph: Graph): Known => ({
  source: "as AWS said at 2026-11-22 09:14 UTC",
  conditions: new Map(
    [...graph.nodes.keys()].map((key, index) => [
      key,
      {
        standing: ALL[index % ALL.length] as Standing,
        id:
          index % 5 === 0
            ? undefined
            : `arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:loadbalancer/app/${key}/50dc6c495c0c9188`,
        why: index % 3 === 0 ? "inbound" : undefined,
      },
    ]),
  ),
  extras: [
    {
      key: "old",
      name: "옛 <것>",
      object: "ec2:instance",
      standing: "extra",
      id: "i-0123456789abcdef0",
      why: undefined,
    },
  ],
});

/** Half a pixel is a touch. */
const overlap = (a: Rect, b: Rect, by = 0.5): boolean =>
  a.x + a.width > b.x + by && b.x + b.width > a.x + by && a.y + a.height > b.y + by && b.y + b.height > a.y + by;
const within = (inner: Rect, outer: Rect): boolean =>
  inner.x >= outer.x - 0.5 &&
  inner.y >= outer.y - 0.5 &&
  inner.x + inner.width <= outer.x + outer.width + 0.5 &&
  inner.y + inner.height <= outer.y + outer.height + 0.5;

/** What a person would call badly drawn, in words. */
function faultsOf(layout: Layout): string[] {
  const faults: string[] = [];
  const { boxes, frames, lines, pills } = layout;
  const sheet = { x: 0, y: 0, width: layout.width, height: layout.height };
  const texts = [
    ...boxes.flatMap((box) => box.texts.map((text) => ({ rect: rectOf(text), what: text.text, owner: box as Rect }))),
    ...frames.flatMap((frame) =>
      frame.texts.map((text) => ({ rect: rectOf(text), what: text.text, owner: frame as Rect })),
    ),
    ...layout.texts.map((text) => ({ rect: rectOf(text), what: text.text, owner: sheet })),
  ];
  const each = <T>(all: readonly T[], tell: (one: T, other: T) => string | undefined) =>
    all.forEach((one, index) => {
      for (const other of all.slice(index + 1)) {
        const fault = tell(one, other);
        if (fault) faults.push(fault);
      }
    });
  each(boxes, (one, other) => (overlap(one, other) ? `box ${one.part.id} lies on ${other.part.id}` : undefined));
  each(frames, (one, other) =>
    one.look === other.look && overlap(one, other) ? `two of ${one.look} lie on each other` : undefined,
  );
  each(texts, (one, other) => (overlap(one.rect, other.rect) ? `"${one.what}" lies on "${other.what}"` : undefined));
  each(pills, (one, other) => (overlap(one, other) ? `pill ${one.text} lies on ${other.text}` : undefined));
  for (const { rect, what, owner } of texts) {
    if (!within(rect, owner)) faults.push(`"${what}" stands over its edge`);
    for (const box of boxes)
      if (box !== owner && overlap(rect, box)) faults.push(`"${what}" lies on the box ${box.part.id}`);
    for (const pill of pills) if (overlap(rect, pill)) faults.push(`"${what}" lies on a pill`);
  }
  for (const pill of pills)
    for (const box of boxes) if (overlap(pill, box)) faults.push(`pill ${pill.text} lies on ${box.part.id}`);
  for (const thing of [...boxes, ...frames, ...pills])
    if (!within(thing, sheet)) faults.push("something is off the sheet");

  const thick = lines.map(({ points, ...line }) => {
    const [[x1, y1], [x2, y2]] = points as [readonly [number, number], readonly [number, number]];
    if (x1 !== x2 && y1 !== y2) faults.push(`the line from ${line.from} to ${line.to} is not straight`);
    const rect = {
      x: Math.min(x1, x2) - 1,
      y: Math.min(y1, y2),
      width: Math.abs(x2 - x1) + 2,
      height: Math.abs(y2 - y1) + (y1 === y2 ? 2 : 0),
    };
    return { ...line, rect };
  });
  each(thick, (one, other) =>
    overlap(one.rect, other.rect) ? `${one.from} → ${one.to} crosses ${other.from} → ${other.to}` : undefined,
  );
  for (const { from, to, rect } of thick) {
    for (const box of boxes) {
      const isEnd = box.part.id === from || box.part.id === to;
      if (overlap(rect, box, isEnd ? 2 : 0.5)) faults.push(`${from} → ${to} runs through ${box.part.id}`);
      if (isEnd && !overlap(rect, { x: box.x - 2, y: box.y - 2, width: box.width + 4, height: box.height + 4 }, 0))
        faults.push(`${from} → ${to} does not reach ${box.part.id}`);
    }
    for (const { rect: text, what } of texts)
      if (overlap(rect, text)) faults.push(`${from} → ${to} runs through "${what}"`);
  }
  return faults;
}

const variants: fc.Arbitrary<Variant> = fc.record({
  zones: fc.integer({ min: 2, max: 6 }),
  nat: fc.constantFrom("instance" as const, "gateway" as const),
  replica: fc.boolean(),
  domain: fc.boolean(),
  backup: fc.boolean(),
  email: fc.boolean(),
  allowedCidrs: fc.constantFrom(["my-ip"], [], ["0.0.0.0/0"], ["203.0.113.7/32", "198.51.100.0/24", "192.0.2.0/25"]),
  turned: fc.boolean(),
});

test("whatever the config, nothing lies on anything else, each line reaches both its ends and runs through nothing", () => {
  fc.assert(
    fc.property(variants, fc.boolean(), fc.boolean(), (variant, narrow, isKnown) => {
      const { topology, graph } = drawn(variant);
      const picture = narrow ? merged(topology) : topology;
      const known = isKnown ? knownOf(graph) : undefined;
      const layout = layoutOf(picture, known, { narrow, heading: ["buddyverse in ap-northeast-2", "By the state."] });
      expect(faultsOf(layout)).toEqual([]);
      const drawnLines = layout.lines.filter(({ from }) => from !== "").map(({ from, to }) => `${from} ${to}`);
      expect(drawnLines.sort()).toEqual(picture.flows.map(({ from, to }) => `${from} ${to}`).sort());
    }),
    { numRuns: 30, seed: 17 },
  );
});

test("names of any length and script stay in their boxes", () => {
  const { topology } = drawn({});
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "W", "-", "한", "글", "👩‍💻", " ", "_"), maxLength: 60 }),
      fc.boolean(),
      (name, narrow) => {
        const renamed = JSON.parse(JSON.stringify(topology), (key, value) =>
          key === "name" && value !== "" ? `${value}${name}` : value,
        );
        expect(faultsOf(layoutOf(narrow ? merged(renamed) : renamed, undefined, { narrow }))).toEqual([]);
      },
    ),
    { numRuns: 20, seed: 17 },
  );
  expect(textWidth("한글", 10)).toBe(textWidth("abcd", 10));
});

test("every object of the stack is in one part, and in one only but for what spans zones", () => {
  for (const variant of [{}, { zones: 3, nat: "gateway", email: true }, { replica: false, domain: false }] as const) {
    const { topology, graph } = drawn(variant);
    expect([...new Set(partsOf(topology).flatMap(({ keys }) => keys))].sort()).toEqual([...graph.nodes.keys()].sort());
    const beside = topology.cards.flatMap(({ parts }) => parts.flatMap(({ keys }) => keys));
    expect(beside.length).toBe(new Set(beside).size);
    expect(topology.cards.map(({ name }) => name)).not.toContain("Others");
  }
});

test("who reaches whom is what the rules and routes say", () => {
  const { topology } = drawn({});
  expect(topology.reaches.map(({ from, to, what }) => `${from} → ${to}: ${what}`)).toEqual([
    "Buddy-WEB → Buddy-NAT1,Buddy-NAT2: everything",
    "203.0.113.7/32 → Bastion1,Bastion2: tcp 22",
    "the internet → Buddy-LoadBalance: tcp 80, 443",
    "Buddy-LoadBalance → Buddy-WEB: tcp 80, 443",
    "Bastion1,Bastion2 → Buddy-WEB: tcp 22",
    "all in the VPC → Buddy-WEB: icmp",
    "Buddy-WEB → Buddy-EFS: tcp 2049",
    "Buddy-WEB → database1,database1-replica: tcp 3306",
    "Bastion1,Bastion2 → database1,database1-replica: tcp 3306",
    "Buddy-WEB → the internet: everything",
    "database1 → database1-replica: replication",
  ]);
  const lane = (kind: string) => topology.flows.filter((flow) => flow.kind === kind).length;
  expect({ visit: lane("visit"), operate: lane("operate"), data: lane("data"), out: lane("out") }).toEqual({
    visit: 5,
    operate: 7,
    data: 5,
    out: 5,
  });
  const locked = drawn({ allowedCidrs: [] }).topology;
  expect(locked.outside.map(({ id }) => id)).toEqual(["internet", "visitors"]);
  expect(locked.flows.some(({ to }) => to.startsWith("bastion"))).toBe(false);
  expect(drawn({ nat: "gateway" }).topology.reaches.some(({ to }) => to.includes("Buddy-NAT1"))).toBe(false);
  const { flows } = drawn({ replica: false }).topology;
  expect(flows.some(({ lane: across }) => across === "across")).toBe(false);
});

test("databases stand in the zones where they are", () => {
  const { graph, config } = drawn({ zones: 3 });
  const zonesOf = (live: (key: string) => unknown) =>
    pictureOf(config, graph, live as never).tiers[2]?.rows[0]?.zones.map((cells) =>
      cells.map(({ part }) => part.name).join(),
    );
  expect(zonesOf(() => undefined)).toEqual(["database1", "database1-replica", ""]);
  const at: Record<string, string> = { database: "ap-northeast-2c", replica: "ap-northeast-2a" };
  expect(zonesOf((key) => at[key] && { id: key, zone: at[key] })).toEqual(["database1-replica", "", "database1"]);
});

const PARSE =
  "import sys, json, xml.dom.minidom as x\nfor text in json.load(sys.stdin): x.parseString(text.encode('utf-8'))\nprint('all')";

test("SVG is XML, whatever the names are; nothing in them is markup", needs("python3"), () => {
  const odd = `</text><script>alert("x")</script> & \u0001\u0007\ud800 ' ￿`;
  const { topology, graph } = drawn({});
  const renamed: Topology = JSON.parse(
    JSON.stringify({ ...topology, stack: odd, network: { ...topology.network, name: odd } }),
  );
  const known = { ...knownOf(graph), source: odd };
  const texts = [
    topologySvg(topology, undefined),
    topologySvg(renamed, known),
    topologySvg(renamed, known, { narrow: true, inPage: true }),
  ];
  const { stdout, stderr } = spawnSync("python3", ["-c", PARSE], { input: JSON.stringify(texts), encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "all\n", stderr: "" });
  for (const text of [...texts, topologyPage(renamed, known, [{ key: "vpc", name: odd, object: odd, step: odd }])])
    expect(text).not.toContain("<script>alert");
});

test("the page needs nothing from elsewhere, says how each object stands, and what is drawn in words", () => {
  const { topology, graph } = drawn({});
  const objects = [...graph.nodes.values()].map(({ key, name, type, step = "" }) => ({
    key,
    name,
    object: type.name,
    step,
  }));
  const html = topologyPage(topology, knownOf(graph), objects);
  expect(html.match(/(?:src|href)=|@import|url\(|<script/g)).toBeNull();
  expect(html.match(/<svg [^>]*role="img" aria-labelledby="(wide|narrow)-title \1-words"/g)).toHaveLength(2);
  expect(html).toContain(
    "The VPC Buddy-Project (172.31.0.0/16) in ap-northeast-2, over ap-northeast-2a and ap-northeast-2b.",
  );
  expect(html.match(/<tr><td><b>/g)).toHaveLength(graph.nodes.size);
  expect(html).toContain('옛 &#60;것&#62;</b> <span class="id">i-0123456789abcdef0</span>: no longer wanted');
  expect(html).toContain("prefers-color-scheme: dark");
});

test("in a terminal it is told in words, 80 columns wide", () => {
  const { topology, graph } = drawn({ zones: 3 });
  const text = topologyView(topology, knownOf(graph), { width: 80 });
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  for (const part of [
    "Buddy-NAT3 (NAT instance)",
    "ap-northeast-2c  ",
    "database1-replica (read replica)",
    "Who reaches whom",
    "− no longer wanted",
  ])
    expect(text).toContain(part);
});
