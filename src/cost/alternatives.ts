import type { Config } from "../config/schema.ts";
import { type Amount, type Choices, costChange, estimate } from "./estimate.ts";
import { type PriceTable, pricedTypes, spotOf } from "./price-table.ts";
import { defaultUsage, type Usage } from "./usage.ts";

/** How to get there: change the config; buy a contract in the AWS console; or it is for comparison, `up` does not make it. */
export type By = "config" | "contract" | "comparison";

/** The whole stack, with one thing done differently. */
export interface Alternative {
  readonly name: string;
  /** True for what the config says now. */
  readonly configured: boolean;
  /** Dollars of the whole stack in an ordinary month; "unknown" when something that is always there has no price. */
  readonly monthly: Amount;
  /** Dollars a month more than the configured stack, less when negative. */
  readonly difference: Amount;
  /** What has no price here. */
  readonly unknown: readonly string[];
  readonly by: By;
  /** Requirements of the stack that it gives up: "R3" is to survive a failing zone, "R4" no slowdown from reads. */
  readonly breaks: readonly ("R3" | "R4")[];
  /** What it takes, and what it takes away. */
  readonly note?: string;
}

export interface AlternativeTable {
  readonly title: string;
  readonly rows: readonly Alternative[];
}

export interface Saving {
  readonly name: string;
  /** Dollars an ordinary month, above 0. */
  readonly saves: number;
  readonly monthly: Amount;
  readonly by: By;
  readonly breaks: Alternative["breaks"];
}

export interface Alternatives {
  readonly tables: readonly AlternativeTable[];
  /**
   * Each single change that costs less, the largest saving first; those that break a requirement come last.
   * They do not add up: some exclude each other.
   */
  readonly savings: readonly Saving[];
}

interface Variant {
  readonly name: string;
  readonly config?: Config;
  readonly choices?: Choices;
  readonly by?: By;
  readonly breaks?: Alternative["breaks"];
  readonly note?: string;
}

interface Table {
  readonly title: string;
  readonly rows: readonly Variant[];
}

/** The configured stack beside others: NAT, ways to pay, instance families, zones, sizes; and what saves most. Pure. */
export function alternatives(
  config: Config,
  prices: PriceTable,
  usage: Usage = defaultUsage,
  choices: Choices = {},
): Alternatives {
  const base = estimate(config, prices, usage, choices);
  const price = (variant: Variant): Alternative => {
    const configs = variant.config ?? config;
    const chosen = { ...choices, ...variant.choices };
    const configured = signature(configs, chosen) === signature(config, choices);
    const it = configured ? base : estimate(configs, prices, usage, chosen);
    const change = costChange(base, it);
    return {
      name: variant.name,
      configured,
      monthly: it.totals.fixedComplete ? it.totals.total.typical : "unknown",
      difference: change.complete ? change.typical : "unknown",
      unknown: change.unknown,
      by: variant.by ?? "config",
      breaks: variant.breaks ?? [],
      ...(variant.note === undefined ? {} : { note: variant.note }),
    };
  };
  const tables = tablesOf(config, prices).map(({ title, rows }) => ({ title, rows: rows.map(price) }));
  return { tables, savings: savingsOf(tables.flatMap(({ rows }) => rows)) };
}

function savingsOf(rows: readonly Alternative[]): Saving[] {
  return rows
    .flatMap(({ name, difference, monthly, by, breaks }) =>
      // Less than a cent is no saving.
      difference === "unknown" || difference > -0.01 ? [] : { name, saves: -difference, monthly, by, breaks },
    )
    .toSorted((a, b) => Number(a.breaks.length > 0) - Number(b.breaks.length > 0) || b.saves - a.saves);
}

