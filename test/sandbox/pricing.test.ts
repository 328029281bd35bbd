/** AWS's Price List API, and Spot prices, as the sandbox keeps them. */
import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";

const START = Date.UTC(2026, 10, 22);
let aws: Aws;
beforeEach(async () => {
  const clock = jumpingClock(START);
  const sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 2 }), clock });
  aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
});
type Type = "TERM_MATCH" | "EQUALS" | "CONTAINS" | "ANY_OF" | "NONE_OF";
const filter = (Field: string, Value: string, Type: Type = "TERM_MATCH") => ({ Type, Field, Value });
const inSeoul = filter("regionCode", "ap-northeast-2");
const usagesOf = async (ServiceCode: string, ...Filters: ReturnType<typeof filter>[]) =>
  ((await aws.pricing.getProducts({ ServiceCode, Filters })).PriceList ?? [])
    .map((one: unknown) => JSON.parse(String(one)).product.attributes.usagetype as string)
    .toSorted();

test("a product comes as JSON in a string, with attributes, terms and AWS's own codes", async () => {
  const { FormatVersion, PriceList = [] } = await aws.pricing.getProducts({
    ServiceCode: "AmazonEC2",
    Filters: [inSeoul, filter("instanceType", "t3.micro"), filter("capacitystatus", "Used")],
  });
  expect(FormatVersion).toBe("aws_v1");
  expect(PriceList).toHaveLength(1);
  expect(typeof PriceList[0]).toBe("string");
  const { product, serviceCode, terms, version, publicationDate } = JSON.parse(String(PriceList[0]));
  expect(product.sku).toMatch(/^[A-Z0-9]{16}$/);
  expect(product).toMatchObject({
    productFamily: "Compute Instance",
    attributes: { usagetype: "APN2-BoxUsage:t3.micro", operation: "RunInstances", location: "Asia Pacific (Seoul)" },
  });
  expect([serviceCode, version, publicationDate]).toEqual(["AmazonEC2", "20261122000000", "2026-11-22T00:00:00Z"]);
  expect(terms.OnDemand[`${product.sku}.JRTCKXETXF`].priceDimensions).toEqual({
    [`${product.sku}.JRTCKXETXF.6YS6EN2CT7`]: {
      unit: "Hrs",
      beginRange: "0",
      endRange: "Inf",
      description: "$0.013 per Hrs",
      appliesTo: [],
      rateCode: `${product.sku}.JRTCKXETXF.6YS6EN2CT7`,
      pricePerUnit: { USD: "0.0130000000" },
    },
  });
  expect(terms.Reserved[`${product.sku}.4NA7Y494T4`].termAttributes).toEqual({
    LeaseContractLength: "1yr",
    OfferingClass: "standard",
    PurchaseOption: "No Upfront",
  });
});

test("filters are joined with and, of all five kinds; what a product does not have matches nothing", async () => {
  const family = filter("productFamily", "NAT Gateway");
  const all = ["APN2-NatGateway-Bytes", "APN2-NatGateway-Hours", "APN2-RegionalNatGateway-Bytes"];
  expect(await usagesOf("AmazonEC2", inSeoul, family)).toEqual(all);
  expect(await usagesOf("AmazonEC2", inSeoul, family, filter("operation", "NatGateway", "EQUALS"))).toEqual(
    all.slice(0, 2),
  );
  expect(await usagesOf("AmazonEC2", inSeoul, family, filter("usagetype", "-Hours", "CONTAINS"))).toEqual([all[1]]);
  expect(await usagesOf("AmazonEC2", inSeoul, family, filter("usagetype", all.slice(1).join(","), "ANY_OF"))).toEqual(
    all.slice(1),
  );
  expect(await usagesOf("AmazonEC2", inSeoul, family, filter("usagetype", all.slice(1).join(","), "NONE_OF"))).toEqual(
    all.slice(0, 1),
  );
  expect(await usagesOf("AmazonEC2", family, filter("regionCode", "eu-west-9"))).toEqual([]);
  expect(await usagesOf("AmazonEC2", family, filter("noSuchField", "x"))).toEqual([]);
  // us-east-1 has no prefix for the older services, and one for the younger.
  const virginia = filter("regionCode", "us-east-1");
  expect(await usagesOf("AmazonEC2", virginia, family)).toContain("NatGateway-Hours");
  expect(await usagesOf("AmazonVPC", virginia)).toContain("USE1-PublicIPv4:InUseAddress");
});

