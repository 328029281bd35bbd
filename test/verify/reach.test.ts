import { describe, expect, test } from "vitest";
import {
  type Exposure,
  exposures,
  type Interface,
  isMeant,
  type Network,
  noPath,
  type Rule,
  type Subnet,
  wayOut,
} from "../../src/verify/reach.ts";

const rule = (peer: string, from = 0, to = 65_535, protocol = "tcp"): Rule => ({ protocol, from, to, peer });
const ALL = rule("0.0.0.0/0", 0, 65_535, "all");
const LOCAL = { to: "172.31.0.0/16", target: "local", active: true };
const OUT = { to: "0.0.0.0/0", target: "igw-1", active: true };
const nic = (id: string, given: Partial<Interface> = {}): Interface => ({
  id,
  what: id,
  subnetId: "subnet-public",
  address: "172.31.10.5",
  publicAddresses: [],
  addresses6: [],
  groupIds: ["sg-1"],
  sourceDestCheck: true,
  instanceId: undefined,
  running: true,
  ...given,
});
const network = (given: Partial<Network> = {}): Network => ({
  cidrs: ["172.31.0.0/16"],
  subnets: [
    { id: "subnet-public", zone: "a", routes: [LOCAL, OUT] },
    { id: "subnet-web", zone: "a", routes: [LOCAL, { to: "0.0.0.0/0", target: "eni-nat", active: true }] },
  ],
  internetGateways: ["igw-1"],
  natGateways: [],
  groups: [{ id: "sg-1", name: "one", inbound: [rule("0.0.0.0/0", 80, 80)], outbound: [ALL] }],
  interfaces: [nic("eni-1", { publicAddresses: ["203.0.113.5"] })],
  ...given,
});
const group = (inbound: readonly Rule[], outbound: readonly Rule[] = [ALL]) => [
  { id: "sg-1", name: "one", inbound, outbound },
];
const said = (found: readonly Exposure[]) =>
  found.map(({ interface: one, protocol, from, to, source }) => `${one.id} ${protocol} ${from}-${to} ${source}`);

describe("what the internet reaches", () => {
  test("a public address, a way through the gateway and a rule: all three, or nobody comes in", () => {
    expect(said(exposures(network()))).toEqual(["eni-1 tcp 80-80 0.0.0.0/0"]);
    expect(exposures(network({ interfaces: [nic("eni-1")] }))).toEqual([]);
    expect(exposures(network({ internetGateways: [] }))).toEqual([]);
    expect(exposures(network({ groups: group([]) }))).toEqual([]);
    const blackhole = [{ id: "subnet-public", zone: "a", routes: [LOCAL, { ...OUT, active: false }] }];
    expect(exposures(network({ subnets: blackhole }))).toEqual([]);
  });

  test.each<[string, string, boolean]>([
    ["the VPC itself", "172.31.0.0/16", false],
    ["another private network", "10.0.0.0/8", false],
    ["one address of somebody", "198.51.100.7/32", true],
    ["half of the internet", "0.0.0.0/1", true],
    ["more than the private range", "172.0.0.0/8", true],
    ["a prefix list, whatever is in it", "pl-0123", true],
    ["a group", "sg-2", false],
    ["IPv6, without an IPv6 address", "::/0", false],
  ])("a rule for %s (%s)", (_what, peer, open) => {
    expect(exposures(network({ groups: group([rule(peer)]) })).length).toBe(open ? 1 : 0);
  });

  test("IPv6 needs no public IPv4 address, but a route of its own", () => {
    const interfaces = [nic("eni-1", { addresses6: ["2001:db8::1"] })];
    const groups = group([rule("::/0", 22, 22)]);
    expect(exposures(network({ interfaces, groups }))).toEqual([]);
    const subnets = [{ id: "subnet-public", zone: "a", routes: [LOCAL, { ...OUT, to: "::/0" }] }];
    expect(said(exposures(network({ interfaces, groups, subnets })))).toEqual(["eni-1 tcp 22-22 ::/0"]);
  });

  test("a group that was not read is an error, not an empty group", () => {
    expect(() => exposures(network({ groups: [] }))).toThrow("sg-1");
  });

  test.each<[string, Rule, boolean]>([
    ["as meant", rule("203.0.113.0/24", 22, 22), true],
    ["fewer than meant", rule("203.0.113.9/32", 22, 22), true],
    ["more sources", rule("203.0.0.0/16", 22, 22), false],
    ["another port", rule("203.0.113.0/24", 23, 23), false],
    ["more ports", rule("203.0.113.0/24", 22, 23), false],
    ["all protocols", rule("203.0.113.0/24", 0, 65_535, "all"), false],
    ["udp", rule("203.0.113.0/24", 22, 22, "udp"), false],
    ["a prefix list", rule("pl-1", 22, 22), false],
  ])("%s", (_what, one, meant) => {
    const [found] = exposures(network({ groups: group([one]) })) as [Exposure];
    expect(isMeant(found, [{ interfaceId: "eni-1", ports: [22], sources: ["203.0.113.0/24"] }])).toBe(meant);
    expect(isMeant(found, [{ interfaceId: "eni-2", ports: [22], sources: ["203.0.113.0/24"] }])).toBe(false);
  });
});

