import { createHash } from "node:crypto";
import { arnIn } from "../../../aws/partition.ts";
import type { Sim } from "../../world.ts";

export interface Key {
  readonly arn: string;
  readonly description: string;
  readonly state: "Enabled" | "Disabled" | "PendingDeletion" | "PendingImport";
  readonly usage: string;
  readonly spec: string;
  /** AWS's own, for a service of its own. */
  readonly byAws?: true;
  readonly multiRegion: boolean;
  readonly createdAt: number;
  /** When it is deleted; absent: nobody has asked for that. */
  readonly deletedAt?: number;
}
/** A name, and the ARN of the key that it stands for. */
export interface Alias {
  readonly name: string;
  readonly key: string;
}

/** By its ARN. */
export const keyTable = (sim: Sim) => sim.table<Key>("kms.keys");
/** By its name, "alias/…". */
export const aliasTable = (sim: Sim) => sim.table<Alias>("kms.aliases");

export const keyArn = ({ region, account }: Sim, id: string): string =>
  arnIn(region, `kms:${region}:${account}:key/${id}`);
export const aliasArn = ({ region, account }: Sim, name: string): string =>
  arnIn(region, `kms:${region}:${account}:${name}`);

export const uuid = (digits: string): string =>
  [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join("-");

const NEW = {
  description: "",
  state: "Enabled",
  usage: "ENCRYPT_DECRYPT",
  spec: "SYMMETRIC_DEFAULT",
  multiRegion: false,
} as const;

/** The services that have a key of AWS's own here. */
const MANAGED = ["elasticfilesystem", "rds"] as const;

/** The ARN of AWS's key for a service ("aws/rds"). Neither is it drawn nor kept: what else is in a world does not depend on it. */
export const managedKey = (sim: Sim, service: (typeof MANAGED)[number]): string =>
  keyArn(sim, uuid(createHash("sha256").update(`${sim.account} ${sim.region} ${service}`).digest("hex")));

/** AWS's own key under that alias or ARN; they are there as soon as somebody asks for them (API reference, DescribeKey). */
export function managedKeyFor(sim: Sim, name: string): Key | undefined {
  const service = MANAGED.find((one) => name === `alias/aws/${one}` || name === managedKey(sim, one));
  return service && { ...NEW, arn: managedKey(sim, service), byAws: true, createdAt: 0 };
}

/** A key that is there without a call, and its alias. Answers its ARN. */
function putKey(sim: Sim, arn: string, alias: string | undefined, more: Partial<Key> = {}): string {
  keyTable(sim).putNow(arn, { ...NEW, arn, createdAt: sim.now, ...more });
  if (alias !== undefined) aliasTable(sim).putNow(alias, { name: alias, key: arn });
  return arn;
}

/** The keys that a config names are there: what a person has seen to before. */
export function addKeys(sim: Sim, names: readonly string[]): void {
  for (const name of new Set(names)) {
    if (name.includes(":key/")) putKey(sim, name, undefined, { multiRegion: name.includes(":key/mrk-") });
    else {
      const digits = createHash("sha256").update(name).digest("hex");
      putKey(sim, keyArn(sim, uuid(digits)), name.replace(/^arn:.*:/, ""));
    }
  }
}
