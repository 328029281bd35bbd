import type { SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { usableKey } from "../kms/keys.ts";
import { managedKey } from "../kms/tables.ts";
import { type Database, databaseTable, fault, type Restorable } from "./tables.ts";

/** "This change could be immediate, or deferred" (user guide, "AWS KMS key management"): how long it is deferred is chosen. */
const NOTICED_MS = 30 * 60_000;
/** re:Post, knowledge-center/rds-aurora-inaccessible-state. */
const RECOVERABLE_MS = 7 * 24 * 3_600_000;

const LOST = "inaccessible-encryption-credentials";
const RECOVERABLE = `${LOST}-recoverable`;

/** The ARN of a key that RDS can use. In its words where it cannot (awslabs/aurora-snapshot-tool#29). */
export function keyOf(sim: Sim, name: string): string {
  const key = usableKey(sim, name);
  if (!key)
    throw fault(
      "KMSKeyNotAccessibleFault",
      "KMSKeyNotAccessibleFault",
      `The specified KMS key [${name}] does not exist, is not enabled or you do not have permissions to access it.`,
    );
  return key.arn;
}

/** As answers show it: by its ARN, whatever name it was given by. */
export const keyShown = (sim: Sim, { encrypted, kmsKey }: Pick<Restorable, "encrypted" | "kmsKey">) =>
  encrypted ? { KmsKeyId: kmsKey ?? managedKey(sim, "rds") } : {};

const hasKey = (sim: Sim, { kmsKey }: Database): boolean =>
  kmsKey === undefined || usableKey(sim, kmsKey) !== undefined;

/** It was without its key, and has it again: a start brings it back. */
export const canStart = (sim: Sim, database: Database): boolean =>
  database.status === RECOVERABLE && hasKey(sim, database);

const become = (sim: Sim, database: Database, status: string) =>
  databaseTable(sim).putNow(database.id, { ...database, status });

/** What becomes of instances whose key cannot be used any more. */
export const encryption: Partial<SandboxService> = {
  hooks: {
    keyChanged(arn, sim) {
      for (const { id, kmsKey } of databaseTable(sim).all())
        if (kmsKey === arn) sim.after(NOTICED_MS, "rds:key-missed", id);
    },
  },
  timers: {
    "key-missed": (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (!database || hasKey(sim, database) || database.status === "deleting" || database.status.startsWith(LOST))
        return;
      become(sim, database, RECOVERABLE);
      sim.after(RECOVERABLE_MS, "rds:key-lost", id);
    },
    "key-lost": (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (database?.status === RECOVERABLE) become(sim, database, LOST);
    },
  },
};