describe("paths inside", () => {
  const from = nic("eni-from", { address: "172.31.10.6", groupIds: ["sg-1"] });
  const to = nic("eni-to", { subnetId: "subnet-web", address: "172.31.11.7", groupIds: ["sg-2"] });
  const inside = (inbound: readonly Rule[], outbound: readonly Rule[] = [ALL], more: Partial<Network> = {}) =>
    network({
      interfaces: [from, to],
      groups: [
        { id: "sg-1", name: "one", inbound: [], outbound },
        { id: "sg-2", name: "two", inbound, outbound: [] },
      ],
      ...more,
    });

  test.each<[string, Network, string | undefined]>([
    ["by group", inside([rule("sg-1", 22, 22)]), undefined],
    ["by range", inside([rule("172.31.10.0/24", 22, 22)]), undefined],
    ["all protocols", inside([rule("sg-1", 0, 65_535, "all")]), undefined],
    ["no rule in", inside([]), "do not let"],
    ["a rule for another port", inside([rule("sg-1", 80, 80)]), "do not let"],
    ["a rule for another group", inside([rule("sg-3", 22, 22)]), "do not let"],
    ["udp", inside([rule("sg-1", 22, 22, "udp")]), "do not let"],
    ["nothing out", inside([rule("sg-1", 22, 22)], []), "let nothing out"],
    ["out to that group only", inside([rule("sg-1", 22, 22)], [rule("sg-2", 22, 22)]), undefined],
    [
      "a more precise route elsewhere",
      inside([rule("sg-1", 22, 22)], [ALL], {
        subnets: [
          {
            id: "subnet-public",
            zone: "a",
            routes: [LOCAL, { to: "172.31.11.0/24", target: "eni-box", active: true }],
          },
          { id: "subnet-web", zone: "a", routes: [LOCAL] },
        ],
      }),
      "eni-box",
    ],
  ])("%s", (_what, found, why) => {
    const reason = noPath(found, from, to, 22);
    if (why === undefined) expect(reason).toBeUndefined();
    else expect(reason).toContain(why);
  });

  test("a stopped instance is reached by nobody", () => {
    expect(noPath(inside([rule("sg-1", 22, 22)]), from, { ...to, running: false }, 22)).toContain("does not run");
  });
});

describe("the way out", () => {
  const web = nic("eni-web", { subnetId: "subnet-web", address: "172.31.11.7", groupIds: ["sg-web"] });
  const nat = nic("eni-nat", {
    what: "Buddy-NAT1",
    publicAddresses: ["203.0.113.8"],
    groupIds: ["sg-nat"],
    sourceDestCheck: false,
  });
  const groups = [
    { id: "sg-web", name: "web", inbound: [], outbound: [ALL] },
    { id: "sg-nat", name: "nat", inbound: [rule("172.31.11.0/24", 0, 65_535, "all")], outbound: [ALL] },
  ];
  const good = network({ interfaces: [web, nat], groups });

  test("through the NAT instance of the route, seen by its public address", () => {
    expect(wayOut(good, web)).toEqual({ zone: "a", via: "Buddy-NAT1", publicAddress: "203.0.113.8" });
  });

  test.each<[string, Partial<Network>, string]>([
    ["source/destination check on", { interfaces: [web, { ...nat, sourceDestCheck: true }] }, "source/destination"],
    ["stopped", { interfaces: [web, { ...nat, running: false }] }, "does not run"],
    ["no public address", { interfaces: [web, { ...nat, publicAddresses: [] }] }, "no public address"],
    [
      "its groups let nobody in",
      { groups: [groups[0] as never, { ...(groups[1] as never as object), inbound: [] } as never] },
      "in",
    ],
    ["gone", { interfaces: [web] }, "no NAT"],
    ["no gateway", { internetGateways: [] }, "internet gateway"],
    [
      "no route",
      { subnets: [good.subnets[0] as Subnet, { id: "subnet-web", zone: "a", routes: [LOCAL] }] },
      "no default route",
    ],
  ])("%s: says why not", (_what, change, why) => {
    const way = wayOut({ ...good, ...change }, web);
    expect("trouble" in way ? way.trouble : "a way").toContain(why);
  });

  test("through a NAT gateway that is available", () => {
    const subnets = [
      good.subnets[0] as Subnet,
      { id: "subnet-web", zone: "a", routes: [LOCAL, { ...OUT, target: "nat-1" }] },
    ];
    const gateway = { id: "nat-1", subnetId: "subnet-public", available: true, publicAddress: "203.0.113.9" };
    expect(wayOut({ ...good, subnets, natGateways: [gateway] }, web)).toMatchObject({ publicAddress: "203.0.113.9" });
    const failed = wayOut({ ...good, subnets, natGateways: [{ ...gateway, available: false }] }, web);
    expect(failed).toMatchObject({ trouble: expect.stringContaining("not available") });
  });
});

