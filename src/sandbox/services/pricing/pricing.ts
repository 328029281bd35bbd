import * as z from "zod";
import { shippedPrices } from "../../../cost/prices.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import { isServiceCode, type ListedProduct, listedProducts } from "./products.ts";

const TYPES = ["TERM_MATCH", "EQUALS", "CONTAINS", "ANY_OF", "NONE_OF"] as const;

const invalid = (message: string) => awsError("InvalidParameterException", message);

interface Filter {
  readonly Type: string;
  readonly Field: string;
  readonly Value: string;
}

/** `ANY_OF` and `NONE_OF` take a list with commas. What a product does not have matches nothing. */
function passes({ product, serviceCode }: ListedProduct, { Type, Field, Value }: Filter): boolean {
  const values: Readonly<Record<string, string | undefined>> = {
    ...product.attributes,
    productFamily: product.productFamily,
    sku: product.sku,
    ServiceCode: serviceCode,
  };
  const value = values[Field];
  const listed = Value.split(",").map((one) => one.trim());
  if (Type === "NONE_OF") return value === undefined || !listed.includes(value);
  if (value === undefined) return false;
  if (Type === "CONTAINS") return value.includes(Value);
  return Type === "ANY_OF" ? listed.includes(value) : value === Value;
}

const tokenOf = (next: number): string => Buffer.from(`sandbox:${next}`).toString("base64");

function startOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const start = Number(/^sandbox:(\d+)$/.exec(Buffer.from(token, "base64").toString())?.[1] ?? Number.NaN);
  if (Number.isNaN(start))
    throw awsError(
      "InvalidNextTokenException",
      "The pagination token is invalid. Try again without a pagination token.",
    );
  return start;
}

/** AWS's price list, with the prices of the shipped table. */
export const pricing: SandboxService = {
  operations: {
    GetProducts: operation(
      {
        ServiceCode: z.string(),
        Filters: z.array(z.strictObject({ Type: z.string(), Field: z.string(), Value: z.string() })).optional(),
        FormatVersion: z.string().optional(),
        NextToken: z.string().optional(),
        MaxResults: z.number().optional(),
      },
      ({ ServiceCode, Filters = [], FormatVersion = "aws_v1", NextToken, MaxResults = 100 }) => {
        // The limits are those of the API's model; the words are near to AWS's.
        if (!isServiceCode(ServiceCode)) throw invalid("Service code is invalid");
        if (FormatVersion !== "aws_v1") throw invalid("Format version is invalid");
        if (!Number.isInteger(MaxResults) || MaxResults < 1 || MaxResults > 100)
          throw invalid("MaxResults must be from 1 to 100");
        if (Filters.length > 50) throw invalid("There are more than 50 filters");
        for (const { Type, Field, Value } of Filters)
          if (
            !TYPES.some((type) => type === Type) ||
            ![Field, Value].every(({ length }) => length > 0 && length <= 1024)
          )
            throw invalid("Filter is invalid");
        const found = listedProducts().filter(
          (one) => one.serviceCode === ServiceCode && Filters.every((filter) => passes(one, filter)),
        );
        const start = startOf(NextToken);
        const end = start + MaxResults;
        const published = {
          version: shippedPrices.collected.replaceAll("-", "").padEnd(14, "0"),
          publicationDate: `${shippedPrices.collected}T00:00:00Z`,
        };
        return {
          FormatVersion,
          PriceList: found
            .slice(start, end)
            .map(({ product, serviceCode, terms }) => JSON.stringify({ product, serviceCode, terms, ...published })),
          ...(end < found.length ? { NextToken: tokenOf(end) } : {}),
        };
      },
    ),
  },
};
