import * as z from "zod";
import type { InstanceLive } from "../aws/rds/read-instances.ts";
import type { Stack } from "../engine/stack.ts";
import { readScalingGroup } from "../verify/aws/scaling.ts";
import { CheckFailed } from "../verify/check.ts";
import type { Machines } from "../verify/machines.ts";
import { scriptFor } from "../verify/scripts.ts";

const side = z.union([
  z.strictObject({ error: z.number() }),
  z.strictObject({
    version: z.string(),
    tables: z.number(),
    rows: z.array(z.tuple([z.string(), z.number(), z.boolean()])),
  }),
]);
const answer = z.strictObject({ running: side, restored: side });

/** What a database holds, as a client counts it; or MySQL's error number where it does not answer. */
export type Contents =
  | { readonly error: number }
  | {
      readonly version: string;
      /** How many there are; the largest of them are counted. */
      readonly tables: number;
      /** Rows by table. `exact` false: MySQL's estimate, as counting took too long. */
      readonly rows: ReadonlyMap<string, { readonly count: number; readonly exact: boolean }>;
    };

export interface Compared {
  readonly running: Contents;
  readonly restored: Contents;
}

const contentsOf = (found: z.infer<typeof side>): Contents =>
  "error" in found
    ? found
    : { ...found, rows: new Map(found.rows.map(([name, count, exact]) => [name, { count, exact }])) };

/** Asks a web instance to count what is in both. Answers why, where none could be asked. */
export async function compareContents(
  { graph, run }: Pick<Stack, "graph" | "run">,
  machines: Machines,
  online: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
  { endpoint }: Pick<InstanceLive, "endpoint">,
): Promise<Compared | { readonly unseen: string }> {
  const group = graph.nodes.get("auto-scaling-group")?.name ?? "";
  let why = "no web instance is in service and reached by Systems Manager";
  try {
    const { instances } = await readScalingGroup(run.aws, group, (subnetId) => subnetId);
    const ids = instances.filter(({ inService }) => inService).map(({ id }) => id);
    const reached = ids.length > 0 ? await online(ids) : new Set<string>();
    for (const id of ids.filter((one) => reached.has(one))) {
      try {
        const script = scriptFor("database-contents", "restore", endpoint.split(":")[0]);
        const parsed = answer.safeParse(JSON.parse((await machines.run([id], script)).get(id) ?? ""));
        if (!parsed.success) throw new CheckFailed("database-contents: its answer has another shape");
        return { running: contentsOf(parsed.data.running), restored: contentsOf(parsed.data.restored) };
      } catch (error) {
        if (run.signal.aborted) throw error;
        why = error instanceof Error ? error.message : String(error);
      }
    }
  } catch (error) {
    if (run.signal.aborted) throw error;
    why = error instanceof Error ? error.message : String(error);
  }
  return { unseen: why };
}
