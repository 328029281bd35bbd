import type { Config } from "../config/schema.ts";
import { type PriceRow, type PriceTable, spotOf, tieredCost, tiersOf } from "./price-table.ts";
import { shippedPrices } from "./prices.ts";
import { addBands, type Band, defaultUsage, mapBand, type Usage } from "./usage.ts";

/** AWS's own month for estimates. */
export const HOURS_PER_MONTH = 730;

/** Dollars, or "unknown" where the table has no price. Unknown is never 0. */
export type Amount = number | "unknown";

/** How an instance is paid for. "convertible" is the reserved kind that may change its type. One year, no upfront. */
export type Purchase = "on-demand" | "reserved" | "convertible" | "spot";

/** What the config does not say, and the bill depends on. */
export interface Choices {
  /** How the web tier is paid for; reserved covers `web.min` instances, the rest stays on-demand. */
  readonly web?: Purchase;
  /** How bastions and NAT instances are paid for. */
  readonly publicInstances?: Purchase;
  readonly database?: "on-demand" | "reserved";
  /** The primary with a standby in another zone. */
  readonly multiAz?: boolean;
  /** CloudWatch alarms of the stack, without the two that target tracking makes. */
  readonly alarms?: number;
  /** Takes off what AWS gives an account for nothing. Off: other stacks of the account may use it up. */
  readonly freeAllowances?: boolean;
}

export interface CostLine {
  readonly step: string;
  readonly object: string;
  /** What is paid for, in words. */
  readonly item: string;
  /** The item in the price table. */
  readonly price: string;
  /** In an ordinary month. */
  readonly quantity: number;
  readonly unit: string;
  /** Dollars for one unit, of the first tier. */
  readonly unitPrice: Amount;
  /** Dollars in an ordinary month. */
  readonly monthly: Amount;
  readonly kind: "fixed" | "usage";
  /** Dollars in a quiet and a busy month; usage with a price only. */
  readonly band?: Band;
  readonly note?: string;
  /** The price's own date, sources and how sure it is. */
  readonly from?: Pick<PriceRow, "asOf" | "source" | "sure">;
}

export interface Totals {
  /** Dollars a month that a running stack costs even when nobody comes. */
  readonly fixed: number;
  readonly usage: Band;
  readonly total: Band;
  /** What has no price. When there is any, the sums hold the rest only: they are "at least". */
  readonly unknown: readonly string[];
  /** Both parts below. */
  readonly complete: boolean;
  /** False when something that is always there has no price. */
  readonly fixedComplete: boolean;
  readonly usageComplete: boolean;
}

export interface Estimate {
  readonly stack: string;
  readonly region: string;
  readonly lines: readonly CostLine[];
  readonly totals: Totals;
  /** Costs that go with the stack, but that `up` does not start and `down` does not stop. In no total. */
  readonly beside: readonly CostLine[];
  /** What is left out, and why. */
  readonly notCounted: readonly string[];
  readonly prices: Pick<PriceTable, "collected" | "asked" | "sources">;
}

// Source: AWS instance classes; RDS counts Extended Support by vCPU, and all of these have two.
const VCPUS: Readonly<Record<string, number>> = {
  "db.t3.micro": 2,
  "db.t3.small": 2,
  "db.t4g.micro": 2,
  "db.t4g.small": 2,
  "db.m5.large": 2,
  "db.r5.large": 2,
};

/** The root volume of the Amazon Linux image of bastions and NAT instances, GiB. */
const ROOT_VOLUME_GIB = 8;
/** A target-tracking policy makes one alarm for high and one for low. */
const TRACKING_ALARMS = 2;
/** An Application Load Balancer stands in two zones at least, with a public address in each. */
const LEAST_ALB_ZONES = 2;

/** Tiers of a price, or none; `id` names it when it is missing. */
interface Price {
  readonly id: string;
  readonly unit: string;
  readonly tiers: readonly PriceRow[];
}

