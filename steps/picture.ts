import type { Rule, SecurityGroupSpec } from "../src/aws/ec2/security-group.ts";
import type { SubnetSpec } from "../src/aws/ec2/subnet.ts";
import type { Config } from "../src/config/schema.ts";
import type { Graph, Node } from "../src/engine/graph.ts";
import { specOf } from "../src/engine/observe.ts";
import type { Identified } from "../src/engine/resource.ts";
import type { Card, Flow, Part, Placed, Reach, Slot, Tier, Topology } from "../src/graph/topology/model.ts";
import { groupBy } from "../src/lib/group.ts";
import { counted } from "../src/lib/text.ts";
import { unknownKey } from "../src/lib/unknown.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import { PRIMARY, REPLICA } from "./databases.ts";
import { LAUNCH_TEMPLATE_KEY } from "./image.ts";
import { BASTION_GROUP, FILE_SYSTEM } from "./inputs.ts";
import { VPC } from "./vpc.ts";
import { byAge, zonesOf } from "./zones.ts";

const INTERNET = "0.0.0.0/0";

/** What stands in a subnet, by what it is for. */
type Role = "nat" | "balancer" | "bastion" | "web" | "files" | "database";

/** A part in its zone. */
interface Seat {
  readonly role: Role;
  readonly zone: number;
  readonly placed: Placed;
}

/** The cards beside the network, and the types on each. What is of no such type, and in no zone, is on the last. */
const CARDS: readonly (readonly [name: string, types: RegExp])[] = [
  ["Name and certificate", /^(route53|acm):/],
  ["Monitoring", /^(cloudwatch|sns|logs):/],
  ["Image of the web instances", /^(ec2:(image|public-image|image-builder|launch-template)$|s3:)/],
  ["Databases and files", /^(rds|efs|backup):/],
  ["Secrets and keys", /^(ssm:|kms:|ec2:key-pair$)/],
  ["Permissions", /^iam:/],
  ["Routes and rules", /^ec2:(route|route-table|security-group)$/],
  ["Others", /^/],
];

/**
 * The stack as a person would draw it: its zones side by side, the kinds of subnets below each other, and who may reach whom by the
 * rules of the security groups and the routes. Each object of the graph is in one part at least.
 * @param live what is there, by key, as far as it is known
 */
export function pictureOf(
  config: Config,
  graph: Graph,
  live: (key: string) => Identified | undefined = () => undefined,
): Topology {
  const zones = zonesOf(config);
  const seats = seatsIn(config, graph, live);
  const outside = outsideOf(config, graph);
  const gateway = partOf(graph, "gateway", "internet gateway", "", ["gateway"]);
  const network = partOf(graph, VPC, "VPC", config.network.cidr, [VPC]);
  const tiers = tiersOf(config, graph, seats);
  const placed = new Set(
    [
      network,
      gateway,
      ...tiers.flatMap(({ subnets, rows }) => [...subnets, ...rows.flatMap(({ group }) => group ?? [])]),
    ]
      .concat(seats.map((seat) => seat.placed.part))
      .flatMap(({ keys }) => keys),
  );
  const { flows, reaches } = reachIn(config, graph, seats, outside);
  return {
    stack: config.stack,
    region: config.region,
    outside,
    network,
    gateway,
    zones: zones.map(({ name }) => name),
    tiers,
    flows,
    reaches,
    cards: cardsOf([...graph.nodes.values()].filter(({ key }) => !placed.has(key))),
  };
}

/** @param keys those that the graph has are taken */
function partOf(graph: Graph, id: string, kind: string, note: string, keys: readonly string[]): Part {
  const own = keys.filter((key) => graph.nodes.has(key));
  const first = graph.nodes.get(own[0] ?? "");
  return { id, keys: own, kind, name: first?.name ?? "", note, object: first?.type.name };
}

const wanted = <T extends object>(node: Node, live: (key: string) => Identified | undefined = () => undefined): T =>
  specOf(node, live) as T;

