import type { SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { replicasOf } from "./instances.ts";
import { stoppedReplication } from "./replication.ts";
import { type Database, databaseTable, endpointOf, type Restorable } from "./tables.ts";

/** A statement reaches a replica after a moment, or when it follows again. */
const REPLICATED_MS = 3_000;
const FOLLOWS_AGAIN_MS = 5_000;

/** Who logs in with this as the master user gets in: MySQL tries both passwords. Databases of older sandboxes know none. */
export const accepts = ({ password, secondPassword }: Database, given: string): boolean =>
  password === undefined || given === password || given === secondPassword;

/**
 * What a statement does to the master user's passwords (MySQL 8 reference manual, "Dual Password Support"; its own test,
 * mysql-test/suite/auth_sec/include/multiple_passwords.inc). Without RETAIN the second password stays as it is.
 */
export type AlterUser =
  | { readonly identifiedBy: string; readonly retainCurrent?: boolean }
  | { readonly discardOld: true };

type Passwords = { readonly [P in "password" | "secondPassword"]?: Restorable[P] | undefined };
const passwordsOf = ({ password, secondPassword }: Passwords): Pick<Restorable, keyof Passwords> => ({
  ...(password === undefined ? {} : { password }),
  ...(secondPassword === undefined ? {} : { secondPassword }),
});
/** So many former ones are kept. */
const FORMER = 10;

/** A database with the passwords that it had at that time: they are in a table of it. */
export function withPasswordsAt(database: Database, at: number): Database {
  const { password: _first, secondPassword: _second, ...rest } = database;
  return { ...rest, ...passwordsOf(database.formerPasswords?.find(({ until }) => at < until) ?? database) };
}

function setPasswords(sim: Sim, id: string, passwords: Passwords): void {
  const { password, secondPassword, formerPasswords = [], ...rest } = databaseTable(sim).get(id) as Database;
  const before = password === undefined ? [] : [{ ...passwordsOf({ secondPassword }), password, until: sim.now }];
  databaseTable(sim).putNow(id, {
    ...rest,
    ...passwordsOf(passwords),
    formerPasswords: [...formerPasswords, ...before].slice(-FORMER),
  });
}

/** Carries out a statement on a database that takes writes; its replicas get it later. */
export function alterUser(sim: Sim, id: string, statement: AlterUser): void {
  const { password, secondPassword } = databaseTable(sim).get(id) as Database;
  if ("discardOld" in statement) setPasswords(sim, id, { password });
  else
    setPasswords(sim, id, {
      password: statement.identifiedBy,
      secondPassword: statement.retainCurrent ? password : secondPassword,
    });
  for (const replica of replicasOf(sim, id)) sim.after(REPLICATED_MS, "rds:replicate-user", replica);
}

/** How long a replica at that endpoint takes to have what its source was told just now; undefined: it does not follow. */
export function replicatedIn(sim: Sim, endpoint: string): number | undefined {
  const replica = databaseTable(sim)
    .all()
    .find((database) => endpointOf(database) === endpoint);
  return replica?.source && !stoppedReplication(sim, replica) ? REPLICATED_MS : undefined;
}

export const passwords: SandboxService = {
  operations: {},
  timers: {
    // MySQL keeps its users in a table, which is replicated.
    "replicate-user"(id, sim) {
      const replica = databaseTable(sim).get(id);
      const source = replica?.source && databaseTable(sim).get(replica.source);
      if (!replica || !source) return;
      if (stoppedReplication(sim, replica)) return void sim.after(FOLLOWS_AGAIN_MS, "rds:replicate-user", id);
      setPasswords(sim, id, source);
    },
  },
};
