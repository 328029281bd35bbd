import { at, FREE, type ServiceProducts } from "../pricing/product.ts";

export const elbProducts: ServiceProducts = {
  inRegion(place, tiers) {
    const balancer = {
      service: ["AWSELB", "Elastic Load Balancing"],
      family: "Load Balancer-Application",
      operation: "LoadBalancing:Application",
      attributes: at(place),
    } as const;
    return [
      { ...balancer, usagetype: `${place.prefix}LoadBalancerUsage`, unit: "Hrs", tiers: tiers("alb:hour") },
      { ...balancer, usagetype: `${place.prefix}LCUUsage`, unit: "LCU-Hrs", tiers: tiers("alb:lcu") },
      {
        ...balancer,
        usagetype: `${place.prefix}Outposts-LCUUsage`,
        unit: "LCU-Hrs",
        tiers: FREE,
        attributes: { ...at(place), locationType: "AWS Outposts" },
      },
    ];
  },
};
