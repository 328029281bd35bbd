import { BuddyError } from "../lib/errors.ts";

/** A quantity, or dollars, in a quiet, an ordinary and a busy month. */
export interface Band {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
}

/** What nobody can know before the month is over. Per month, for the whole stack. */
export interface Usage {
  /** GB sent to the internet. */
  readonly dataOutGB: Band;
  /** Load balancer capacity units, on average over the month. */
  readonly lcu: Band;
  /** GB that the web instances send and receive through NAT; only gateways charge for it. */
  readonly natGB: Band;
  /** GB between web instances and a database in the other zone, both directions added. */
  readonly crossZoneGB: Band;
  /** GB in the standard class of the file system, on average over the month. */
  readonly efsStandardGB: Band;
  /** GB in its Infrequent Access class; counted as standard when the config never moves files there. */
  readonly efsIaGB: Band;
  /** GB read from and written to Infrequent Access. */
  readonly efsIaAccessGB: Band;
  /** GB of recovery points of the file system. */
  readonly efsBackupGB: Band;
  /** GB of the image's snapshot. */
  readonly imageSnapshotGB: Band;
  /** GB of database backups beyond the free share, which is as much as the database storage. */
  readonly databaseBackupGB: Band;
  /** Million DNS queries that are charged; answers to alias records of a load balancer are not. */
  readonly dnsMillions: Band;
  /** Web instances running on average; null takes the config's min, desired and max. */
  readonly webInstances: Band | null;
}

export type UsageName = keyof Usage;

/** Why the defaults are what they are; shown with the estimate and in the docs. */
export const usageReasons: Readonly<Record<UsageName, string>> = {
  dataOutGB: "1 MB a page: 10 thousand, 100 thousand, 1 million pages a month",
  lcu: "the same pages: one unit carries 1 GB an hour or 25 new connections a second, peaks included",
  natGB: "system updates only; an hourly feed from outside; files fetched from outside",
  crossZoneGB: "a fifth of the data out is asked from a database in the other zone, both directions added",
  efsStandardGB: "static files and new uploads",
  efsIaGB: "uploads not touched for some weeks",
  efsIaAccessGB: "old uploads looked at again",
  efsBackupGB: "as much as the file system holds",
  imageSnapshotGB: "Ubuntu, Apache and Django write 3 to 4 GB of the 8 GB volume",
  databaseBackupGB: "one day of backups fits the free share; longer retention may not",
  dnsMillions: "alias answers are free; other record types are asked for little",
  webInstances: "the config: min, desired, max all month",
};

const band = (low: number, typical: number, high: number): Band => ({ low, typical, high });

export const defaultUsage: Usage = {
  dataOutGB: band(10, 100, 1000),
  lcu: band(0.05, 0.2, 2),
  natGB: band(2, 10, 100),
  crossZoneGB: band(2, 20, 200),
  efsStandardGB: band(1, 5, 50),
  efsIaGB: band(0, 5, 100),
  efsIaAccessGB: band(0, 1, 20),
  efsBackupGB: band(1, 10, 150),
  imageSnapshotGB: band(3, 4, 8),
  databaseBackupGB: band(0, 0, 20),
  dnsMillions: band(0, 0.1, 1),
  webInstances: null,
};

/**
 * The usage with what a person set: `["dataOutGB=500", "lcu=0.1:1:4"]`. One number holds for all three months.
 * @throws BuddyError "usage" on an unknown name, something that is no amount, or low > typical > high out of order.
 */
export function usageWith(settings: readonly string[], base: Usage = defaultUsage): Usage {
  const set: Partial<Record<UsageName, Band>> = {};
  for (const setting of settings) {
    const [name = "", text = ""] = setting.split("=", 2).map((part) => part.trim());
    if (!isUsageName(name)) {
      throw wrongUsage(
        `"${name}" is not something that usage is counted in.`,
        `Use one of ${Object.keys(usageReasons).join(", ")}.`,
      );
    }
    const amounts = text.split(":").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    const [low = Number.NaN, typical = low, high = typical] = amounts;
    const fits = (amounts.length === 1 || amounts.length === 3) && amounts.every((n) => Number.isFinite(n) && n >= 0);
    if (!fits || low > typical || typical > high) {
      throw wrongUsage(
        `"${setting}" is not an amount.`,
        `Write ${name}=NUMBER, or ${name}=LOW:TYPICAL:HIGH in rising order, none below 0.`,
      );
    }
    set[name] = { low, typical, high };
  }
  return { ...base, ...set };
}

const isUsageName = (name: string): name is UsageName => Object.hasOwn(usageReasons, name);

const wrongUsage = (message: string, hint: string) => new BuddyError({ code: "usage", message, hint });

/** The three months of a band, each put through the same sum. */
export function mapBand(of: Band, change: (amount: number) => number): Band {
  return { low: change(of.low), typical: change(of.typical), high: change(of.high) };
}

export function addBands(a: Band, b: Band): Band {
  return { low: a.low + b.low, typical: a.typical + b.typical, high: a.high + b.high };
}