describe("any network (seeded)", () => {
  /** xorshift32. */
  const seeded = (seed: number) => () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    seed >>>= 0;
    return seed / 2 ** 32;
  };
  const make = (random: () => number): Network => {
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
    const peers = ["0.0.0.0/0", "198.51.100.0/24", "172.31.0.0/16", "10.0.0.0/8", "sg-0", "128.0.0.0/1", "pl-1"];
    const rules = () =>
      Array.from({ length: Math.floor(random() * 3) }, () => {
        const from = pick([22, 80, 443, 3306]);
        return pick([rule(pick(peers), from, from + pick([0, 0, 400])), rule(pick(peers), 0, 65_535, "all")]);
      });
    return {
      cidrs: ["172.31.0.0/16"],
      subnets: ["s0", "s1", "s2"].map((id) => ({
        id,
        zone: pick(["a", "c"]),
        routes: [
          LOCAL,
          ...pick([
            [],
            [OUT],
            [{ ...OUT, active: false }],
            [{ ...OUT, target: "nat-1" }],
            [{ ...OUT, to: "128.0.0.0/1" }],
          ]),
        ],
      })),
      internetGateways: pick([["igw-1"], ["igw-1"], []]),
      natGateways: [],
      groups: ["sg-0", "sg-1", "sg-2"].map((id) => ({ id, name: id, inbound: rules(), outbound: [ALL] })),
      interfaces: ["eni-0", "eni-1", "eni-2", "eni-3"].map((id) =>
        nic(id, {
          subnetId: pick(["s0", "s1", "s2"]),
          publicAddresses: pick([[], ["203.0.113.1"]]),
          groupIds: pick([["sg-0"], ["sg-1"], ["sg-1", "sg-2"]]),
        }),
      ),
    };
  };
  const asNumber = (address: string) => address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const within = (address: string, range: string) => {
    const [base = "", bits = ""] = range.split("/");
    const size = 2 ** (32 - Number(bits));
    return Math.floor(asNumber(address) / size) === Math.floor(asNumber(base) / size);
  };
  /** One packet, followed on its way: another way to ask the same. */
  const arrives = (found: Network, source: string, one: Interface, port: number): boolean => {
    const subnet = found.subnets.find(({ id }) => id === one.subnetId);
    const answers = subnet?.routes.some(
      ({ to, target, active }) => active && found.internetGateways.includes(target) && within(source, to),
    );
    const rules = found.groups.filter(({ id }) => one.groupIds.includes(id)).flatMap(({ inbound }) => inbound);
    return (
      one.publicAddresses.length > 0 &&
      answers === true &&
      rules.some(({ peer, from, to }) => /^\d/.test(peer) && within(source, peer) && from <= port && port <= to)
    );
  };

  test("no packet from the internet arrives that is not among the exposures", () => {
    const random = seeded(20_261_122);
    let arrived = 0;
    for (let round = 0; round < 400; round++) {
      const found = make(random);
      const open = exposures(found);
      for (const one of found.interfaces)
        for (const source of ["198.51.100.9", "8.8.8.8", "203.0.113.200"])
          for (const port of [22, 80, 443, 500, 3306, 9999]) {
            if (!arrives(found, source, one, port)) continue;
            arrived++;
            const known = open.some(
              (exposure) =>
                exposure.interface === one &&
                exposure.from <= port &&
                port <= exposure.to &&
                within(source, exposure.source),
            );
            expect(known, `${source} → ${one.id}:${port} in round ${round}`).toBe(true);
          }
    }
    expect(arrived).toBeGreaterThan(500);
  });

  test("taking a rule, a public address or the gateway away opens nothing", () => {
    const random = seeded(7);
    for (let round = 0; round < 300; round++) {
      const found = make(random);
      const before = said(exposures(found));
      const less: Network[] = [
        { ...found, internetGateways: [] },
        { ...found, interfaces: found.interfaces.map((one) => ({ ...one, publicAddresses: [] })) },
        { ...found, groups: found.groups.map((one) => ({ ...one, inbound: one.inbound.slice(1) })) },
        { ...found, subnets: found.subnets.map((one) => ({ ...one, routes: one.routes.slice(0, 1) })) },
      ];
      for (const one of less) for (const exposure of said(exposures(one))) expect(before).toContain(exposure);
      expect(exposures(less[0] as Network)).toEqual([]);
      expect(exposures(less[1] as Network)).toEqual([]);
    }
  });

  test("a rule for everybody on an interface that faces the internet is always seen", () => {
    const random = seeded(99);
    for (let round = 0; round < 300; round++) {
      const found = make(random);
      const open = {
        ...found,
        internetGateways: ["igw-1"],
        subnets: found.subnets.map((one) => ({ ...one, routes: [LOCAL, OUT] })),
        groups: found.groups.map((one) => ({ ...one, inbound: [...one.inbound, rule("0.0.0.0/0", 3389, 3389)] })),
      };
      const seen = exposures(open).filter(({ from }) => from === 3389);
      const facing = open.interfaces.filter(({ publicAddresses }) => publicAddresses.length > 0);
      expect(new Set(seen.map(({ interface: one }) => one.id))).toEqual(new Set(facing.map(({ id }) => id)));
    }
  });
});
