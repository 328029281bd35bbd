import * as z from "zod";
import { type Cidr, cidr, cidrOf, formatCidr, overlaps, parseAddress, parseCidr } from "../lib/cidr.ts";
import { quote } from "./quote.ts";
import { type Complaint, text } from "./values.ts";

export const CIDR_FOR_EDITORS = String.raw`\d+\.\d+\.\d+\.\d+/\d+`;

/** Lengths of prefixes: what is allowed, and what a person most likely means who wrote none. */
interface Sizes {
  readonly largest: number;
  readonly smallest: number;
  readonly usual: number;
}

type RangeCheck = (range: Cidr) => Complaint | undefined;

/** A canonical IPv4 range: AWS would rewrite another one, and then it would differ from the config for ever. */
function cidrText(sizes: Sizes, also?: RangeCheck) {
  return text((value) => cidrComplaint(value, sizes, also), { pattern: `^${CIDR_FOR_EDITORS}$` });
}

export function cidrComplaint(
  value: string,
  { largest, smallest, usual }: Sizes,
  also?: RangeCheck,
): Complaint | undefined {
  const sized = (address: number, prefix: number) => formatCidr(cidrOf(address, prefix));
  const range = parseCidr(value);
  if (range === undefined) {
    if (value.includes(":"))
      return { message: `${quote(value)} is IPv6`, hint: "the stack is IPv4: give an IPv4 range" };
    const address = parseAddress(value);
    let hint = address === undefined ? "such as 172.31.10.0/24" : `write ${sized(address, usual)}`;
    if (address === 0) hint = "write 0.0.0.0/0 only if you mean the whole internet";
    return { message: `${quote(value)} is not an IPv4 range`, hint };
  }
  const { first, prefix } = range;
  if (range.address !== first)
    return { message: `${value} has bits set after its first ${prefix}`, hint: `write ${formatCidr(range)}` };
  if (prefix < largest)
    return { message: `${value} is too large`, hint: `/${largest} is the largest, such as ${sized(first, largest)}` };
  if (prefix > smallest)
    return {
      message: `${value} is too small`,
      hint: `/${smallest} is the smallest, such as ${sized(first, smallest)}`,
    };
  return also?.(range);
}

/** Ranges in which no host can live (RFC 6890). */
const NOT_FOR_HOSTS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].map(cidr);

export const vpcCidr = () =>
  cidrText({ largest: 16, smallest: 28, usual: 16 }, (range) =>
    NOT_FOR_HOSTS.some((reserved) => overlaps(reserved, range))
      ? {
          message: `${formatCidr(range)} is reserved, no host can live in it`,
          hint: "use a private range, such as 172.31.0.0/16 or 10.0.0.0/16",
        }
      : undefined,
  );

export function subnets(smallest: number, what: string, defaults: string[]) {
  const error = "must be a list [ … ] of two or three IPv4 ranges, one per zone";
  return z
    .array(cidrText({ largest: 16, smallest, usual: 24 }), { error })
    .default(defaults)
    .describe(
      `IPv4 ranges of the ${what}, one per zone, in the order of the zones: /16 to /${smallest}, inside network.cidr.`,
    );
}
