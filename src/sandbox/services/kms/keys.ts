import { arnIn } from "../../../aws/partition.ts";
import { awsError } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { aliasArn, aliasTable, type Key, keyArn, keyTable, managedKeyFor } from "./tables.ts";

const notFound = (message: string) => awsError("NotFoundException", message);

const UUID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;

/** The key that a name stands for: an id, an alias, or the ARN of either. In KMS's words where there is none. */
export function keyFor(sim: Sim, name: string): Key {
  if (name.startsWith("arn:")) {
    const [, , , region = "", account = ""] = name.split(":");
    if (region !== sim.region) throw awsError("InvalidArnException", `Invalid arn ${region}`);
    // Keys that other accounts share are not simulated.
    if (account !== sim.account && !keyTable(sim).visible(name))
      throw awsError(
        "AccessDeniedException",
        `User: ${arnIn(sim.region, `iam::${sim.account}:user/sandbox`)} is not authorized to perform: kms:DescribeKey on resource: ${name} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
      );
  }
  const alias = /(?:^|:)(alias\/.+)$/.exec(name)?.[1];
  const managed = managedKeyFor(sim, alias ?? (UUID.test(name) ? keyArn(sim, name) : name));
  if (managed) return managed;
  if (alias !== undefined) {
    const found = aliasTable(sim).visible(alias);
    if (!found) throw notFound(`Alias ${aliasArn(sim, alias)} is not found.`);
    return keyFor(sim, found.key);
  }
  if (!name.startsWith("arn:") && !UUID.test(name)) throw notFound(`Invalid keyId '${name}'`);
  const arn = name.startsWith("arn:") ? name : keyArn(sim, name);
  const key = keyTable(sim).visible(arn);
  if (!key) throw notFound(`Key '${arn}' does not exist`);
  return key;
}

/** The key under that name when a service can encrypt with it; undefined: it cannot. */
export function usableKey(sim: Sim, name: string): Key | undefined {
  try {
    const found = keyFor(sim, name);
    const key = found.byAws ? found : keyTable(sim).get(found.arn);
    return key?.state === "Enabled" && key.usage === "ENCRYPT_DECRYPT" && key.spec === "SYMMETRIC_DEFAULT"
      ? key
      : undefined;
  } catch {
    return undefined;
  }
}
