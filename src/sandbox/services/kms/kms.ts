import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { keyFor } from "./keys.ts";
import { addKeys, aliasArn, aliasTable, type Key, keyArn, keyTable, uuid } from "./tables.ts";

const DAY_MS = 86_400_000;

const keyId = z.string().min(1).max(2048);
const aliasName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[a-zA-Z0-9:/_-]+$/);

const describe = ({ arn, description, state, usage, spec, byAws, multiRegion, createdAt, deletedAt }: Key) => ({
  AWSAccountId: arn.split(":")[4],
  KeyId: arn.split("/")[1],
  Arn: arn,
  CreationDate: new Date(createdAt),
  Enabled: state === "Enabled",
  Description: description,
  KeyUsage: usage,
  KeyState: state,
  ...(deletedAt === undefined ? {} : { DeletionDate: new Date(deletedAt) }),
  Origin: state === "PendingImport" ? "EXTERNAL" : "AWS_KMS",
  KeyManager: byAws ? "AWS" : "CUSTOMER",
  CustomerMasterKeySpec: spec,
  KeySpec: spec,
  MultiRegion: multiRegion,
  ...(usage === "ENCRYPT_DECRYPT" ? { EncryptionAlgorithms: [spec] } : {}),
});

/** A key as a change may concern it. */
function changeable(sim: Sim, name: string, ...states: readonly Key["state"][]): Key {
  const { arn, byAws } = keyFor(sim, name);
  // Its key policy lets nobody change it (developer guide, "AWS managed keys").
  if (byAws) throw awsError("AccessDeniedException", `No policy allows to change ${arn}, which AWS manages`);
  const key = keyTable(sim).get(arn) as Key;
  if (!states.includes(key.state))
    throw awsError(
      "KMSInvalidStateException",
      `${arn} is ${key.state === "PendingDeletion" ? "pending deletion" : key.state}.`,
    );
  return key;
}

function become(sim: Sim, key: Key, change: Partial<Key>): void {
  const { deletedAt: _, ...rest } = key;
  keyTable(sim).put(key.arn, { ...rest, ...change });
  sim.tell("keyChanged", key.arn);
}

export const kms: SandboxService = {
  errors: { throttled: "ThrottlingException", internal: "KMSInternalException" },
  fresh: (sim, { keys }) => addKeys(sim, keys),
  operations: {
    CreateKey: operation(
      {
        Description: z.string().max(8192).optional(),
        KeySpec: z.enum(["SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256", "HMAC_256"]).optional(),
        KeyUsage: z.enum(["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"]).optional(),
        Origin: z.enum(["AWS_KMS", "EXTERNAL"]).optional(),
        MultiRegion: z.boolean().optional(),
      },
      ({ Description = "", KeySpec = "SYMMETRIC_DEFAULT", KeyUsage = "ENCRYPT_DECRYPT", Origin, MultiRegion }, sim) => {
        const multiRegion = MultiRegion ?? false;
        const arn = keyArn(sim, multiRegion ? `mrk-${sim.hex(32)}` : uuid(sim.hex(32)));
        const key: Key = {
          arn,
          description: Description,
          state: Origin === "EXTERNAL" ? "PendingImport" : "Enabled",
          usage: KeyUsage,
          spec: KeySpec,
          multiRegion,
          createdAt: sim.now,
        };
        keyTable(sim).put(arn, key);
        return { KeyMetadata: describe(key) };
      },
    ),

    CreateAlias: operation({ AliasName: aliasName, TargetKeyId: keyId }, ({ AliasName, TargetKeyId }, sim) => {
      if (AliasName.startsWith("alias/aws/"))
        throw awsError("NotAuthorizedException", "The alias name alias/aws/ is reserved.");
      if (!AliasName.startsWith("alias/"))
        throw awsError("InvalidAliasNameException", `Invalid identifier ${AliasName}`);
      if (aliasTable(sim).get(AliasName))
        throw awsError("AlreadyExistsException", `An alias with the name ${aliasArn(sim, AliasName)} already exists`);
      const { arn } = changeable(sim, TargetKeyId, "Enabled", "Disabled", "PendingImport");
      aliasTable(sim).put(AliasName, { name: AliasName, key: arn });
      return {};
    }),

    UpdateAlias: operation({ AliasName: aliasName, TargetKeyId: keyId }, ({ AliasName, TargetKeyId }, sim) => {
      const before = keyFor(sim, AliasName);
      const { arn, usage, spec } = changeable(sim, TargetKeyId, "Enabled", "Disabled", "PendingImport");
      // "The current and new KMS key must be the same type and have the same key usage" (API reference, UpdateAlias).
      if (usage !== before.usage || (spec === "SYMMETRIC_DEFAULT") !== (before.spec === "SYMMETRIC_DEFAULT"))
        throw awsError(
          "KMSInvalidStateException",
          `Alias ${aliasArn(sim, AliasName)} cannot be moved to a key of another type or usage.`,
        );
      aliasTable(sim).put(AliasName, { name: AliasName, key: arn });
      return {};
    }),

    DeleteAlias: operation({ AliasName: aliasName }, ({ AliasName }, sim) => {
      keyFor(sim, AliasName);
      aliasTable(sim).remove(AliasName);
      return {};
    }),

    DescribeKey: operation({ KeyId: keyId }, ({ KeyId }, sim) => ({ KeyMetadata: describe(keyFor(sim, KeyId)) })),

    EnableKey: operation({ KeyId: keyId }, ({ KeyId }, sim) => {
      become(sim, changeable(sim, KeyId, "Enabled", "Disabled"), { state: "Enabled" });
      return {};
    }),
    DisableKey: operation({ KeyId: keyId }, ({ KeyId }, sim) => {
      become(sim, changeable(sim, KeyId, "Enabled", "Disabled"), { state: "Disabled" });
      return {};
    }),
    ScheduleKeyDeletion: operation(
      { KeyId: keyId, PendingWindowInDays: z.number().int().min(7).max(30).optional() },
      ({ KeyId, PendingWindowInDays = 30 }, sim) => {
        const key = changeable(sim, KeyId, "Enabled", "Disabled", "PendingImport");
        const deletedAt = sim.now + PendingWindowInDays * DAY_MS;
        become(sim, key, { state: "PendingDeletion", deletedAt });
        sim.after(PendingWindowInDays * DAY_MS, "kms:deleted", key.arn);
        return { KeyId: key.arn, DeletionDate: new Date(deletedAt), KeyState: "PendingDeletion", PendingWindowInDays };
      },
    ),
    // It is disabled then (API reference, CancelKeyDeletion).
    CancelKeyDeletion: operation({ KeyId: keyId }, ({ KeyId }, sim) => {
      const key = changeable(sim, KeyId, "PendingDeletion");
      become(sim, key, { state: "Disabled" });
      return { KeyId: key.arn };
    }),
  },
  timers: {
    deleted: (arn, sim) => {
      const key = keyTable(sim).get(arn);
      if (key?.deletedAt === undefined || key.deletedAt > sim.now) return;
      for (const alias of aliasTable(sim).all()) if (alias.key === arn) aliasTable(sim).removeNow(alias.name);
      keyTable(sim).removeNow(arn);
      sim.tell("keyChanged", arn);
    },
  },
};
