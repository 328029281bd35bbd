import type { Aws } from "../aws/aws.ts";
import type { Residual } from "../aws/residual.ts";
import { eachService } from "../aws/services.ts";
import type { Snapshot } from "../engine/snapshot.ts";

export interface ResidualCosts {
  readonly found: readonly Residual[];
  /** What could not be looked at, and why. */
  readonly unseen: readonly string[];
}

/**
 * What of a stack that was taken down still costs, and is of none of the types that `down` removes: copies of data, which it
 * never deletes, and what somebody left or made with the stack's tags. Only reads. (The stack makes no log groups; its
 * parameters, images, their snapshots and addresses are types, which `down` removes and looks for again.)
 * @param before how the stack stood when `down` began.
 */
export async function residualCosts(aws: Aws, stack: string, { entries }: Snapshot): Promise<ResidualCosts> {
  const unseen: string[] = [];
  const found = await Promise.all(
    eachService.flatMap(({ residuals = [] }) =>
      residuals.map(async ({ what, read }) => {
        try {
          return await read(aws, stack, entries);
        } catch (error) {
          unseen.push(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
          return [];
        }
      }),
    ),
  );
  return { found: found.flat(), unseen };
}
