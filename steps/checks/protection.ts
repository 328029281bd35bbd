import type { KeyPairLive } from "../../src/aws/ec2/key-pair.ts";
import type { FileSystemLive } from "../../src/aws/efs/file-system.ts";
import { list, some } from "../../src/lib/text.ts";
import { launchKeysOf } from "../../src/verify/aws/keys.ts";
import { type InstanceMetadata, metadataOf, readVolumes, type Store } from "../../src/verify/aws/storage.ts";
import type { Check, CheckContext, CheckOutcome } from "../../src/verify/check.ts";
import type { Fact } from "../../src/verify/facts.ts";
import { type AppSecretsSaid, type PasswordSaid, scriptFor } from "../../src/verify/scripts.ts";
import { KEY_PAIR_KEY } from "../inputs.ts";
import { TEXT } from "../rds.ts";
import { secretsOf } from "../scripts/app-settings.ts";
import { databaseInterfaces, databases, instances, membersInService } from "./facts.ts";

/** Everything that keeps data. */
export const stores: Fact<readonly Store[]> = async ({ aws, config, nameOf, requireLive, read }) => {
  const [running, { encrypted }, known] = await Promise.all([
    read(instances),
    requireLive<FileSystemLive>("file-system"),
    read(databases),
  ]);
  return [
    ...(await readVolumes(aws, config.stack, running)),
    { what: `file system ${nameOf("file-system")}`, encrypted },
    ...known.map((database) => ({ what: `database ${database.id}`, encrypted: database.encrypted })),
  ];
};

/** AWS tells times to the second. */
const SECOND_MS = 1_000;

/** Of each instance that has a key pair: why that is not the stack's. */
export const machineKeys: Fact<readonly { readonly what: string; readonly trouble: string | undefined }[]> = async ({
  read,
  requireLive,
}) => {
  const [all, pair] = await Promise.all([read(instances), requireLive<KeyPairLive>(KEY_PAIR_KEY)]);
  return launchKeysOf(all).flatMap(({ what, keyName, launchedAt }) => {
    if (keyName === undefined) return [];
    if (keyName !== pair.keyName) return [{ what, trouble: `${what} has the key of ${keyName}` }];
    // EC2 copies the public key at the first boot only (user guide, "Amazon EC2 key pairs").
    const older = launchedAt + SECOND_MS < pair.createdAt;
    return [{ what, trouble: older ? `${what} has the key that ${keyName} had before` : undefined }];
  });
};

export const metadata: Fact<readonly InstanceMetadata[]> = async ({ read }) => metadataOf(await read(instances));

/**
 * AWS asks for five minutes between a parameter group and the first instance that uses it, above all for character sets (RDS API
 * reference, ModifyDBParameterGroup). `up` does not wait for them: whether it came out right is asked here.
 */
async function keepsText(context: CheckContext): Promise<CheckOutcome> {
  const { machines, token } = context;
  const [{ id }] = await membersInService(context);
  const printed = (await machines.run([id], scriptFor("database-text", token))).get(id) ?? "";
  const { characterSet, collation } = JSON.parse(printed) as { readonly [field in keyof typeof TEXT]: string };
  const ok = characterSet === TEXT.characterSet && collation === TEXT.collation;
  return {
    evidence: `new tables get ${characterSet}, ${collation}${ok ? "" : `, not ${TEXT.collation}: ALTER DATABASE sets it, best while there are no tables`}`,
    ok,
  };
}

/** What an instance says of the password in the parameter, in words; undefined: it uses it. */
function passwordTrouble(id: string, { outcome, role }: PasswordSaid): string | undefined {
  switch (outcome) {
    case "in-use":
      return undefined;
    case "gone":
      return `${id}: the parameter is gone`;
    case "stale":
      return `${id} still uses another one: it fetches it once a minute`;
    default:
      return `${id}: the ${role} does not take it (MySQL error 1045)`;
  }
}

async function isPasswordInUse(context: CheckContext): Promise<CheckOutcome> {
  const members = await membersInService(context);
  const printed = await context.machines.run(
    members.map(({ id }) => id),
    scriptFor("password", "check"),
  );
  const said = members.map(({ id }) => ({ id, ...(JSON.parse(printed.get(id) ?? "") as PasswordSaid) }));
  const troubles = said.flatMap((one) => passwordTrouble(one.id, one) ?? []);
  return {
    evidence: troubles.length === 0 ? `${list(said.map(({ id }) => id))} log in with it` : list(troubles),
    ok: troubles.length === 0,
    pending: said.some(({ outcome }) => outcome === "stale"),
  };
}

