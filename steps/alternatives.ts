import { group } from "../src/aws/auto-scaling/group.ts";
import { instanceTypeOf, spotHour } from "../src/aws/ec2/prices.ts";
import { database } from "../src/aws/rds/database.ts";
import { instanceClassOf } from "../src/aws/rds/prices.ts";
import type { Config } from "../src/config/schema.ts";
import type { Variant, VariantTable } from "../src/cost/alternatives.ts";
import type { Choose } from "../src/cost/estimate.ts";
import { itemsIn, type PriceTable, tiersOf } from "../src/cost/price-table.ts";
import type { AnyType } from "../src/engine/resource.ts";

type Row = Variant<Config>;
type Table = VariantTable<Config>;

/** The objects of a type, paid for or built in another way. */
const each =
  (type: AnyType, way: string): Choose =>
  (object) =>
    object.type === type ? way : undefined;

const ARM = "arm64: needs an arm64 image.base and an application that runs on it";

/** What a person may want to see beside this stack. R3 is to survive a failing zone, R4 no slowdown from reads. */
export function alternativesTo(config: Config, prices: PriceTable): readonly Table[] {
  return [
    natTable(config),
    payingTable(config, prices),
    familyTable(config),
    zoneTable(config),
    ...sizeTables(config, prices),
    ...versionTable(config),
  ];
}

function natTable(config: Config): Table {
  const withMode = (mode: Config["nat"]["mode"]): Config => ({ ...config, nat: { ...config.nat, mode } });
  return {
    title: "NAT",
    tellsSaved: true,
    rows: [
      { name: "NAT instances", config: withMode("instance"), note: "patched by you, as fast as the instance" },
      { name: "NAT gateways", config: withMode("gateway"), note: "run by AWS; every GB is charged" },
    ],
  };
}

function payingTable({ web, region }: Config, prices: PriceTable): Table {
  const taken = tiersOf(prices, spotHour(web.instanceType).item, region)[0]?.note;
  return {
    title: "Paying for the web tier",
    rows: [
      { name: "web on-demand" },
      {
        name: "web reserved, 1 year",
        choose: each(group, "reserved"),
        by: "contract",
        note: `no upfront; covers web.min instances of ${web.instanceType}; paid even when the stack is down`,
      },
      {
        name: "web reserved, 1 year, convertible",
        choose: each(group, "convertible"),
        by: "contract",
        note: "the same, but the type may be changed",
      },
      {
        name: "web on Spot",
        choose: each(group, "spot"),
        by: "comparison",
        note: `rough${taken === undefined ? "" : `; ${taken}`}; up starts on-demand instances only`,
      },
      {
        name: "all instances and databases reserved, 1 year",
        choose: () => "reserved",
        by: "contract",
        note: "no upfront; paid even when the stack is down",
      },
    ],
  };
}

function familyTable(config: Config): Table {
  const { bastion, nat, web, database: db } = config;
  const all = (family: string): Config => ({
    ...config,
    bastion: { ...bastion, instanceType: inFamily(bastion.instanceType, family) },
    nat: { ...nat, instanceType: inFamily(nat.instanceType, family) },
    web: { ...web, instanceType: inFamily(web.instanceType, family) },
  });
  return {
    title: "Instance family (bastions, NAT, web)",
    rows: [
      { name: "all t2", config: all("t2"), note: "older; AWS does not offer it in every zone" },
      { name: "all t3", config: all("t3") },
      { name: "all t4g", config: all("t4g"), note: ARM },
      {
        name: "all t4g, databases db.t4g",
        config: { ...all("t4g"), database: { ...db, instanceClass: inFamily(db.instanceClass, "db.t4g") } },
        note: `${ARM}; for the databases nothing changes`,
      },
    ],
  };
}

function zoneTable(config: Config): Table {
  const withReplica = (replica: boolean): Config => ({ ...config, database: { ...config.database, replica } });
  const standby = each(database, "standby");
  const zones = `${config.zones.length === 2 ? "two" : "three"} zones`;
  return {
    title: "Single-AZ and Multi-AZ",
    rows: [
      {
        name: "one zone, no replica",
        config: { ...withReplica(false), zones: config.zones.slice(0, 1) },
        by: "comparison",
        breaks: ["R3", "R4"],
        note: "a failing zone takes the site down; the config takes two zones at least",
      },
      { name: `${zones}, no replica`, config: withReplica(false), breaks: ["R4"] },
      { name: `${zones}, replica`, config: withReplica(true) },
      {
        name: `${zones}, Multi-AZ primary, no replica`,
        config: withReplica(false),
        choose: standby,
        by: "comparison",
        breaks: ["R4"],
        note: "the standby takes over by itself, but answers no reads",
      },
      { name: `${zones}, Multi-AZ primary, replica`, config: withReplica(true), choose: standby, by: "comparison" },
    ],
  };
}

function sizeTables(config: Config, prices: PriceTable): readonly Table[] {
  const { web, database: db, region } = config;
  const items = itemsIn(prices, region);
  const listed = (all: readonly string[], configured: string) =>
    all.includes(configured) ? all : [configured, ...all];
  const types = items.flatMap((item) => instanceTypeOf(item) ?? []);
  const classes = items.flatMap((item) => instanceClassOf(item) ?? []);
  return [
    {
      title: "Size of the web instances",
      rows: listed(types, web.instanceType).map(
        (instanceType): Row => ({
          name: `web ${instanceType}`,
          config: { ...config, web: { ...web, instanceType } },
          ...(isArm(instanceType) ? { note: ARM } : {}),
        }),
      ),
    },
    {
      title: "Class of the databases",
      rows: listed(classes, db.instanceClass).map(
        (instanceClass): Row => ({
          name: `databases ${instanceClass}`,
          config: { ...config, database: { ...db, instanceClass } },
        }),
      ),
    },
  ];
}

function versionTable(config: Config): readonly Table[] {
  const { engineVersion } = config.database;
  if (!engineVersion.startsWith("8.0")) return [];
  return [
    {
      title: "MySQL version",
      rows: [
        { name: `MySQL ${engineVersion}` },
        {
          name: "MySQL 8.4",
          config: { ...config, database: { ...config.database, engineVersion: "8.4" } },
          note: "no Extended Support to pay; a major upgrade: test the application first",
        },
      ],
    },
  ];
}

/** `t3.micro` in family `t4g` is `t4g.micro`; `db.t3.micro` in `db.t4g` is `db.t4g.micro`. */
const inFamily = (type: string, family: string): string => `${family}.${type.split(".").at(-1) ?? ""}`;

// AWS names its Arm families with a g after the generation: t4g, m6g, c7gn.
const isArm = (type: string): boolean => /^[a-z]+\d+g[a-z]*\./.test(type);