/** A monthly estimate of the stack that the config describes. Pure: the same input gives the same output, with no call to AWS. */
export function estimate(
  config: Config,
  prices: PriceTable,
  usage: Usage = defaultUsage,
  choices: Choices = {},
): Estimate {
  const { region, nat, bastion, efs, database, web, domain } = config;
  const lines: CostLine[] = [];
  const price = (id: string, unit: string): Price => ({ id, unit, tiers: tiersOf(prices, id, region) });
  const on = (step: string) => (object: string, item: string, of: Price, quantity: number | Band, note?: string) => {
    lines.push(lineOf({ step, object, item, ...(note === undefined ? {} : { note }) }, of, quantity));
  };
  const allowance = (item: string) =>
    choices.freeAllowances ? (prices.free.find((free) => free.item === item)?.quantity ?? 0) : 0;

  const gp3 = price("ebs:gp3", "GB-month");
  const address = price("vpc:public-ipv4", "hour");
  const zones = config.zones.map((_, i) => i + 1);

  const publicSide = on("nat-bastion");
  const publicInstance = (object: string, type: string) => {
    const of = instancePrice(prices, type, region, choices.publicInstances);
    publicSide(object, `${type} instance`, of, HOURS_PER_MONTH, purchaseNote(choices.publicInstances));
    publicSide(object, "root volume", gp3, ROOT_VOLUME_GIB);
    publicSide(object, "public IPv4 address", address, HOURS_PER_MONTH);
  };
  for (const n of zones) publicInstance(`Bastion${n}`, bastion.instanceType);
  for (const n of zones) {
    if (nat.mode === "instance") {
      publicInstance(`Buddy-NAT${n}`, nat.instanceType);
    } else {
      publicSide(`Buddy-NAT${n}`, "NAT gateway", price("nat:gateway", "hour"), HOURS_PER_MONTH);
      publicSide(`Buddy-NAT${n}`, "public IPv4 address", address, HOURS_PER_MONTH);
    }
  }
  if (nat.mode === "gateway") {
    const names = zones.map((n) => `Buddy-NAT${n}`).join(", ");
    publicSide(names, "data through the gateways", price("nat:gateway-data", "GB"), usage.natGB);
  }

  const files = on("efs");
  const neverIa = efs.transitionToIaDays === null;
  files(
    "Buddy-EFS",
    "standard storage",
    price("efs:standard", "GB-month"),
    neverIa ? addBands(usage.efsStandardGB, usage.efsIaGB) : usage.efsStandardGB,
  );
  if (!neverIa) {
    files("Buddy-EFS", "infrequent access storage", price("efs:ia", "GB-month"), usage.efsIaGB);
    files("Buddy-EFS", "infrequent access reads and writes", price("efs:ia-access", "GB"), usage.efsIaAccessGB);
  }
  if (efs.backup) files("Buddy-EFS", "recovery points", price("efs:backup", "GB-month"), usage.efsBackupGB);

  const rds = on("rds");
  const databaseInstance = (object: string, multiAz: boolean) => {
    const mode = multiAz ? "multi-az" : "single-az";
    const term = choices.database === "reserved" ? ":reserved-1y" : "";
    const item = `${database.instanceClass} ${multiAz ? "with a standby" : "instance"}`;
    rds(
      object,
      item,
      price(`rds:${database.instanceClass}:${mode}${term}`, "hour"),
      HOURS_PER_MONTH,
      purchaseNote(choices.database),
    );
    rds(object, "storage, gp3", price(`rds:gp3:${mode}`, "GB-month"), database.storageGiB);
    const support = extendedSupport(database.engineVersion, database.instanceClass);
    if (support !== undefined) {
      rds(
        object,
        `Extended Support, MySQL ${database.engineVersion}`,
        price(support.id, "vCPU-hour"),
        HOURS_PER_MONTH * support.vcpus * (multiAz ? 2 : 1),
        support.note,
      );
    }
  };
  databaseInstance("database1", choices.multiAz === true);
  if (database.replica) databaseInstance("database1-replica", false);
  rds(
    "database1",
    "backups beyond the free share",
    price("rds:backup", "GB-month"),
    database.backupRetentionDays > 0 ? usage.databaseBackupGB : 0,
  );
  rds("database1", "data between zones", price("data:cross-zone", "GB"), zones.length > 1 ? usage.crossZoneGB : 0);
  rds("database1", "password parameter", price("ssm:standard-parameter", "month"), 1);

  const image = on("image");
  image("Buddy-WEB-Image", "snapshot", price("ebs:snapshot", "GB-month"), usage.imageSnapshotGB);
  image("Buddy-WEB-Image", "marker parameter", price("ssm:standard-parameter", "month"), 1);

  const alb = on("load-balancer");
  alb("Buddy-LoadBalance", "load balancer", price("alb:hour", "hour"), HOURS_PER_MONTH);
  alb(
    "Buddy-LoadBalance",
    "public IPv4 addresses",
    address,
    HOURS_PER_MONTH * Math.max(LEAST_ALB_ZONES, zones.length),
    "one per zone; AWS adds more under load",
  );
  alb(
    "Buddy-LoadBalance",
    "capacity units",
    price("alb:lcu", "LCU-hour"),
    mapBand(usage.lcu, (units) => units * HOURS_PER_MONTH),
  );
  alb(
    "Buddy-LoadBalance",
    "data out to the internet",
    price("data:out", "GB"),
    mapBand(usage.dataOutGB, (gb) => Math.max(0, gb - allowance("data:out"))),
  );

  const group = on("auto-scaling");
  const running = usage.webInstances ?? { low: web.min, typical: web.desired, high: web.max };
  const beyond = mapBand(running, (count) => Math.max(0, count - web.min));
  const reservedWeb = choices.web === "reserved" || choices.web === "convertible";
  const covered = instancePrice(prices, web.instanceType, region, choices.web);
  const uncovered = reservedWeb ? instancePrice(prices, web.instanceType, region, "on-demand") : covered;
  const name = "Buddy-AutoScaling-Group";
  group(name, `${web.min} × ${web.instanceType}`, covered, HOURS_PER_MONTH * web.min, purchaseNote(choices.web));
  group(
    name,
    `${web.instanceType} beyond ${web.min}`,
    uncovered,
    mapBand(beyond, (count) => count * HOURS_PER_MONTH),
  );
  group(name, `${web.min} root volumes`, gp3, web.volumeGiB * web.min);
  group(
    name,
    `root volumes beyond ${web.min}`,
    gp3,
    mapBand(beyond, (count) => count * web.volumeGiB),
  );
  group(name, "alarms of target tracking", price("cloudwatch:alarm", "month"), TRACKING_ALARMS);

  const beside: CostLine[] = [];
  if (domain !== null) {
    const names = on("domain");
    const zone = price("route53:zone", "month");
    if (domain.zone === "create") names(domain.name, "hosted zone", zone, 1);
    else
      beside.push(
        lineOf(
          { step: "domain", object: domain.name, item: "hosted zone", note: "there before the stack, stays after it" },
          zone,
          1,
        ),
      );
    names(domain.name, "DNS queries", price("route53:queries", "million"), usage.dnsMillions);
    names(domain.name, "certificate", price("acm:public-certificate", "each"), 1);
    beside.push(
      lineOf(
        { step: "domain", object: domain.name, item: "registration of the name", note: "paid by the year" },
        price("route53:registration", "month"),
        1,
      ),
    );
  }

  const watch = on("dashboard");
  watch(
    "CPU-Per-Second",
    "dashboard",
    price("cloudwatch:dashboard", "month"),
    Math.max(0, 1 - allowance("cloudwatch:dashboard")),
  );
  watch("alarms", "alarms", price("cloudwatch:alarm", "month"), choices.alarms ?? 13);

  return {
    stack: config.stack,
    region,
    lines,
    totals: totalsOf(lines),
    beside,
    notCounted: notCounted(config, choices),
    prices: {
      collected: prices.collected,
      ...(prices.asked === undefined ? {} : { asked: prices.asked }),
      sources: prices.sources,
    },
  };
}

