import { plain } from "../style.ts";
import { joined, type Look } from "./look.ts";
import { outputsView } from "./outputs.ts";

interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly versioning: boolean;
  readonly publicAccessBlocked: boolean;
  readonly encryption: string;
  readonly tlsOnly: boolean;
}

/** How a bucket keeps what is in it, a line for each. */
export function bucketView({ versioning, publicAccessBlocked, encryption, tlsOnly }: Bucket, look: Look = {}): string {
  const { style = plain } = look;
  const line = (good: boolean, yes: string, no: string) =>
    good ? `  ${style.green("ok")}  ${yes}` : `  ${style.yellow("!")}   ${no}`;
  return joined([
    line(versioning, "versioning is on: each state that was can be had back", "versioning is off"),
    line(publicAccessBlocked, "public access is blocked", "public access is not blocked"),
    line(true, `what is written is encrypted (${encryption})`, ""),
    line(tlsOnly, "only requests by TLS are answered", "requests without TLS are answered"),
  ]);
}

/** Where a state is, what it says of itself, who holds the stack. */
export function stateView(
  found: {
    readonly place: string;
    readonly found: boolean;
    readonly stack?: string;
    readonly account?: string;
    readonly region?: string;
    readonly lineage?: string;
    readonly serial?: number;
    readonly writtenBy?: string | null;
    readonly objects?: number;
    readonly bucket?: Bucket;
    /** Who holds it; undefined: nobody. */
    readonly lock: string | undefined;
  },
  look: Look = {},
): string {
  const { lock, bucket } = found;
  const rows = outputsView(
    {
      State: found.found ? found.place : `none at ${found.place}: \`buddyverse up\` begins one`,
      Stack: found.stack && `${found.stack}, account ${found.account}, ${found.region}`,
      Objects: found.objects,
      Version: found.serial === undefined ? undefined : `${found.serial} of ${found.lineage}`,
      "Written by": found.writtenBy ? `buddyverse ${found.writtenBy}` : undefined,
      Lock: lock ?? "free",
    },
    look,
  );
  return bucket ? joined([rows, "", `Bucket ${bucket.name}, ${bucket.region}:`, bucketView(bucket, look)]) : rows;
}
