import { type Cidr, cidr, contains, firstFree, formatCidr, overlaps } from "../lib/cidr.ts";
import { cidrsOf } from "./allowed-cidrs.ts";
import { checkApp } from "./app-together.ts";
import { kmsKeyElsewhere } from "./kms-key.ts";
import { quote } from "./quote.ts";
import type { Unchecked } from "./shape.ts";

type Path = readonly (string | number)[];

/** True when the issue lies at, above or below the path. An unknown key beside it does no harm. */
export function touches(
  issue: { readonly code?: string | undefined; readonly path?: readonly PropertyKey[] | undefined },
  path: Path,
): boolean {
  const at = issue.path ?? [];
  if (issue.code === "unrecognized_keys") return false;
  return at.every((part, i) => i >= path.length || part === path[i]);
}

/** The checks over several keys. Each looks only at keys that are `sound`, since the others may hold anything. */
export function checkTogether(
  config: Unchecked,
  complain: (path: Path, message: string, hint?: string) => void,
  sound: (...path: (string | number)[]) => boolean,
): void {
  if (sound("region") && sound("zones")) checkZones(config, complain);
  // AWS GovCloud (US) user guide, govcloud-r53: no public hosted zones, and no alias records that lead to a load balancer.
  if (sound("region") && config.region.startsWith("us-gov-") && config.domain !== null)
    complain(
      ["domain"],
      "Route 53 has no public hosted zones in GovCloud, so that neither the certificate nor the site's records can be made",
      "use null: the site then answers by http at the load balancer's own name",
    );
  checkNetwork(config, complain, sound);
  checkApp(config, complain, sound);

  if (sound("bastion", "allowedCidrs")) {
    cidrsOf(config.bastion.allowedCidrs).forEach((range, i, all) => {
      const first = all.indexOf(range);
      if (first < i)
        complain(
          ["bastion", "allowedCidrs", i],
          `${quote(range)} stands already at bastion.allowedCidrs[${first}]`,
          "remove one of the two",
        );
    });
  }

  if (sound("database", "replica") && sound("database", "backupRetentionDays")) {
    if (config.database.replica && config.database.backupRetentionDays === 0)
      complain(
        ["database", "backupRetentionDays"],
        "a read replica needs automated backups",
        "use 1 day or more, or set database.replica to false",
      );
  }

  if (sound("database", "storageGiB") && sound("database", "maxStorageGiB")) {
    const { storageGiB, maxStorageGiB } = config.database;
    // "At least 10 % more" (user guide, "Managing capacity automatically with Amazon RDS storage autoscaling").
    const least = Math.ceil((storageGiB * 11) / 10);
    if (maxStorageGiB !== null && maxStorageGiB < least)
      complain(
        ["database", "maxStorageGiB"],
        `${maxStorageGiB} GiB is less than a tenth above database.storageGiB, which is ${storageGiB}`,
        `use ${least} or more, or null`,
      );
  }

  const inOrder = (less: "min" | "desired", more: "desired" | "max") => {
    if (!sound("web", less) || !sound("web", more) || config.web[less] <= config.web[more]) return;
    complain(
      ["web", less],
      `${config.web[less]} is more than web.${more}, which is ${config.web[more]}`,
      `web.min ≤ web.desired ≤ web.max: set web.${less} to ${config.web[more]} or less, or web.${more} to ${config.web[less]} or more`,
    );
  };
  inOrder("min", "desired");
  inOrder("desired", "max");
  inOrder("min", "max");

  for (const part of ["efs", "database"] as const) {
    const { kmsKey } = sound("region") && sound(part, "kmsKey") ? config[part] : { kmsKey: null };
    const complaint = kmsKey === null ? undefined : kmsKeyElsewhere(kmsKey, config.region);
    if (complaint) complain([part, "kmsKey"], complaint.message, complaint.hint);
  }

  if (sound("tags")) {
    const keys = Object.keys(config.tags);
    // AWS allows 50 on a resource; the tool's own and the service's need room.
    if (keys.length > 40) complain(["tags"], `there are ${keys.length} tags`, "use 40 at most");
    // IAM, unlike the others, takes "Team" and "team" for one key.
    keys.forEach((key, i) => {
      const same = keys.slice(0, i).find((other) => other.toLowerCase() === key.toLowerCase());
      if (same !== undefined)
        complain(["tags", key], `differs from ${quote(same)} only in case, which IAM refuses`, "remove one of the two");
    });
  }
}

function checkZones(
  { region, zones }: Unchecked,
  complain: (path: Path, message: string, hint?: string) => void,
): void {
  zones?.forEach((zone, i) => {
    const first = zones.indexOf(zone);
    if (!new RegExp(`^${region}[a-z]$`).test(zone)) {
      const letter =
        /^[a-z]{2,4}(?:-[a-z]+){1,2}-\d{1,2}([a-z])$/.exec(zone)?.[1] ?? (/^[a-z]$/.test(zone) ? zone : "a");
      complain(
        ["zones", i],
        `${quote(zone)} is not a zone of ${region}`,
        `such as "${region}${letter}"; or change region`,
      );
    } else if (first < i) {
      complain(["zones", i], `${quote(zone)} stands already at zones[${first}]`, "name two or three different zones");
    }
  });
}

const TIERS = ["public", "web", "db"] as const;

function checkNetwork(
  { network, ...config }: Unchecked,
  complain: (path: Path, message: string, hint?: string) => void,
  sound: (...path: (string | number)[]) => boolean,
): void {
  const vpc = sound("network", "cidr") ? cidr(network.cidr) : undefined;
  const ranges: { readonly path: ["network", (typeof TIERS)[number], number]; readonly range: Cidr }[] = [];
  for (const tier of TIERS) {
    // The list itself must be one; a wrong range in it concerns only itself.
    if (!sound("network", tier, -1)) continue;
    network[tier].forEach((range, i) => {
      if (sound("network", tier, i)) ranges.push({ path: ["network", tier, i], range: cidr(range) });
    });
  }
  const taken = ranges.map(({ range }) => range);
  /** Each range is proposed once, so that a person may take all the proposals. */
  const free = (prefix: number) => {
    if (vpc === undefined) return "use a free range inside network.cidr";
    const range = firstFree(vpc, prefix, taken);
    if (range === undefined) return `network.cidr has no room left for another /${prefix}: use smaller ranges`;
    taken.push(range);
    return `${formatCidr(range)} is free`;
  };

  const zones = sound("zones") ? (config.zones?.length ?? 2) : undefined;
  for (const tier of TIERS) {
    if (!sound("network", tier, -1) || zones === undefined) continue;
    const count = network[tier].length;
    if (count === zones) continue;
    const prefix = ranges.find(({ path }) => path[1] === tier)?.range.prefix ?? 24;
    complain(
      ["network", tier],
      `there are ${zones} zones, but ${count} ${count === 1 ? "range" : "ranges"}`,
      count > zones ? "give one per zone" : `give one per zone; ${free(prefix)}`,
    );
  }

  ranges.forEach(({ path, range }, i) => {
    if (vpc !== undefined && !contains(vpc, range))
      complain(path, `${formatCidr(range)} is outside the VPC, network.cidr ${formatCidr(vpc)}`, free(range.prefix));
    for (const other of ranges.slice(0, i)) {
      if (overlaps(other.range, range))
        complain(
          path,
          `${formatCidr(range)} overlaps network.${other.path[1]}[${other.path[2]}], ${formatCidr(other.range)}`,
          free(range.prefix),
        );
    }
  });
}