/** Who is not in the VPC. Nobody may operate it where the config lets nobody in. */
function outsideOf({ domain }: Config, graph: Graph): readonly Part[] {
  const part = (id: string, name: string, note: string): Part => ({
    id,
    keys: [],
    kind: "outside",
    name,
    note,
    object: undefined,
  });
  const operators = graph.nodes.get(BASTION_GROUP);
  const ranges = operators ? wanted<SecurityGroupSpec>(operators).inbound.map(({ cidr = "" }) => rangeWords(cidr)) : [];
  const [first, ...more] = [...new Set(ranges)];
  return [
    part("internet", "Internet", "updates, AWS's own APIs"),
    part("visitors", "Visitors", domain === null ? "http, load balancer's name" : `https://${domain.name}`),
    ...(first === undefined
      ? []
      : [part("operators", "Operators", more.length === 0 ? first : `${first}, ${more.length} more`)]),
  ];
}

const rangeWords = (cidr: string): string =>
  cidr === "my-ip" ? "address of who runs up" : cidr === INTERNET ? "anybody" : cidr;

function seatsIn(config: Config, graph: Graph, live: (key: string) => Identified | undefined): readonly Seat[] {
  const { nat, bastion, web, database, efs } = config;
  const zones = zonesOf(config);
  const seat = (role: Role, zone: number, slot: Slot, kind: string, note: string, keys: readonly string[]): Seat[] => {
    const part = partOf(graph, `${role}-${zone}-${keys[0]}`, kind, note, keys);
    return part.keys.length === 0 ? [] : [{ role, zone, placed: { part, slot } }];
  };
  const managed = nat.mode === "gateway";
  const databases = databasesIn(config, graph, live);
  const template = graph.nodes.get(LAUNCH_TEMPLATE_KEY);
  const instanceName = template && wanted<{ readonly instanceName?: string }>(template).instanceName;
  return zones.flatMap(({ number, index, name }) => {
    const own = databases.filter(({ zone }) => zone === name);
    return [
      ...seat(
        "nat",
        index,
        "left",
        managed ? "NAT gateway" : "NAT instance",
        managed ? "Elastic IP" : nat.instanceType,
        [managed ? `nat-gateway-${number}` : `nat-instance-${number}`, `nat-address-${number}`, `nat-route-${number}`],
      ),
      ...seat("balancer", index, "middle", "load balancer", "in each zone", [
        "load-balancer",
        "target-group",
        "listener",
        "listener-https",
        "redirect",
      ]),
      ...seat("bastion", index, "right", "bastion", bastion.instanceType, [`bastion-${number}`]),
      ...seat("web", index, "body", "web instances", web.instanceType, [GROUP_KEY]).map((own) => ({
        ...own,
        placed: { ...own.placed, part: { ...own.placed.part, name: instanceName ?? own.placed.part.name } },
      })),
      ...seat(
        "files",
        index,
        own.length > 1 ? "inner" : "beside",
        "EFS mount target",
        efs.backup ? "backed up daily" : "not backed up",
        [FILE_SYSTEM],
      ),
      ...own.flatMap(({ key, kind }, at) =>
        seat(
          "database",
          index,
          own.length === 1 ? "whole" : at === 0 ? "first-half" : "second-half",
          kind,
          database.instanceClass,
          [key],
        ),
      ),
    ];
  });
}

/** Each database with the name of its zone. */
function databasesIn(config: Config, graph: Graph, live: (key: string) => Identified | undefined) {
  const zones = byAge(config);
  return [
    { key: PRIMARY, kind: "primary database", usual: zones[0] },
    { key: REPLICA, kind: "read replica", usual: zones[1] },
  ].flatMap(({ key, kind, usual }) => {
    const node = graph.nodes.get(key);
    if (!node) return [];
    const found = (live(key) as { readonly zone?: unknown } | undefined)?.zone;
    const asked = wanted<{ readonly zone?: unknown }>(node, live).zone;
    return [{ key, kind, zone: [found, asked].find((zone) => zones.includes(zone as string)) ?? usual }];
  });
}

function tiersOf(config: Config, graph: Graph, seats: readonly Seat[]): readonly Tier[] {
  const zones = zonesOf(config);
  const { min, max, cpuTarget } = config.web;
  const subnets = (key: string) =>
    zones.map(({ number }) => {
      const name = `subnet-${key}-${number}`;
      const node = graph.nodes.get(name) as Node;
      return partOf(graph, name, "subnet", wanted<SubnetSpec>(node).cidr, [name]);
    });
  const row = (...roles: readonly Role[]) => ({
    zones: zones.map(({ index }) =>
      seats.filter(({ role, zone }) => zone === index && roles.includes(role)).map(({ placed }) => placed),
    ),
  });
  const size = min === max ? counted(min, "instance") : `${min} to ${counted(max, "instance")}`;
  const group = partOf(graph, "group", "Auto Scaling group", `${size}, CPU ${cpuTarget} %`, [
    GROUP_KEY,
    "scaling-policy",
  ]);
  return [
    { name: "Public", subnets: subnets("public"), rows: [row("nat", "balancer", "bastion")] },
    { name: "Web, private", subnets: subnets("web"), rows: [{ group, ...row("web") }, row("files")] },
    { name: "Databases, private", subnets: subnets("db"), rows: [row("database")] },
  ];
}