function tablesOf(config: Config, prices: PriceTable): Table[] {
  const { nat, database, web, bastion, region } = config;
  const withDatabase = (change: Partial<Config["database"]>): Config => ({
    ...config,
    database: { ...database, ...change },
  });
  const withWeb = (instanceType: string): Config => ({ ...config, web: { ...web, instanceType } });
  const natMode = (mode: Config["nat"]["mode"]): Config => ({ ...config, nat: { ...nat, mode } });
  const families = (ec2: string): Config => ({
    ...config,
    bastion: { ...bastion, instanceType: inFamily(bastion.instanceType, ec2) },
    nat: { ...nat, instanceType: inFamily(nat.instanceType, ec2) },
    web: { ...web, instanceType: inFamily(web.instanceType, ec2) },
  });
  const arm = "arm64: needs an arm64 image.base and an application that runs on it";
  const spot = spotOf(prices, web.instanceType, region);
  const interrupted = spot?.interruption === undefined ? "" : `; of instances taken back a month: ${spot.interruption}`;

  const nats: Table = {
    title: "NAT",
    rows: [
      { name: "NAT instances", config: natMode("instance"), note: "patched by you, as fast as the instance" },
      { name: "NAT gateways", config: natMode("gateway"), note: "run by AWS; every GB is charged" },
    ],
  };
  const paying: Table = {
    title: "Paying for the web tier",
    rows: [
      { name: "web on-demand", choices: { web: "on-demand" } },
      {
        name: "web reserved, 1 year",
        choices: { web: "reserved" },
        by: "contract",
        note: `no upfront; covers web.min instances of ${web.instanceType}; paid even when the stack is down`,
      },
      {
        name: "web reserved, 1 year, convertible",
        choices: { web: "convertible" },
        by: "contract",
        note: "the same, but the type may be changed",
      },
      {
        name: "web on Spot",
        choices: { web: "spot" },
        by: "comparison",
        note: `rough${interrupted}; up starts on-demand instances only`,
      },
      {
        name: "all instances and databases reserved, 1 year",
        choices: { web: "reserved", publicInstances: "reserved", database: "reserved" },
        by: "contract",
        note: "no upfront; paid even when the stack is down",
      },
    ],
  };
  const family: Table = {
    title: "Instance family (bastions, NAT, web)",
    rows: [
      { name: "all t2", config: families("t2"), note: "older; AWS does not offer it in every zone" },
      { name: "all t3", config: families("t3") },
      { name: "all t4g", config: families("t4g"), note: arm },
      {
        name: "all t4g, databases db.t4g",
        config: {
          ...families("t4g"),
          database: { ...database, instanceClass: inFamily(database.instanceClass, "db.t4g") },
        },
        note: `${arm}; for the databases nothing changes`,
      },
    ],
  };
  const zones: Table = {
    title: "Single-AZ and Multi-AZ",
    rows: [
      {
        name: "one zone, no replica",
        config: oneZone(withDatabase({ replica: false })),
        by: "comparison",
        breaks: ["R3", "R4"],
        note: "a failing zone takes the site down; the config asks for two zones",
      },
      {
        name: "two zones, no replica",
        config: withDatabase({ replica: false }),
        choices: { multiAz: false },
        breaks: ["R4"],
      },
      { name: "two zones, replica", config: withDatabase({ replica: true }), choices: { multiAz: false } },
      {
        name: "two zones, Multi-AZ primary, no replica",
        config: withDatabase({ replica: false }),
        choices: { multiAz: true },
        by: "comparison",
        breaks: ["R4"],
        note: "the standby takes over by itself, but answers no reads",
      },
      {
        name: "two zones, Multi-AZ primary, replica",
        config: withDatabase({ replica: true }),
        choices: { multiAz: true },
        by: "comparison",
      },
    ],
  };
  const sizes: Table = {
    title: "Size of the web instances",
    rows: listed(pricedTypes(prices, "ec2", region), web.instanceType).map((type) => ({
      name: `web ${type}`,
      config: withWeb(type),
      ...(isArm(type) ? { note: arm } : {}),
    })),
  };
  const classes: Table = {
    title: "Class of the databases",
    rows: listed(pricedTypes(prices, "rds", region), database.instanceClass).map((type) => ({
      name: `databases ${type}`,
      config: withDatabase({ instanceClass: type }),
    })),
  };
  const versions: Table = {
    title: "MySQL version",
    rows: [
      { name: `MySQL ${database.engineVersion}` },
      {
        name: "MySQL 8.4",
        config: withDatabase({ engineVersion: "8.4" }),
        note: "no Extended Support to pay; a major upgrade: test the application first",
      },
    ],
  };
  return [nats, paying, family, zones, sizes, classes, ...(database.engineVersion.startsWith("8.0") ? [versions] : [])];
}

/** `t3.micro` in family `t4g` is `t4g.micro`; `db.t3.micro` in `db.t4g` is `db.t4g.micro`. */
export function inFamily(type: string, family: string): string {
  return `${family}.${type.split(".").at(-1) ?? ""}`;
}

// AWS names its Arm families with a g after the generation: t4g, m6g, c7gn.
const isArm = (type: string) => /^[a-z]+\d+g[a-z]*\./.test(type);

const listed = (types: readonly string[], configured: string) =>
  types.includes(configured) ? types : [configured, ...types];

const oneZone = (config: Config): Config => ({ ...config, zones: config.zones.slice(0, 1) });

const DEFAULTS: Required<Choices> = {
  web: "on-demand",
  publicInstances: "on-demand",
  database: "on-demand",
  multiAz: false,
  alarms: 13,
  freeAllowances: false,
};

/** Equal for equal stacks: choices that are left out are the defaults. */
const signature = (config: Config, choices: Choices) => JSON.stringify([config, { ...DEFAULTS, ...choices }]);