function instancePrice(prices: PriceTable, type: string, region: string, purchase: Purchase = "on-demand"): Price {
  const onDemand = tiersOf(prices, `ec2:${type}`, region);
  if (purchase === "on-demand") return { id: `ec2:${type}`, unit: "hour", tiers: onDemand };
  if (purchase !== "spot") {
    const id = `ec2:${type}:${purchase}-1y`;
    return { id, unit: "hour", tiers: tiersOf(prices, id, region) };
  }
  const spot = spotOf(prices, type, region);
  const tiers =
    spot === undefined
      ? []
      : onDemand.map((row) => ({
          ...row,
          usd: row.usd * (1 - spot.saving),
          source: spot.source,
          asOf: spot.asOf,
          sure: spot.sure,
        }));
  return { id: `ec2:${type}:spot`, unit: "hour", tiers };
}

function purchaseNote(purchase: Purchase = "on-demand"): string | undefined {
  if (purchase === "on-demand") return undefined;
  return purchase === "spot" ? "rough: Spot prices move all the time" : "paid for the whole year, used or not";
}

// MySQL 8.0 left standard support on 2026-07-31, and is charged for since; 8.4 has it until 2029-07-31.
// (Prices: P1 and B3 of the price table. A standby's vCPUs count like the primary's.)
function extendedSupport(
  version: string,
  instanceClass: string,
): { id: string; vcpus: number; note?: string } | undefined {
  if (!/^8\.0(\.|$)/.test(version)) return undefined;
  const vcpus = VCPUS[instanceClass];
  if (vcpus === undefined)
    return {
      id: `rds:extended-support for ${instanceClass}`,
      vcpus: 1,
      note: "charged by vCPU: the count of this class is not known here",
    };
  return { id: "rds:extended-support", vcpus, note: "years 1 and 2, since 2026-08-01; version 8.4 does not pay this" };
}

