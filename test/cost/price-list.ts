/** Elements of a `PriceList` in the shape in which AWS sends them, made by hand. */

export interface Dimension {
  readonly unit: string;
  readonly price: Readonly<Record<string, string>>;
  readonly begin?: string;
  readonly end?: string;
}

export interface Reserved {
  readonly length?: string;
  readonly offering?: string;
  readonly option?: string;
  readonly usd: string;
}

/** One product as AWS's API sends it: JSON in a string. */
export function element(of: {
  readonly family?: string;
  readonly usagetype: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly dimensions?: readonly Dimension[];
  readonly reserved?: readonly Reserved[];
}): string {
  const sku = "HZC9FAP4F9Y8JW67";
  const dimensions = of.dimensions ?? [];
  return JSON.stringify({
    product: {
      ...(of.family === undefined ? {} : { productFamily: of.family }),
      attributes: { ...of.attributes, usagetype: of.usagetype, locationType: "AWS Region" },
      sku,
    },
    serviceCode: "AmazonEC2",
    terms: {
      OnDemand: {
        [`${sku}.JRTCKXETXF`]: {
          priceDimensions: Object.fromEntries(
            dimensions.map(({ unit, price, begin = "0", end = "Inf" }, i) => [
              `${sku}.JRTCKXETXF.${i}`,
              {
                unit,
                endRange: end,
                description: `$${price.USD} per ${unit}`,
                appliesTo: [],
                rateCode: `${sku}.JRTCKXETXF.${i}`,
                beginRange: begin,
                pricePerUnit: price,
              },
            ]),
          ),
          sku,
          effectiveDate: "2026-11-01T00:00:00Z",
          offerTermCode: "JRTCKXETXF",
          termAttributes: {},
        },
      },
      ...(of.reserved === undefined
        ? {}
        : {
            Reserved: Object.fromEntries(
              of.reserved.map(({ length = "1yr", offering = "standard", option = "No Upfront", usd }, i) => [
                `${sku}.R${i}`,
                {
                  priceDimensions: {
                    [`${sku}.R${i}.6YS6EN2CT7`]: {
                      unit: "Hrs",
                      endRange: "Inf",
                      description: "Linux/UNIX (Amazon VPC), reserved instance applied",
                      appliesTo: [],
                      rateCode: `${sku}.R${i}.6YS6EN2CT7`,
                      beginRange: "0",
                      pricePerUnit: { USD: usd },
                    },
                    // What is paid at once is a dimension of its own.
                    ...(option === "No Upfront"
                      ? {}
                      : {
                          [`${sku}.R${i}.2TG2D8R56U`]: {
                            unit: "Quantity",
                            description: "Upfront Fee",
                            appliesTo: [],
                            rateCode: `${sku}.R${i}.2TG2D8R56U`,
                            pricePerUnit: { USD: "67" },
                          },
                        }),
                  },
                  sku,
                  effectiveDate: "2026-11-01T00:00:00Z",
                  offerTermCode: `R${i}`,
                  termAttributes: { LeaseContractLength: length, OfferingClass: offering, PurchaseOption: option },
                },
              ]),
            ),
          }),
    },
    version: "20261118190543",
    publicationDate: "2026-11-18T19:05:43Z",
  });
}

export const dollars = (usd: string) => ({ USD: usd });

/** A product with one price. */
export const flat = (
  usagetype: string,
  unit: string,
  usd: string,
  attributes: Readonly<Record<string, string>> = {},
): string => element({ usagetype, attributes, dimensions: [{ unit, price: dollars(usd) }] });
