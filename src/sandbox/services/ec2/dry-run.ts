import * as z from "zod";
import { awsError, type Operation } from "../../service.ts";
import type { Sim } from "../../world.ts";

/**
 * The operation with EC2's `DryRun`: all its checks, on a copy of the world. Success is an error, too (API reference,
 * "DryRunOperation"). The sandbox's caller may do everything, so that it never says `UnauthorizedOperation`.
 */
export function withDryRun({ schema, handle }: Operation): Operation {
  return {
    schema: (schema as z.ZodObject).extend({ DryRun: z.boolean().optional() }),
    handle({ DryRun, ...input }: { DryRun?: boolean }, sim: Sim) {
      if (!DryRun) return handle(input as never, sim);
      handle(input as never, sim.copy());
      throw awsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 });
    },
  };
}