function lineOf(
  about: Pick<CostLine, "step" | "object" | "item" | "note">,
  { id, unit, tiers }: Price,
  quantity: number | Band,
): CostLine {
  const fixed = typeof quantity === "number";
  const amounts: Band = fixed ? { low: quantity, typical: quantity, high: quantity } : quantity;
  const first = tiers[0];
  const shape = {
    ...about,
    price: id,
    unit: first?.unit ?? unit,
    quantity: amounts.typical,
    kind: fixed ? "fixed" : "usage",
  } as const;
  if (first === undefined) {
    // Nothing of something unpriced is still nothing.
    const none = amounts.high === 0;
    return { ...shape, unitPrice: "unknown", monthly: none ? 0 : "unknown" };
  }
  const dollars = mapBand(amounts, (amount) => tieredCost(tiers, amount));
  return {
    ...shape,
    unitPrice: first.usd,
    monthly: dollars.typical,
    ...(fixed ? {} : { band: dollars }),
    from: { asOf: first.asOf, source: first.source, sure: first.sure },
  };
}

const NOTHING: Band = { low: 0, typical: 0, high: 0 };

/** The sums of some lines. What has no price is named, and makes the sums incomplete. */
export function totalsOf(lines: readonly CostLine[]): Totals {
  const known = (of: CostLine) => (of.monthly === "unknown" ? 0 : of.monthly);
  const fixed = lines.filter((of) => of.kind === "fixed").reduce((sum, of) => sum + known(of), 0);
  const usage = lines.reduce((sum, of) => addBands(sum, of.band ?? NOTHING), NOTHING);
  const missing = lines.filter((of) => of.monthly === "unknown");
  return {
    fixed,
    usage,
    total: mapBand(usage, (dollars) => fixed + dollars),
    unknown: namesOf(missing),
    complete: missing.length === 0,
    fixedComplete: missing.every((of) => of.kind === "usage"),
    usageComplete: missing.every((of) => of.kind === "fixed"),
  };
}

/** One text for each price that is missing, with all that needs it. */
function namesOf(missing: readonly CostLine[]): string[] {
  return [...groupBy(missing, (of) => of.price)].map(([price, lines]) => {
    const who = [...new Set(lines.map((of) => of.object))].join(", ");
    return `${lines[0]?.item ?? ""} of ${who} (${price})`;
  });
}

function notCounted({ nat, bastion, web, image, monitoring }: Config, { freeAllowances }: Choices): string[] {
  const types = [bastion.instanceType, web.instanceType, ...(nat.mode === "instance" ? [nat.instanceType] : [])];
  return [
    "tax",
    ...(types.some((type) => /^t(3|3a|4g)\./.test(type))
      ? [
          "CPU credits beyond the baseline: t3 and t4g instances run in unlimited mode unless told otherwise (no price in the table)",
        ]
      : []),
    ...(monitoring.email === null
      ? []
      : ["alarm e-mails through SNS: the first of a month are free, how many is not in the table"]),
    "the builder instance: minutes for each new image",
    ...(image.app !== null && "folder" in image.app ? ["the application's archive in S3: cents for each GB"] : []),
    ...(freeAllowances
      ? []
      : ["free shares of the account (3 dashboards, some data out): other stacks may use them up"]),
  ];
}

/** For a headline: dollars of an ordinary month. */
export interface MonthlyTotal {
  /** Null when something that is always there has no price. When `unknown` is not empty, say "at least". */
  readonly usd: number | null;
  readonly unknown: readonly string[];
}

/** The estimate in one number. */
export function monthlyTotal(
  config: Config,
  prices: PriceTable = shippedPrices,
  usage: Usage = defaultUsage,
  choices: Choices = {},
): MonthlyTotal {
  const { totals } = estimate(config, prices, usage, choices);
  return { usd: totals.fixedComplete ? roundToCents(totals.total.typical) : null, unknown: totals.unknown };
}

/**
 * What the stack has cost so far, by the estimate.
 * @param hoursSince hours that it stands; or hours by step name, where a step that is not named has cost nothing yet.
 */
