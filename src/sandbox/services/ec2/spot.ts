import * as z from "zod";
import { instanceTypeOf, spotHour } from "../../../aws/ec2/prices.ts";
import { itemsIn, tiersOf } from "../../../cost/price-table.ts";
import { shippedPrices } from "../../../cost/prices.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import { instanceTypeFacts, offeredIn, zonesOf } from "./offerings.ts";
import { filters, page, passes } from "./shared.ts";

const HOUR_MS = 3_600_000;

/** Spot prices that stand still: AWS's Spot Instance Advisor of the shipped price table, the same in each zone. */
export const spot: SandboxService = {
  operations: {
    DescribeSpotPriceHistory: operation(
      {
        InstanceTypes: z.array(z.string()).optional(),
        ProductDescriptions: z.array(z.string()).optional(),
        Filters: filters,
        StartTime: z.date().optional(),
        EndTime: z.date().optional(),
        MaxResults: z.number().int().min(1).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        if (input.StartTime && input.EndTime && input.StartTime > input.EndTime)
          throw awsError("InvalidParameterValue", "The start time must not be after the end time");
        // Each price holds since the hour before the time that is asked for.
        const Timestamp = new Date((input.StartTime?.getTime() ?? sim.now) - HOUR_MS);
        const product = "Linux/UNIX";
        const entries = itemsIn(shippedPrices, sim.region)
          .flatMap((item) => instanceTypeOf(item) ?? [])
          .filter((type) => !input.InstanceTypes || input.InstanceTypes.includes(type))
          .filter(() => !input.ProductDescriptions || input.ProductDescriptions.includes(product))
          .flatMap((InstanceType) => {
            const usd = tiersOf(shippedPrices, spotHour(InstanceType).item, sim.region)[0]?.usd;
            if (usd === undefined) return [];
            const SpotPrice = usd.toFixed(6);
            return zonesOf(sim)
              .filter((zone) => !instanceTypeFacts(InstanceType) || offeredIn(InstanceType, zone))
              .map((AvailabilityZone) => ({
                AvailabilityZone,
                InstanceType,
                ProductDescription: product,
                SpotPrice,
                Timestamp,
              }));
          })
          .filter((entry) =>
            passes(sim, entry.InstanceType, input.Filters, {
              "availability-zone": [entry.AvailabilityZone],
              "instance-type": [entry.InstanceType],
              "product-description": [entry.ProductDescription],
              "spot-price": [entry.SpotPrice],
              timestamp: [entry.Timestamp.toISOString()],
            }),
          );
        const { items, NextToken } = page(entries, input);
        return { SpotPriceHistory: items, NextToken: NextToken ?? "" };
      },
    ),
  },
};
