import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { arn, name, page, paging } from "./tables.ts";

/** RDS keeps events for 14 days (user guide, "Monitoring Amazon RDS events"). */
const KEPT_MS = 14 * 24 * 3_600_000;

interface Event {
  readonly databaseId: string;
  readonly message: string;
  readonly at: number;
}
const eventTable = (sim: Sim) => sim.table<Event>("rds.events");

/** Only what RDS tells nowhere else. */
export const tellEvent = (sim: Sim, databaseId: string, message: string): void =>
  eventTable(sim).putNow(sim.id("event"), { databaseId, message, at: sim.now });

export const events: SandboxService = {
  operations: {
    DescribeEvents: operation(
      { SourceType: z.literal("db-instance"), SourceIdentifier: name, StartTime: z.date(), ...paging },
      ({ SourceIdentifier, StartTime, ...rest }, sim) => {
        const from = Math.max(StartTime.getTime(), sim.now - KEPT_MS);
        const found = eventTable(sim)
          .all()
          .filter(({ databaseId, at }) => databaseId === SourceIdentifier && at >= from);
        const { items, ...next } = page(found, rest);
        return {
          Events: items.map(({ databaseId, message, at }) => ({
            SourceIdentifier: databaseId,
            SourceType: "db-instance",
            SourceArn: arn(sim, "db", databaseId),
            Message: message,
            EventCategories: ["failure"],
            Date: new Date(at),
          })),
          ...next,
        };
      },
    ),
  },
};
