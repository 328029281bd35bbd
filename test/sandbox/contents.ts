/** A world as a whole, whatever AWS's reads show of it: for "as it was before" and "nothing is left". */
import type { World } from "../../src/sandbox/world.ts";

/** Rows that AWS still shows for a while of what is gone. */
const GONE = new Set(["terminated", "shutting-down", "deleted", "deleting"]);

/** What a run leaves of no account: names that may not be used again at once, what the group did, tags by id. */
const NOT_OBJECTS = new Set([
  "ec2.tags",
  "ssm.deleted",
  "ssm.agents",
  "ssm.commands",
  "route53.references",
  "autoScaling.activities",
  // Those stay with the account.
  "iam.linkedRoles",
  "autoScaling.refreshes",
  // What is in databases and snapshots, and what instances have written to their log groups: a stream each, also those that went.
  "rds.contents",
  "logs.streams",
  // Those that RDS makes and removes by itself.
  "rds.automatedSnapshots",
  // What AWS Backup knows of its work, and what it does by itself.
  "backup.jobs",
  "backup.restores",
  "backup.daily",
  // Counted apart: copies of files stay on purpose, and with them the vault. EFS's own vault stays with the account.
  "backup.points",
  "backup.vaults",
  // Counted apart: a final snapshot stays on purpose.
  "rds.snapshots",
]);

/** How many live objects there are of each kind, and of each key of the stack; all of a kind that carries none. */
export function census({ tables }: World): Record<string, number> {
  const counts: Record<string, number> = {};
  const tagged = tables["ec2.tags"] ?? {};
  for (const [kind, rows] of Object.entries(tables)) {
    if (NOT_OBJECTS.has(kind)) continue;
    for (const [id, { row }] of Object.entries(rows)) {
      if (row === null) continue;
      const { state, status, tags } = row as { state?: unknown; status?: unknown; tags?: Record<string, string> };
      if (GONE.has(String(state)) || GONE.has(String(status))) continue;
      const key = (tags ?? (tagged[id]?.row as { tags?: Record<string, string> } | undefined)?.tags)?.[
        "buddyverse:key"
      ];
      const name = key === undefined ? kind : `${kind} ${key}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return counts;
}

/** As a record is: its id is its name, whatever it says. ACM's validation records stay on purpose. */
function recordText(id: string, row: object): string[] {
  const text = JSON.stringify(row);
  return text.includes(".acm-validations.aws") ? [] : [`${id} ${text}`];
}

/** What is in the account, by id: for "as it was before". The final snapshot of the database stays on purpose. */
export function contents({ tables }: World): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(tables)
      .filter(([kind]) => !NOT_OBJECTS.has(kind))
      .map(([kind, rows]): [string, string[]] => [
        kind,
        Object.entries(rows)
          .flatMap(([id, { row }]) => (row === null ? [] : kind === "route53.records" ? recordText(id, row) : [id]))
          .sort(),
      ])
      .filter(([, ids]) => ids.length > 0)
      .sort(),
  );
}

/** What is in a world, to the last property. */
export const rowsIn = ({ tables }: World): readonly string[] =>
  Object.entries(tables)
    .flatMap(([table, rows]) =>
      Object.entries(rows).flatMap(([id, { row }]) => (row === null ? [] : [`${table} ${id} ${JSON.stringify(row)}`])),
    )
    .sort();
