/** IPv4 ranges. Pure arithmetic, no AWS. */

/** A range of addresses, as numbers from 0 to 2³²−1. */
export interface Cidr {
  /** The address as it was written, host bits included. */
  readonly address: number;
  /** The network address. */
  readonly first: number;
  readonly last: number;
  /** Length of the prefix in bits, 0 to 32. */
  readonly prefix: number;
}

/** `172.31.0.1` as a number; undefined for anything that is not four plain decimal octets. */
export function parseAddress(text: string): number | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let address = 0;
  for (const octet of octets) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    address = address * 256 + Number(octet);
  }
  return address;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** The range with this prefix that holds the address. */
export function cidrOf(address: number, prefix: number): Cidr {
  const size = 2 ** (32 - prefix);
  const first = Math.floor(address / size) * size;
  return { address, first, last: first + size - 1, prefix };
}

/** Undefined when the text is not `a.b.c.d/n`. Host bits are allowed: compare `address` with `first`. */
export function parseCidr(text: string): Cidr | undefined {
  const [left = "", right = "", ...rest] = text.split("/");
  const address = parseAddress(left);
  if (address === undefined || rest.length > 0 || !/^(\d|[12]\d|3[0-2])$/.test(right)) return undefined;
  return cidrOf(address, Number(right));
}

/** As `parseCidr`, but throws a RangeError. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new RangeError(`${text} is not an IPv4 range such as 172.31.0.0/16`);
  return parsed;
}

/** In canonical form: the network address, no host bits. */
export function formatCidr({ first, prefix }: Cidr): string {
  return `${formatAddress(first)}/${prefix}`;
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(one: Cidr, other: Cidr): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** The lowest range of this prefix within `outer` that overlaps none of `taken`; undefined when there is none. */
export function firstFree(outer: Cidr, prefix: number, taken: readonly Cidr[]): Cidr | undefined {
  let candidate = cidrOf(outer.first, prefix);
  while (contains(outer, candidate)) {
    const inTheWay = taken.find((range) => overlaps(range, candidate));
    if (inTheWay === undefined) return candidate;
    candidate = cidrOf(Math.max(inTheWay.last, candidate.last) + 1, prefix);
  }
  return undefined;
}