/** What stands beside the network: of each type one part. */
function cardsOf(nodes: readonly Node[]): readonly Card[] {
  const cards = CARDS.map(([name]) => ({ name, nodes: [] as Node[] }));
  for (const node of nodes) cards[CARDS.findIndex(([, types]) => types.test(node.type.name))]?.nodes.push(node);
  return cards
    .filter((card) => card.nodes.length > 0)
    .map(({ name, nodes: own }) => ({
      name,
      parts: [...groupBy(own, ({ type }) => type.name)].map(([object, all]): Part => {
        const kind = object.slice(object.indexOf(":") + 1).replaceAll("-", " ");
        const [first] = all as [Node, ...Node[]];
        const keys = all.map(({ key }) => key);
        const common = { id: `card-${object}`, keys, note: "", object };
        return all.length === 1
          ? { ...common, kind, name: first.name }
          : { ...common, kind: "", name: counted(all.length, kind), several: true };
      }),
    }));
}

/** Who may reach whom. */
function reachIn(config: Config, graph: Graph, seats: readonly Seat[], outside: readonly Part[]) {
  const flows: Flow[] = [];
  const reaches: Reach[] = [];
  const nodes = [...graph.nodes.values()];
  const isGroup = (key: string) => graph.nodes.get(key)?.type.name === "ec2:security-group";
  /** The groups that a part is in: an object's own, or those of the template that instances start from. */
  const groupsOf = ({ keys }: Part): readonly string[] =>
    keys.flatMap((key) => {
      const needs = graph.nodes.get(key)?.needs ?? [];
      const templates = needs.filter((need) => graph.nodes.get(need)?.type.name === "ec2:launch-template");
      return [...needs, ...templates.flatMap((one) => graph.nodes.get(one)?.needs ?? [])].filter(isGroup);
    });
  const inGroup = (key: string) => seats.filter(({ placed }) => groupsOf(placed.part).includes(key));
  const namesOf = (some: readonly Seat[]) => [...new Set(some.map(({ placed }) => placed.part.name))];

  for (const node of nodes.filter(({ key }) => isGroup(key))) {
    const targets = inGroup(node.key);
    if (targets.length === 0) continue;
    const rules = groupBy(wanted<SecurityGroupSpec>(node).inbound, (rule) => sourceOf(rule));
    for (const [source, own] of rules) {
      const sources = isGroup(source) ? inGroup(source) : webIn(config, seats, source);
      const label = portsOf(own);
      const by = `security group ${node.name}`;
      const from = sources.length > 0 ? namesOf(sources) : [outsider(config, source)];
      reaches.push({ from, to: namesOf(targets), what: wordsOf(own), by });
      for (const target of targets) {
        // What comes in through the gateway, then what comes from beside it in its zone.
        if (sources.length === 0 && source !== config.network.cidr) flows.push(...inbound(target, label));
        for (const one of sources.filter(({ zone }) => zone === target.zone))
          flows.push(...between(one, target, label, seats));
      }
    }
  }
  flows.push(...outbound(seats), ...replication(seats), ...intoGateway(outside, flows));
  const [nats, web] = (["nat", "web"] as const).map((role) => namesOf(seats.filter((seat) => seat.role === role)));
  reaches.push({
    from: web ?? [],
    to: ["the internet"],
    what: "everything",
    by: `the routes through ${nats?.join(", ")}`,
  });
  const replica = seats.find(({ placed }) => placed.part.keys[0] === REPLICA);
  const primary = seats.find(({ placed }) => placed.part.keys[0] === PRIMARY);
  if (replica && primary)
    reaches.push({ from: namesOf([primary]), to: namesOf([replica]), what: "replication", by: "RDS itself" });
  return {
    flows: unique(flows),
    reaches: [...new Map(reaches.map((reach) => [JSON.stringify(reach), reach])).values()],
  };
}

