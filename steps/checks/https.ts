import type { Config } from "../../src/config/schema.ts";
import { list } from "../../src/lib/text.ts";
import type { Check, CheckContext, CheckOutcome } from "../../src/verify/check.ts";
import type { Handshake } from "../../src/verify/site.ts";
import { siteNames } from "./facts.ts";

/** ACM renews 60 days before the end; with so few left it has failed to. */
const LEAST_DAYS = 21;
const DAY_MS = 86_400_000;
const OLD_VERSIONS: readonly string[] = ["TLSv1", "TLSv1.1"];

async function isRedirected({ config, site, token }: CheckContext): Promise<CheckOutcome> {
  const path = `/a/path?token=${token}`;
  const answers = await Promise.all(
    siteNames(config).map(async (name) => {
      const { status, headers } = await site.get(`http://${name}${path}`);
      const location = (headers.location ?? "").replace(/^(https:\/\/[^/:]+):443\//, "$1/");
      return { name, status, location, ok: status === 301 && location === `https://${name}${path}` };
    }),
  );
  return {
    evidence: answers
      .map(({ name, status, location, ok }) => {
        if (ok) return `${name}: 301, host and path kept`;
        return `${name}: ${status}${location ? ` to ${location}` : ", no redirect"}`;
      })
      .join("; "),
    ok: answers.every(({ ok }) => ok),
  };
}

async function isCertified({ config, site, now }: CheckContext): Promise<CheckOutcome> {
  const found = await Promise.all(
    siteNames(config).map(async (name) => ({ name, shown: await site.handshake(name, "TLSv1.2", "TLSv1.3") })),
  );
  const daysLeft = ({ validTo }: Handshake) => Math.floor((validTo - now()) / DAY_MS);
  return {
    evidence: found
      .map(({ name, shown }) => {
        if (!shown) return `${name}: no TLS connection`;
        return `${name}: ${shown.problem ?? `chain and name are right, by ${shown.issuer}`}, ${daysLeft(shown)} days left`;
      })
      .join("; "),
    ok: found.every(({ shown }) => shown !== undefined && shown.problem === undefined && daysLeft(shown) >= LEAST_DAYS),
  };
}

async function isModern({ config, site }: CheckContext): Promise<CheckOutcome> {
  const [name = ""] = siteNames(config);
  const versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
  const handshakes = await Promise.all(versions.map((version) => site.handshake(name, version, version)));
  const spoken = versions.filter((_version, index) => handshakes[index] !== undefined);
  const old = spoken.filter((version) => OLD_VERSIONS.includes(version));
  return {
    evidence: `${name} speaks ${list(spoken)}${old.length > 0 ? `: ${list(old)} should be refused` : ", refuses what is older"}`,
    ok: old.length === 0 && spoken.length > 0,
  };
}

const skip = ({ domain }: Config): string | undefined =>
  domain === null ? "the config names no domain: the site is plain http" : undefined;

/** R6: what visitors send and get is encrypted. */
export const https: readonly Check[] = [
  {
    id: "redirect",
    requirement: "R6",
    title: "http is sent to https with 301, host and path kept",
    method: "`http://NAME/a/path?…` of each name, by the public DNS",
    skip,
    run: isRedirected,
  },
  {
    id: "certificate",
    requirement: "R6",
    title: `The certificate's chain and names are right, and it is good for ${LEAST_DAYS} days at least`,
    method: "the certificate of each name",
    skip,
    run: isCertified,
  },
  {
    id: "tls-versions",
    requirement: "R6",
    title: "TLS below 1.2 is refused",
    method: "a handshake with each version alone",
    limits: "single ciphers",
    skip,
    run: isModern,
  },
];