test("answers come in pages, to the end, each product once", async () => {
  const input = { ServiceCode: "AmazonRDS", Filters: [inSeoul], MaxResults: 4 };
  const whole = await aws.pricing.getProducts({ ...input, MaxResults: 100 });
  expect(whole.NextToken).toBeUndefined();
  const skuOf = (one: unknown): string => JSON.parse(String(one)).product.sku;
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await aws.pricing.getProducts({ ...input, ...(NextToken === undefined ? {} : { NextToken }) });
    expect(page.PriceList?.length).toBeLessThanOrEqual(4);
    seen.push(...(page.PriceList ?? []).map(skuOf));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(seen.length).toBeGreaterThan(8);
  expect(seen).toEqual((whole.PriceList ?? []).map(skuOf));
  expect(new Set(seen).size).toBe(seen.length);
});

test("what AWS's model refuses is refused, by AWS's names", async () => {
  const refused = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });
  const ServiceCode = "AmazonEC2";
  const invalid = "InvalidParameterException";
  await refused(aws.pricing.getProducts({ ServiceCode: "AmazonEC3" }), invalid);
  await refused(aws.pricing.getProducts({ ServiceCode, MaxResults: 101 }), invalid);
  await refused(aws.pricing.getProducts({ ServiceCode, MaxResults: 0 }), invalid);
  await refused(aws.pricing.getProducts({ ServiceCode, FormatVersion: "aws_v2" }), invalid);
  await refused(aws.pricing.getProducts({ ServiceCode, Filters: [filter("x", "y", "LIKE" as Type)] }), invalid);
  await refused(aws.pricing.getProducts({ ServiceCode, Filters: [filter("x", "")] }), invalid);
  await refused(aws.pricing.getProducts({ ServiceCode, Filters: Array(51).fill(inSeoul) }), invalid);
  await refused(aws.pricing.getProducts({ ServiceCode, NextToken: "nonsense" }), "InvalidNextTokenException");
});

test("Spot prices by zone, below on-demand, where the type is offered", async () => {
  const { SpotPriceHistory = [], NextToken } = await aws.ec2.describeSpotPriceHistory({
    InstanceTypes: ["t3.micro", "t2.micro"],
    ProductDescriptions: ["Linux/UNIX"],
    StartTime: new Date(START),
  });
  expect(NextToken).toBe("");
  const zones = (type: string) =>
    SpotPriceHistory.filter(({ InstanceType }) => InstanceType === type).map((entry) => entry.AvailabilityZone?.at(-1));
  expect([zones("t3.micro"), zones("t2.micro")]).toEqual([
    ["a", "b", "c", "d"],
    ["a", "c"],
  ]);
  // 0.013 less 71 %
  expect(SpotPriceHistory.find(({ InstanceType }) => InstanceType === "t3.micro")).toMatchObject({
    SpotPrice: "0.003770",
    ProductDescription: "Linux/UNIX",
  });
  const windows = await aws.ec2.describeSpotPriceHistory({ ProductDescriptions: ["Windows"] });
  expect(windows.SpotPriceHistory).toEqual([]);
  const filtered = await aws.ec2.describeSpotPriceHistory({
    Filters: [
      { Name: "availability-zone", Values: ["ap-northeast-2c"] },
      { Name: "instance-type", Values: ["t3.*"] },
    ],
  });
  expect(filtered.SpotPriceHistory?.map(({ InstanceType }) => InstanceType)).toEqual([
    "t3.micro",
    "t3.small",
    "t3.medium",
  ]);
});
