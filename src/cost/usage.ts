import { eachService } from "../aws/services.ts";
import type { Assumption } from "../engine/charge.ts";
import type { Band } from "../lib/band.ts";
import { BuddyError } from "../lib/errors.ts";

/** What a person set, by the names of the assumptions; what is not set is assumed. Per month, for the whole stack. */
export type Usage = Readonly<Record<string, Band>>;

/** All that the services assume, by name. */
export const assumptions: ReadonlyMap<string, Assumption> = new Map(
  eachService.flatMap(({ prices }) => (prices?.usage ?? []).map((one) => [one.name, one])),
);

/** What is counted for an assumption. @param own what the object itself says of it. */
export function usedOf(usage: Usage, { name, assumed }: Assumption, own?: Band): Band {
  const counted = usage[name] ?? own ?? assumed;
  if (isBand(counted)) return counted;
  throw new BuddyError({ code: "internal", message: `nothing says how much ${name} is` });
}

const isBand = (of: Assumption["assumed"]): of is Band => typeof of.typical === "number";

/**
 * The usage that a person sets: `["dataOutGB=500", "lcu=0.1:1:4"]`. One number holds for all three months.
 * @throws BuddyError "usage" on an unknown name, something that is no amount, or low > typical > high out of order.
 */
export function usageWith(settings: readonly string[]): Usage {
  const set: Record<string, Band> = {};
  for (const setting of settings) {
    const [name = "", text = ""] = setting.split("=", 2).map((part) => part.trim());
    if (!assumptions.has(name)) {
      throw wrongUsage(
        `"${name}" is not something that usage is counted in.`,
        `Use one of ${[...assumptions.keys()].join(", ")}.`,
      );
    }
    const amounts = text.split(":").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    const [low = Number.NaN, typical = low, high = typical] = amounts;
    const fits = (amounts.length === 1 || amounts.length === 3) && amounts.every((n) => Number.isFinite(n) && n >= 0);
    if (!fits || low > typical || typical > high) {
      throw wrongUsage(
        `"${setting}" is not an amount.`,
        `Write ${name}=NUMBER, or ${name}=LOW:TYPICAL:HIGH in rising order, none below 0.`,
      );
    }
    set[name] = { low, typical, high };
  }
  return set;
}

const wrongUsage = (message: string, hint: string) => new BuddyError({ code: "usage", message, hint });
