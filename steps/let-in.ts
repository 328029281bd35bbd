import type { AllowedCidr } from "../src/config/allowed-cidrs.ts";

/** A range from which ssh to the bastions is let in. */
export interface LetIn {
  readonly cidr: string;
  /** Whose it is, as the config says it. */
  readonly name?: string;
  /** Whose address "my-ip" was there, as AWS calls them ("user/alice"); none: the config names the range itself. */
  readonly callers: readonly string[];
}
/** What is known of a rule that was applied. */
export interface AppliedRule {
  readonly cidr?: string;
  readonly description: string;
}

export const MY_IP = "my-ip";

const SSH = "Buddy-SSH";
const OF = ` ${MY_IP} of `;
const AND = " and ";
/** Characters of a rule's description that EC2 takes, and the most of them (API reference, IpRange). */
const REFUSED = /[^A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]/g;
const MOST = 255;

/** Who a caller is, by the ARN: its last part, which holds a role's session, too. */
export const callerName = (arn: string): string => arn.split(":").slice(5).join(":").replace(REFUSED, "_");

/** The description of the rule of a range: it is how the next run knows whose address it is, whatever becomes of the state. */
export const descriptionOf = ({ name, callers }: LetIn): string =>
  callers.length === 0 ? (name ?? SSH) : `${SSH}${OF}${callers.join(AND)}`.slice(0, MOST);

const callersIn = (description: string): readonly string[] =>
  description.startsWith(`${SSH}${OF}`) ? description.slice(SSH.length + OF.length).split(AND) : [];

/**
 * Who is let in: the ranges that the config names; with "my-ip" among them, the caller's address of now in place of its address
 * of before, and those of all other callers, which nobody but themselves changes. Without "my-ip" only what is named stays.
 * @param mine the caller and its address; undefined: nobody's address changes.
 */
export function letIn(
  given: readonly AllowedCidr[],
  before: readonly AppliedRule[],
  mine: { readonly caller: string; readonly cidr: string } | undefined,
): readonly LetIn[] {
  const named = rangesIn(given).filter(({ cidr }) => cidr !== MY_IP);
  if (named.length === given.length) return named;
  const ranges = new Set(named.map(({ cidr }) => cidr));
  const all = new Map<string, readonly string[]>();
  const add = (cidr: string, callers: readonly string[]) => {
    const there = all.get(cidr);
    // What the config names needs nobody's word.
    if (callers.length > 0 && !ranges.has(cidr)) all.set(cidr, [...new Set([...(there ?? []), ...callers])]);
  };
  for (const { cidr, description } of before)
    if (cidr !== undefined)
      add(
        cidr,
        callersIn(description).filter((caller) => caller !== mine?.caller),
      );
  if (mine) add(mine.cidr, [mine.caller]);
  return [...named, ...[...all].map(([cidr, callers]) => ({ cidr, callers }))];
}

/** What the config says, "my-ip" as it stands there. */
export const rangesIn = (given: readonly AllowedCidr[]): readonly LetIn[] =>
  given.map((one) => (typeof one === "string" ? { cidr: one, callers: [] } : { ...one, callers: [] }));