/** A rule's source: a group's key, or a range of addresses. */
const sourceOf = ({ groupId, cidr }: Rule): string => unknownKey(groupId) ?? groupId ?? cidr ?? "";

/** The web instances whose subnet has that range. */
const webIn = ({ network }: Config, seats: readonly Seat[], cidr: string): readonly Seat[] =>
  seats.filter(({ role, zone }) => role === "web" && network.web[zone] === cidr);

const outsider = ({ network }: Config, cidr: string): string =>
  cidr === INTERNET ? "the internet" : cidr === network.cidr ? "all in the VPC" : rangeWords(cidr);

const range = ({ from, to }: Rule): string => (to === undefined || to === from ? `${from}` : `${from}–${to}`);
/** "80, 443". */
const portsOf = (rules: readonly Rule[]): string =>
  rules
    .map((rule) =>
      rule.protocol === "all"
        ? "all"
        : rule.from === undefined || !/^(tcp|udp)$/.test(rule.protocol)
          ? rule.protocol
          : range(rule),
    )
    .join(", ");
/** "tcp 80, 443". */
const wordsOf = (rules: readonly Rule[]): string =>
  [...groupBy(rules, ({ protocol }) => protocol)]
    .map(([protocol, own]) => {
      const ports = own.filter(({ from }) => from !== undefined).map(range);
      return [protocol === "all" ? "everything" : protocol, ...(ports.length > 0 ? [ports.join(", ")] : [])].join(" ");
    })
    .join("; ");

const idOf = ({ placed }: Seat): string => placed.part.id;

function inbound(target: Seat, label: string): readonly Flow[] {
  const way = { from: "gateway", to: idOf(target), label };
  if (target.role === "balancer") return [{ ...way, kind: "visit", lane: "middle" }];
  return target.role === "bastion" ? [{ ...way, kind: "operate", lane: "right" }] : [];
}

function between(from: Seat, to: Seat, label: string, seats: readonly Seat[]): readonly Flow[] {
  const way = { from: idOf(from), to: idOf(to), label };
  const own = seats.filter(({ role, zone }) => role === "database" && zone === to.zone);
  const isLast = own.at(-1) === to;
  switch (`${from.role} ${to.role}`) {
    case "balancer web":
      return [{ ...way, kind: "visit", lane: "middle" }];
    case "bastion web":
      return [{ ...way, kind: "operate", lane: "right" }];
    case "bastion database":
      return isLast ? [{ ...way, kind: "operate", lane: "edge" }] : [];
    case "web files":
      return [{ ...way, kind: "data", lane: "middle" }];
    case "web database":
      return [{ ...way, kind: "data", lane: own[0] === to ? "out" : "right" }];
    default:
      return [];
  }
}

/** From the web instances through the NAT of their zone to the internet. */
const outbound = (seats: readonly Seat[]): readonly Flow[] =>
  seats
    .filter(({ role }) => role === "nat")
    .flatMap((nat): readonly Flow[] => {
      const web = seats.find(({ role, zone }) => role === "web" && zone === nat.zone);
      const out = { kind: "out", lane: "out", label: "out" } as const;
      return [{ ...out, from: idOf(nat), to: "gateway" }, ...(web ? [{ ...out, from: idOf(web), to: idOf(nat) }] : [])];
    });

function replication(seats: readonly Seat[]): readonly Flow[] {
  const [primary, replica] = [PRIMARY, REPLICA].map((key) => seats.find(({ placed }) => placed.part.keys[0] === key));
  return primary && replica
    ? [{ from: idOf(primary), to: idOf(replica), kind: "data", label: "", lane: "across" }]
    : [];
}

/** Between those outside and the gateway, as what leads on from there. */
const intoGateway = (outside: readonly Part[], flows: readonly Flow[]): readonly Flow[] =>
  outside.flatMap(({ id }): readonly Flow[] => {
    if (id === "internet") return [{ from: "gateway", to: id, kind: "out", label: "", lane: "out" }];
    const kind = id === "visitors" ? "visit" : "operate";
    return flows.some((flow) => flow.from === "gateway" && flow.kind === kind)
      ? [{ from: id, to: "gateway", kind, label: "", lane: kind === "visit" ? "middle" : "right" }]
      : [];
  });

/** Several ranges may lead to the same: one line. */
const unique = (flows: readonly Flow[]): readonly Flow[] => [
  ...new Map(flows.map((flow) => [`${flow.from} ${flow.to}`, flow])).values(),
];