export function costSoFar(
  { lines }: Pick<Estimate, "lines">,
  hoursSince: number | Readonly<Record<string, number>>,
): Totals {
  const made = lines.flatMap((line) => {
    const hours = typeof hoursSince === "number" ? hoursSince : (hoursSince[line.step] ?? 0);
    if (!(hours > 0)) return [];
    const part = hours / HOURS_PER_MONTH;
    return {
      ...line,
      quantity: line.quantity * part,
      monthly: line.monthly === "unknown" ? line.monthly : line.monthly * part,
      ...(line.band === undefined ? {} : { band: mapBand(line.band, (dollars) => dollars * part) }),
    };
  });
  return totalsOf(made);
}

export interface CostChange {
  /** Dollars a month more, or less when negative. Of what is known. */
  readonly fixed: number;
  /** The same for an ordinary month with its usage. */
  readonly typical: number;
  /** Objects that change, with dollars of an ordinary month. */
  readonly objects: readonly {
    readonly step: string;
    readonly object: string;
    readonly difference: number;
    readonly unknown: readonly string[];
  }[];
  readonly unknown: readonly string[];
  readonly complete: boolean;
}

/** What a change of the stack changes in the bill; `before` is null when nothing stands, `after` when nothing will. */
export function costChange(before: Estimate | null, after: Estimate | null): CostChange {
  const keyOf = (line: CostLine) => `${line.step}\n${line.object}`;
  // The same unpriced thing on both sides cancels out.
  const twin = (line: CostLine, others: readonly CostLine[]) =>
    line.monthly === "unknown" &&
    others.some(
      (o) =>
        o.monthly === "unknown" && o.object === line.object && o.price === line.price && o.quantity === line.quantity,
    );
  const olds = before?.lines ?? [];
  const news = after?.lines ?? [];
  const old = groupBy(
    olds.filter((line) => !twin(line, news)),
    keyOf,
  );
  const now = groupBy(
    news.filter((line) => !twin(line, olds)),
    keyOf,
  );
  const keys = [...new Set([...now.keys(), ...old.keys()])];
  const changes = keys.map((key) => {
    const was = totalsOf(old.get(key) ?? []);
    const is = totalsOf(now.get(key) ?? []);
    const [step = "", object = ""] = key.split("\n");
    return {
      step,
      object,
      fixed: is.fixed - was.fixed,
      difference: is.total.typical - was.total.typical,
      unknown: [...new Set([...is.unknown, ...was.unknown])],
    };
  });
  const unknown = [...new Set(changes.flatMap((change) => change.unknown))];
  return {
    fixed: changes.reduce((sum, { fixed }) => sum + fixed, 0),
    typical: changes.reduce((sum, { difference }) => sum + difference, 0),
    objects: changes
      .filter((change) => Math.abs(change.difference) >= 0.005 || change.unknown.length > 0)
      .map(({ step, object, difference, unknown }) => ({ step, object, difference, unknown })),
    unknown,
    complete: unknown.length === 0,
  };
}

export interface AfterDown {
  /** What the stack stops costing. */
  readonly stops: Totals;
  /** What goes on costing, month by month, until a person removes it. */
  readonly goesOn: readonly CostLine[];
}

/** What `down` stops, and what goes on: the final snapshot, recovery points, the zone and the name. */
export function afterDown(
  config: Config,
  prices: PriceTable,
  {
    finalSnapshot,
    usage = defaultUsage,
    choices = {},
  }: { readonly finalSnapshot: boolean; readonly usage?: Usage; readonly choices?: Choices },
): AfterDown {
  const { totals, beside } = estimate(config, prices, usage, choices);
  const price = (id: string): Price => ({ id, unit: "GB-month", tiers: tiersOf(prices, id, config.region) });
  const goesOn: CostLine[] = [];
  if (finalSnapshot) {
    // The free share ends with the database.
    const note = "at most: a snapshot holds the used part of the storage";
    goesOn.push(
      lineOf(
        { step: "rds", object: "database1", item: "final snapshot", note },
        price("rds:backup"),
        config.database.storageGiB,
      ),
    );
  }
  if (config.efs.backup) {
    const note = "kept by AWS Backup until they expire";
    goesOn.push(
      lineOf(
        { step: "efs", object: "Buddy-EFS", item: "recovery points", note },
        price("efs:backup"),
        usage.efsBackupGB,
      ),
    );
  }
  return { stops: totals, goesOn: [...goesOn, ...beside] };
}

/** The lines under their keys, in the order of first sight. (`Map.groupBy` is not in Node 20.) */
function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** Dollars without the noise of binary fractions. */
export function roundToCents(usd: number): number {
  return Math.round(usd * 100 + 1e-7 * Math.sign(usd)) / 100;
}