async function areSecretsCurrent(context: CheckContext): Promise<CheckOutcome> {
  const members = await membersInService(context);
  const printed = await context.machines.run(
    members.map(({ id }) => id),
    scriptFor("app-secrets", context.token),
  );
  const said = members.map(({ id }) => ({ id, ...(JSON.parse(printed.get(id) ?? "") as AppSecretsSaid) }));
  const names = secretsOf(context.config);
  const troubles = said.flatMap(({ id, current, stale, missing }) => {
    const unread = names.filter((name) => ![...current, ...stale, ...missing].includes(name));
    return [
      ...(missing.length > 0 ? [`${list(missing)} ${missing.length > 1 ? "have" : "has"} no value any more`] : []),
      ...(stale.length > 0 ? [`${id} still uses another value of ${list(stale)}: it fetches them once a minute`] : []),
      ...(unread.length > 0 ? [`${id} runs an earlier release, which does not read ${list(unread)}`] : []),
    ];
  });
  return {
    evidence:
      troubles.length === 0
        ? `${list(said.map(({ id }) => id))} use ${list(names)} as set last`
        : list([...new Set(troubles)]),
    ok: troubles.length === 0,
    pending: said.some(({ stale }) => stale.length > 0),
  };
}

/** R6: personal data protected, where it is kept. */
export const protection: readonly Check[] = [
  {
    id: "encrypted",
    requirement: "R6",
    title: "Everything that keeps data is encrypted at rest",
    method: "volumes, the images' snapshots, databases, file system",
    limits: "S3 and SSM SecureString, which AWS always encrypts",
    async run({ read }) {
      const found = await read(stores);
      const plain = found.filter(({ encrypted }) => !encrypted).map(({ what }) => what);
      return {
        evidence:
          plain.length === 0
            ? `${found.length} volumes, snapshots, databases and file systems`
            : `not encrypted: ${some(plain)}`,
        ok: found.length > 0 && plain.length === 0,
      };
    },
  },
  {
    id: "database-text",
    requirement: "R6",
    title: "The database keeps every character as it was written",
    method: `MySQL is asked for the database's character set and collation: ${TEXT.characterSet}, ${TEXT.collation}, as the parameter group says`,
    limits: "tables that were made otherwise",
    run: keepsText,
  },
  {
    id: "database-password",
    requirement: "R6",
    title: "The databases take the password that is in its parameter, and every instance uses it",
    method:
      "each instance reads the parameter and logs in to both databases with it; the password that it has for its application is the same",
    // web-database.timer fetches the settings once a minute.
    retry: { everySeconds: 10, forSeconds: 90 },
    run: isPasswordInUse,
  },
  {
    id: "app-secrets",
    requirement: "R6",
    title: "Every instance uses the secrets of the application as they were set last",
    method:
      "each instance reads them in Parameter Store and compares them with what its application has; it tells their names, never a value",
    limits: "that the application works with them",
    skip: (config) => (secretsOf(config).length === 0 ? "the application reads no secrets" : undefined),
    // Fetched once a minute, as the password, and taken by one instance after the other.
    retry: { everySeconds: 10, forSeconds: 150 },
    run: areSecretsCurrent,
  },
  {
    id: "imdsv2",
    requirement: "R6",
    title: "Every instance answers IMDSv2 only",
    method: "the metadata options of every instance in the VPC",
    async run({ read }) {
      const found = await read(metadata);
      const lax = found.filter(({ tokensRequired }) => !tokensRequired).map(({ what }) => what);
      return {
        evidence: lax.length === 0 ? `${found.length} instances` : `IMDSv1 too: ${some(lax)}`,
        ok: found.length > 0 && lax.length === 0,
      };
    },
  },
  {
    id: "ssh-key",
    requirement: "R6",
    title: "No instance lets in another key than the stack's",
    method: "the key pair of every instance in the VPC, and which of the two was there first",
    limits: "keys that somebody has put on an instance by hand",
    async run({ read }) {
      const found = await read(machineKeys);
      const troubles = found.flatMap(({ trouble }) => trouble ?? []);
      return {
        evidence: troubles.length === 0 ? `${found.length} instances have the key pair's` : some(troubles),
        ok: found.length > 0 && troubles.length === 0,
      };
    },
  },
  {
    id: "database-private",
    requirement: "R6",
    title: "No database has a public address",
    method: "public access, and the databases' interfaces",
    async run({ read }) {
      const [found, interfaces] = await Promise.all([read(databases), read(databaseInterfaces)]);
      const open = [
        ...found.filter(({ publicAccess }) => publicAccess).map(({ id }) => `${id} is publicly accessible`),
        ...interfaces
          .filter(({ publicAddresses, addresses6 }) => publicAddresses.length + addresses6.length > 0)
          .map(({ id, publicAddresses }) => `${id} has ${publicAddresses[0] ?? "an IPv6 address"}`),
      ];
      return {
        evidence: open.length === 0 ? `${list(found.map(({ id }) => id))}: private addresses only` : list(open),
        ok: found.length > 0 && open.length === 0,
      };
    },
  },
];
