import { appSecretPath } from "../../aws/ssm/app-secret.ts";
import type { AppSecretsSaid } from "../../verify/scripts.ts";
import { noWayOut } from "../services/ec2/reach.ts";
import type { Instance } from "../services/ec2/tables.ts";
import { profileAllows } from "../services/iam/iam.ts";
import { parameterShown, parameterValueAt } from "../services/ssm/parameters.ts";
import type { Sim } from "../world.ts";
import type { Outcome } from "./commands.ts";
import { fetchedAt, parameterPathOf } from "./database-client.ts";
import { releaseDocument } from "./documents.ts";
import { parameterArn } from "./guest.ts";
import { documentOf, settingOf } from "./scripts.ts";

/** boto3's, as the script asks for it: three attempts of five seconds. */
const CONNECT_MS = 15_000;

/** Parameters that the application of a web instance reads. */
export function secretParameters(instance: Instance): readonly string[] {
  const path = appSecretPath(settingOf(instance, "BUDDYVERSE_STACK"));
  return documentOf(instance, "APP_ENV", releaseDocument).secrets.map((name) => `${path}${name}`);
}

/** What app-secrets.py does and says: the names of what the instance has fetched, and of what has changed since. */
export function playAppSecrets(sim: Sim, instance: Instance): Outcome {
  if (parameterPathOf(instance) === undefined)
    return { code: 1, err: "FileNotFoundError: [Errno 2] No such file or directory: '/etc/buddyverse.env'\n" };
  const names = secretParameters(instance);
  if (names.length > 0 && noWayOut(sim, instance))
    return { code: 1, err: "Parameter Store: ConnectTimeoutError\n", ms: CONNECT_MS };
  if (!names.every((name) => profileAllows(sim, instance.profileArn, "ssm:GetParameters", parameterArn(sim, name))))
    return { code: 1, err: "Parameter Store: ClientError\n" };
  const at = fetchedAt(sim, instance);
  const standing = (name: string): keyof AppSecretsSaid => {
    const stored = parameterShown(sim, name);
    if (stored === undefined) return "missing";
    return stored === parameterValueAt(sim, name, at) ? "current" : "stale";
  };
  const said: AppSecretsSaid = { current: [], stale: [], missing: [] };
  for (const name of names) said[standing(name)].push(name.slice(name.lastIndexOf("/") + 1));
  return { code: 0, out: `${JSON.stringify(said)}\n` };
}
