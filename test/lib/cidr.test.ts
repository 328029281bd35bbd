import { describe, expect, test } from "vitest";
import {
  type Cidr,
  cidr,
  cidrOf,
  contains,
  firstFree,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
} from "../../src/lib/cidr.ts";

/** Mulberry32: the same numbers on every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

describe("parsing", () => {
  test.each(["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", "-1.2.3.4", "1e1.0.0.0"])(
    "%j is no address",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );

  test.each(["1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/08", "1.2.3.4/8/8", "1.2.3/8", "::/0"])(
    "%j is no range",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
      expect(() => cidr(text)).toThrow(RangeError);
    },
  );

  test("keeps the address as written beside the network", () => {
    expect(cidr("100.68.0.18/18")).toEqual({
      address: cidr("100.68.0.18/32").first,
      first: cidr("100.68.0.0/32").first,
      last: cidr("100.68.63.255/32").first,
      prefix: 18,
    });
    expect(formatCidr(cidr("100.68.0.18/18"))).toBe("100.68.0.0/18");
  });

  test("the whole internet and the last address", () => {
    expect(cidr("0.0.0.0/0")).toEqual({ address: 0, first: 0, last: 2 ** 32 - 1, prefix: 0 });
    expect(cidr("255.255.255.255/32").first).toBe(2 ** 32 - 1);
  });
});

describe("on a thousand seeded ranges", () => {
  const random = seeded(20250101);
  // Near each other, so that many overlap.
  const ranges: readonly Cidr[] = Array.from({ length: 1000 }, () =>
    cidrOf(0xac1f0000 + random(2 ** 14), 18 + random(15)),
  );
  const pairs = ranges.map((range, i) => [range, ranges[(i * 7 + 1) % ranges.length] ?? range] as const);

  test("format, then parse, gives the same", () => {
    for (const range of ranges) {
      expect(parseAddress(formatAddress(range.address))).toBe(range.address);
      expect(cidr(formatCidr(range))).toEqual({ ...range, address: range.first });
    }
  });

  test("a range holds its address and has 2^(32-prefix) addresses", () => {
    for (const { address, first, last, prefix } of ranges) {
      expect(first <= address && address <= last).toBe(true);
      expect(last - first + 1).toBe(2 ** (32 - prefix));
      expect(first % 2 ** (32 - prefix)).toBe(0);
    }
  });

  test("two ranges overlap exactly when one contains the other, by the bits of the shorter prefix", () => {
    let overlapping = 0;
    for (const [one, other] of pairs) {
      const bits = Math.min(one.prefix, other.prefix);
      const sameBits = Math.floor(one.first / 2 ** (32 - bits)) === Math.floor(other.first / 2 ** (32 - bits));
      expect(overlaps(one, other)).toBe(sameBits);
      expect(overlaps(other, one)).toBe(sameBits);
      expect(contains(one, other) || contains(other, one)).toBe(sameBits);
      expect(contains(one, other)).toBe(sameBits && one.prefix <= other.prefix);
      if (sameBits) overlapping += 1;
    }
    expect(overlapping).toBeGreaterThan(50);
    expect(overlapping).toBeLessThan(950);
  });

  test("a single address overlaps the range whose first or last address it is, and not the neighbours", () => {
    const range = cidr("172.31.10.0/24");
    for (const inside of ["172.31.10.0/32", "172.31.10.255/32"]) {
      expect(overlaps(range, cidr(inside))).toBe(true);
      expect(overlaps(cidr(inside), range)).toBe(true);
    }
    for (const outside of ["172.31.9.255/32", "172.31.11.0/32"]) expect(overlaps(range, cidr(outside))).toBe(false);
  });

  test("firstFree gives the lowest free range, or none when all are taken", () => {
    for (let round = 0; round < 100; round++) {
      const outer = cidrOf(0xac1f0000, 20);
      const taken = Array.from({ length: random(30) }, () => cidrOf(outer.first + random(4096), 22 + random(6)));
      const prefix = 22 + random(6);
      const all = Array.from({ length: 2 ** (prefix - 20) }, (_, i) =>
        cidrOf(outer.first + i * 2 ** (32 - prefix), prefix),
      );
      const expected = all.find((candidate) => !taken.some((range) => overlaps(range, candidate)));
      const found = firstFree(outer, prefix, taken);
      expect(found && formatCidr(found)).toBe(expected && formatCidr(expected));
    }
  });

  test("firstFree gives none where the prefix is larger than the outer range", () => {
    expect(firstFree(cidr("10.0.0.0/24"), 16, [])).toBeUndefined();
  });
});
