/** What of each sort of policy a person must know; AWS's words for it come first ("Troubleshoot access denied error messages"). */
const POLICIES: readonly { readonly named: RegExp; readonly who: string }[] = [
  {
    named: /service control policy/i,
    who: "It is the organization's, and often one that forbids regions or instance types: ask who manages AWS Organizations, or work in another region or account.",
  },
  {
    named: /resource control policy/i,
    who: "It is the organization's: ask who manages AWS Organizations.",
  },
  {
    named: /permissions boundary/i,
    who: "It limits what the user or role may be given: ask who manages IAM in this account to widen it.",
  },
  {
    named: /session policy/i,
    who: "It came with the session: log in with a role or permission set that allows it, or ask who hands the sessions out.",
  },
  {
    named: /VPC endpoint policy/i,
    who: "It is of the VPC endpoint that the call went through: ask who runs that network, or call from elsewhere.",
  },
  {
    named: /resource-based policy/i,
    who: "It is the policy of the object itself: ask who owns that.",
  },
  {
    named: /identity-based policy/i,
    who: "It is attached to the user or role, and a deny outweighs all that allows: ask who manages IAM in this account. Often it wants MFA: then use a profile with role_arn and mfa_serial, or a session of `aws sts get-session-token`.",
  },
];

const AGAIN = "Then run the same command again: it continues where it stopped.";
const ENCODED = /\s*Encoded authorization failure message: ([\w-]+)/;

/** EC2 adds a page of letters to what it denies, which only AWS can read: taken out of the error's message, and kept beside it. */
export function setEncodedApart(error: unknown): void {
  if (!(error instanceof Error)) return;
  const encoded = ENCODED.exec(error.message)?.[1];
  if (encoded === undefined) return;
  Object.assign(error, { message: error.message.replace(ENCODED, ""), encoded });
}

/** True when a policy denies it, and not for want of one that allows it. */
export const isExplicitDenial = (error: unknown): boolean =>
  /with an explicit deny/i.test((error as { readonly message?: string }).message ?? "");

/**
 * Tells a missing permission from a policy that no permission helps against; undefined is the first. AWS says which sort of
 * policy it was: "with an explicit deny in a service control policy", "because no permissions boundary allows the … action";
 * older answers say less, and EC2's hide it in an encoded message. An implicit deny by any but an identity-based policy is not
 * closed by permissions of the caller either.
 */
export function denialHint(error: unknown, cli = "aws"): string | undefined {
  const { message = "", encoded } = error as { readonly message?: string; readonly encoded?: string };
  const explicit = /with an explicit deny(?: in (?:an?|the) ([^:.]+))?/i.exec(message);
  const implicit = /because no (.+?) allows/i.exec(message);
  const kind = explicit?.[1] ?? implicit?.[1];
  const policy = kind === undefined ? undefined : POLICIES.find(({ named }) => named.test(kind));
  const decode = encoded && `\`${cli} sts decode-authorization-message --encoded-message ${encoded}\``;
  if (explicit) {
    const who = policy?.who ?? `Often it wants MFA, or forbids the region: ask who manages IAM or AWS Organizations.`;
    const which = policy || !decode ? "" : ` ${decode} says which one.`;
    return `${kind ? `${capital(article(kind))} denies` : "A policy denies"} it explicitly, and \`buddyverse policy\` does not help. ${who}${which} ${AGAIN}`;
  }
  if (policy && !/identity-based/i.test(policy.named.source))
    return `${capital(article(kind as string))} does not allow it, and \`buddyverse policy\` does not help. ${policy.who} ${AGAIN}`;
  return implicit || !decode
    ? undefined
    : `Give the caller the permissions that \`buddyverse policy\` prints, then run the same command again. If it has them, somebody else's policy denies it: ${decode} says which.`;
}

const article = (noun: string): string => `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun.trim()}`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
