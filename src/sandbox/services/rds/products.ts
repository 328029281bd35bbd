import { instanceClassOf } from "../../../aws/rds/prices.ts";
import { at, type ListedAs, type Place, type ServiceProducts, type TiersOf } from "../pricing/product.ts";

const RDS = ["AmazonRDS", "Amazon Relational Database Service"] as const;
const DEPLOYMENTS = ["Single-AZ", "Multi-AZ"] as const;

const instances = (place: Place, instanceClass: string, tiers: TiersOf): readonly ListedAs[] =>
  DEPLOYMENTS.map((deploymentOption) => {
    const item = `rds:${instanceClass}:${deploymentOption.toLowerCase()}`;
    return {
      service: RDS,
      family: "Database Instance",
      usagetype: `${place.prefix}${deploymentOption === "Multi-AZ" ? "Multi-AZUsage" : "InstanceUsage"}:${instanceClass}`,
      operation: "CreateDBInstance:0002",
      unit: "Hrs",
      tiers: tiers(item),
      attributes: {
        ...at(place),
        instanceType: instanceClass,
        databaseEngine: "MySQL",
        engineCode: "2",
        deploymentOption,
        licenseModel: "No license required",
      },
      reserved: { standard: tiers(`${item}:reserved-1y`)[0]?.usd },
    };
  });

// The price is the same for all open engines, each with its own product.
const ofEngine = (place: Place, databaseEngine: string, tiers: TiersOf): readonly ListedAs[] => [
  ...DEPLOYMENTS.map(
    (deploymentOption): ListedAs => ({
      service: RDS,
      family: "Database Storage",
      usagetype: `${place.prefix}RDS:${deploymentOption === "Multi-AZ" ? "Multi-AZ-" : ""}GP3-Storage`,
      unit: "GB-Mo",
      tiers: tiers(`rds:gp3:${deploymentOption.toLowerCase()}`),
      attributes: { ...at(place), databaseEngine, deploymentOption, volumeType: "General Purpose-GP3" },
    }),
  ),
  {
    service: RDS,
    family: "Storage Snapshot",
    usagetype: `${place.prefix}RDS:ChargedBackupUsage`,
    unit: "GB-Mo",
    tiers: tiers("rds:backup"),
    attributes: { ...at(place), databaseEngine },
  },
  ...["t3", "t4g"].map(
    (family): ListedAs => ({
      service: RDS,
      family: "CPU Credits",
      usagetype: `${place.prefix}CPUCredits:db.${family}`,
      unit: "vCPU-Hours",
      tiers: tiers(`rds:cpu-credits:${family}`),
      attributes: { ...at(place), databaseEngine },
    }),
  ),
];

const extendedSupport = (place: Place, tiers: TiersOf): ListedAs => ({
  service: RDS,
  usagetype: `${place.prefix}ExtendedSupport:Yr1-Yr2:MySQL8.0`,
  operation: "CreateDBInstance:0002",
  unit: "vCPU-hour",
  tiers: tiers("rds:extended-support"),
  attributes: {
    ...at(place),
    databaseEngine: "MySQL",
    engineMajorVersion: "8.0",
    extendedSupportPricingYear: "Year 1, Year 2",
  },
});

export const rdsProducts: ServiceProducts = {
  inRegion: (place, tiers, items) => [
    ...items.flatMap((item) => instanceClassOf(item) ?? []).flatMap((type) => instances(place, type, tiers)),
    ...["MySQL", "PostgreSQL"].flatMap((engine) => ofEngine(place, engine, tiers)),
    extendedSupport(place, tiers),
  ],
};
