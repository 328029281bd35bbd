import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { fault, page, paging } from "./tables.ts";

/* Who is told of a database's events. Nothing is sent here. */

interface Subscription {
  readonly name: string;
  readonly topicArn: string;
  readonly sourceType: string | null;
  readonly sourceIds: readonly string[];
}
const table = (sim: Sim) => sim.table<Subscription>("rds.eventSubscriptions");

export const subscriptions: SandboxService = {
  operations: {
    CreateEventSubscription: operation(
      {
        SubscriptionName: z.string().max(254),
        SnsTopicArn: z.string(),
        SourceType: z.string().optional(),
        SourceIds: z.array(z.string()).optional(),
        Enabled: z.boolean().optional(),
      },
      (input, sim) => {
        const name = input.SubscriptionName.toLowerCase();
        if (table(sim).get(name))
          throw fault(
            "SubscriptionAlreadyExistFault",
            "SubscriptionAlreadyExist",
            `Subscription ${name} already exists.`,
          );
        // "If SourceIds are supplied, SourceType must also be provided" (API reference).
        if (input.SourceIds && input.SourceType === undefined)
          throw fault(
            "InvalidParameterCombination",
            "InvalidParameterCombination",
            "SourceType must be provided with SourceIds.",
          );
        table(sim).put(name, {
          name,
          topicArn: input.SnsTopicArn,
          sourceType: input.SourceType ?? null,
          sourceIds: input.SourceIds ?? [],
        });
        return { EventSubscription: { CustSubscriptionId: name } };
      },
    ),
    DescribeEventSubscriptions: operation({ SubscriptionName: z.string().optional(), ...paging }, (input, sim) => {
      const { items, Marker } = page(table(sim).allVisible(), input);
      return {
        EventSubscriptionsList: items.map((one) => ({
          CustSubscriptionId: one.name,
          SnsTopicArn: one.topicArn,
          Status: "active",
          Enabled: true,
          ...(one.sourceType === null ? {} : { SourceType: one.sourceType }),
          SourceIdsList: one.sourceIds,
        })),
        Marker,
      };
    }),
    DeleteEventSubscription: operation({ SubscriptionName: z.string() }, ({ SubscriptionName }, sim) => {
      const name = SubscriptionName.toLowerCase();
      if (!table(sim).get(name))
        throw fault("SubscriptionNotFoundFault", "SubscriptionNotFound", `Subscription ${name} does not exist.`, 404);
      table(sim).remove(name);
      return { EventSubscription: { CustSubscriptionId: name } };
    }),
  },
};
