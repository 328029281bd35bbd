import * as z from "zod";
import type { Stack } from "../engine/stack.ts";
import { readScalingGroup } from "../verify/aws/scaling.ts";
import { CheckFailed } from "../verify/check.ts";
import type { Machines } from "../verify/machines.ts";
import { scriptFor } from "../verify/scripts.ts";

const refused = z.strictObject({ error: z.number() });
const answer = z.strictObject({
  primary: z.union([refused, z.strictObject({})]),
  replica: z
    .union([
      refused,
      z.strictObject({
        readOnly: z.boolean(),
        follows: z.boolean().optional(),
        behindSeconds: z.number().nullable().optional(),
        caughtUp: z.boolean().optional(),
        position: z.string().optional(),
      }),
    ])
    .nullable(),
  endpoint: z.string().nullable(),
});

/** What MySQL itself says, as a web instance reaches it. */
export interface Replication {
  /** MySQL's error number where it does not answer. */
  readonly primaryError: number | undefined;
  readonly replicaError: number | undefined;
  /** Where the instance takes the replica to be; undefined: it was told of none. */
  readonly replicaEndpoint: string | undefined;
  /** It takes no writes. */
  readonly readOnly: boolean | undefined;
  /** It gets and does what its source sends. */
  readonly follows: boolean;
  /** Undefined: it follows nobody, or does not know. */
  readonly behindSeconds: number | undefined;
  /** All that it was sent is done, up to this position of its source. */
  readonly caughtUp: string | undefined;
}

/** The web instances of the stack, seen through Run Command. */
export interface WebInstances {
  /** @param endpoint the replica's. Answers why, where none could be asked */
  replication(endpoint: string): Promise<Replication | { readonly unseen: string }>;
  /** All that can be reached fetch the database's settings now. Answers how many did. */
  fetchSettings(): Promise<number>;
}

/** The web instances in service that Run Command reaches. */
export async function reachedInstances(
  { graph, run }: Pick<Stack, "graph" | "run">,
  online: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<readonly string[]> {
  const name = graph.nodes.get("auto-scaling-group")?.name ?? "";
  const { instances } = await readScalingGroup(run.aws, name, (subnetId) => subnetId).catch((error: unknown) => {
    // The group is not there.
    if (error instanceof CheckFailed) return { instances: [] };
    throw error;
  });
  const ids = instances.filter(({ inService }) => inService).map(({ id }) => id);
  const known = ids.length > 0 ? await online(ids) : new Set<string>();
  return ids.filter((id) => known.has(id));
}

export function webInstances(
  stack: Pick<Stack, "graph" | "run">,
  machines: Machines,
  online: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): WebInstances {
  const { run } = stack;
  const reached = () => reachedInstances(stack, online);
  const script = (name: "database-replication" | "database-settings") => scriptFor(name, "failover");
  return {
    async replication(endpoint) {
      let why = "no web instance is in service and reached by Systems Manager";
      for (const id of await reached()) {
        try {
          const asked = async () => read((await machines.run([id], script("database-replication"))).get(id) ?? "");
          const seen = await asked();
          if (seen.replicaEndpoint === endpoint) return seen;
          // Instances fetch another address once a minute.
          await machines.run([id], script("database-settings"));
          const again = await asked();
          if (again.replicaEndpoint === endpoint) return again;
          why = `${id} takes ${again.replicaEndpoint ?? "no database"} to be the replica, not ${endpoint}`;
        } catch (error) {
          if (run.signal.aborted) throw error;
          why = error instanceof Error ? error.message : String(error);
        }
      }
      return { unseen: why };
    },
    async fetchSettings() {
      const ids = await reached();
      const done = await Promise.allSettled(ids.map((id) => machines.run([id], script("database-settings"))));
      return done.filter(({ status }) => status === "fulfilled").length;
    },
  };
}

function read(text: string): Replication {
  const parsed = answer.safeParse(JSON.parse(text));
  if (!parsed.success) throw new CheckFailed("database-replication: its answer has another shape");
  const { primary, replica } = parsed.data;
  const told = replica && !("error" in replica) ? replica : undefined;
  return {
    primaryError: "error" in primary ? primary.error : undefined,
    replicaError: replica && "error" in replica ? replica.error : undefined,
    replicaEndpoint: parsed.data.endpoint ?? undefined,
    readOnly: told?.readOnly,
    follows: told?.follows ?? false,
    behindSeconds: told?.behindSeconds ?? undefined,
    caughtUp: told?.caughtUp ? told.position : undefined,
  };
}
