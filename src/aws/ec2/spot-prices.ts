import { allPages } from "../pages.ts";
import type { PriceSource } from "../price.ts";

const HOUR_MS = 3_600_000;

// `ec2:t3.micro:spot` is the Spot price of the type whose on-demand price is `ec2:t3.micro`.
const onDemandOf = (item: string): string => item.replace(/:spot$/, "");
const typeOf = (item: string): string => onDemandOf(item).replace(/^ec2:/, "");

/** Spot is not in the price list: EC2 tells it, by zone. A price is the mean of the last one in each of the zones. */
export const spotHistory: PriceSource = {
  id: "SP",
  name: "EC2 Spot price history (ec2:DescribeSpotPriceHistory)",
  call: "ec2.describeSpotPriceHistory",

  async ask(aws, prices, { zones, now, known }) {
    // An hour back: the answer begins with what held then, and this machine's clock may be ahead.
    const StartTime = new Date(now - HOUR_MS);
    const entries = await allPages(
      (NextToken) =>
        aws.ec2.describeSpotPriceHistory({
          InstanceTypes: prices.map(({ item }) => typeOf(item) as "t3.micro"),
          ProductDescriptions: ["Linux/UNIX"],
          Filters: [{ Name: "availability-zone", Values: [...zones] }],
          StartTime,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      ({ SpotPriceHistory }) => SpotPriceHistory,
      ({ NextToken }) => NextToken,
    );
    const history = entries.map(({ InstanceType = "", AvailabilityZone = "", SpotPrice, Timestamp }) => ({
      type: InstanceType,
      zone: AvailabilityZone,
      usd: Number(SpotPrice),
      at: Timestamp?.getTime() ?? 0,
    }));
    return prices.map((price) => {
      const type = typeOf(price.item);
      const last = zones.flatMap((zone) => {
        const here = history.filter((entry) => entry.type === type && entry.zone === zone);
        return here.toSorted((a, b) => b.at - a.at)[0]?.usd ?? [];
      });
      if (last.length === 0) return { price, usd: { why: "EC2 tells no Spot price in these zones" } };
      const mean = Number((last.reduce((sum, usd) => sum + usd, 0) / last.length).toPrecision(6));
      // Above on-demand nobody would take it; 0 dollars is no price.
      const onDemand = known(onDemandOf(price.item)) ?? Number.POSITIVE_INFINITY;
      return { price, usd: mean > 0 && mean < onDemand ? mean : { why: "Spot costs no less" } };
    });
  },
};
