import { createHash } from "node:crypto";
import fc from "fast-check";
import { type AllowedCidr, cidrsOf } from "../../src/config/allowed-cidrs.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { rangesIn } from "../../steps/let-in.ts";
import { INPUTS } from "./stage.ts";

/** Keys of the config that are the same in both, each with where its change is tried, or why there is none. */
export const HELD: Readonly<Record<string, string>> = {
  stack: "another stack: refused as the state is another's (test/cli/commands.test.ts)",
  region: "another stack's place: refused as the state is another's (test/cli/commands.test.ts)",
  state: "where the state lies, which is no object of the stack's: test/state",
};

const KMS_KEY = "alias/data";
/** What is in the account whatever the config says. */
export const IN_ACCOUNT = { domain: "buddyverse.link", keys: [KMS_KEY] } as const;
/** The name whose zone is the stack's own: who has it waits for the registrar. */
const OWN_ZONE = "own.example.com";

const LETTERS = ["a", "b", "c"] as const;
type Letter = (typeof LETTERS)[number];
interface Place {
  readonly zones: readonly Letter[];
  /** Which of the three sets of ranges each zone has: its own, but where it has those of one that it takes the place of. */
  readonly ranges: readonly number[];
  readonly network: number;
  /** By tier: other ranges than the first. */
  readonly moved: { readonly public: boolean; readonly web: boolean; readonly db: boolean };
}
const NETWORKS = ["172.31", "10.20"];

function placed({ zones, ranges, network, moved }: Place) {
  const tier = (first: number, other: boolean) =>
    ranges.map((set) => `${NETWORKS[network]}.${set * 10 + first + (other ? 100 : 0)}.0/24`);
  return {
    zones: zones.map((letter) => `ap-northeast-2${letter}`),
    network: {
      cidr: `${NETWORKS[network]}.0.0/16`,
      public: tier(10, moved.public),
      web: tier(11, moved.web),
      db: tier(12, moved.db),
    },
  };
}

const ofZones = (zones: readonly Letter[]): Place => ({
  zones,
  ranges: zones.map((letter) => LETTERS.indexOf(letter)),
  network: 0,
  moved: { public: false, web: false, db: false },
});
const place = fc.shuffledSubarray([...LETTERS], { minLength: 2 }).map(ofZones);
const SAME = (from: Place): Place => from;

/** What becomes of the zones and their ranges: often nothing. */
const move = fc.oneof(
  { weight: 5, arbitrary: fc.constant(SAME) },
  {
    weight: 2,
    arbitrary: fc.shuffledSubarray([...LETTERS], { minLength: 2 }).map((zones) => ({ moved }: Place) => ({
      ...ofZones(zones),
      moved,
    })),
  },
  // A zone takes the place of another one, with its ranges.
  {
    weight: 1,
    arbitrary: fc.nat(2).map((index) => (from: Place): Place => {
      const free = LETTERS.find((letter) => !from.zones.includes(letter));
      const at = index % from.zones.length;
      return free === undefined ? from : { ...from, zones: from.zones.map((zone, i) => (i === at ? free : zone)) };
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("public" as const, "public" as const, "web" as const, "db" as const).map(
      (tier) =>
        (from: Place): Place => ({ ...from, moved: { ...from.moved, [tier]: !from.moved[tier] } }),
    ),
  },
  { weight: 1, arbitrary: fc.constant((from: Place): Place => ({ ...from, network: 1 - from.network })) },
);

const web = fc
  .record({
    min: fc.integer({ min: 1, max: 3 }),
    more: fc.integer({ min: 1, max: 3 }),
    cpuTarget: fc.constantFrom(40, 60),
    instanceType: fc.constantFrom("t3.micro", "t3.small"),
    volumeGiB: fc.constantFrom(8, 20),
    stickinessSeconds: fc.constantFrom(0, 600),
    healthCheckPath: fc.constantFrom("/", "/health.json"),
  })
  .map(({ more, ...rest }) => ({ ...rest, desired: rest.min, max: rest.min + more }));

const rarely = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const GIT = "https://example.com/site.git";
const image = fc.record({
  base: rarely<string>("ubuntu-22.04", "ubuntu-24.04"),
  app: rarely<null | { git: string; revision: string } | { folder: string }>(
    null,
    { git: GIT, revision: "v1" },
    { git: GIT, revision: "v2" },
    { folder: "./one" },
    { folder: "./two" },
  ),
  keep: fc.constantFrom(1, 3),
});
const app = fc.record({
  directory: rarely<string | null>(null, "backend"),
  settings: rarely<string | null>(null, "config.settings"),
  wsgi: rarely<string | null>(null, "config.wsgi"),
  requirements: rarely<string | null>(null, "requirements/production.txt"),
  packages: rarely<string[]>([], ["libxml2"]),
  env: rarely<Record<string, string>>({}, { LANGUAGE: "ko" }, { LANGUAGE: "de", DEBUG: "0" }),
  secrets: rarely<string[]>([], ["JWT_KEY"], ["JWT_KEY", "STRIPE_KEY"]),
  release: rarely<string | null>(null, "", "python manage.py migrate --plan"),
  healthCheckPath: rarely<string | null>(null, "/health.json"),
});

const domain = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      name: rarely(IN_ACCOUNT.domain as string, `play.${IN_ACCOUNT.domain}`),
      www: fc.boolean(),
      zone: fc.constant("existing" as const),
      takeOver: rarely(false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      name: fc.constant(OWN_ZONE),
      www: fc.boolean(),
      zone: fc.constant("create" as const),
      takeOver: fc.constant(false),
    }),
  },
  { weight: 2, arbitrary: fc.constant(null) },
);

const database = fc.record({
  engineVersion: rarely("8.4", "8.0", "8.4.7"),
  instanceClass: fc.constantFrom("db.t3.micro", "db.t3.small"),
  apply: rarely<"now" | "window">("now", "window"),
  backupRetentionDays: fc.constantFrom(1, 7),
  replica: fc.boolean(),
  deletionProtection: fc.boolean(),
});

const config = fc.record({
  web,
  bastion: fc.record({
    instanceType: fc.constantFrom("t3.micro", "t3.small"),
    allowedCidrs: fc.constantFrom<AllowedCidr[]>(
      ["203.0.113.10/32"],
      ["203.0.113.10/32", { name: "office", cidr: "198.51.100.0/24" }],
      ["198.51.100.0/24"],
    ),
    publicKeyFile: rarely<string | null>(null, "other.pub"),
  }),
  nat: fc.record({
    mode: fc.constantFrom("instance" as const, "gateway" as const),
    instanceType: fc.constantFrom("t3.micro", "t3.small"),
  }),
  efs: fc.record({ transitionToIaDays: fc.constantFrom(null, 7, 30), backup: fc.boolean() }),
  image,
  app,
  cpuCredits: rarely<"standard" | "unlimited" | null>(null, "standard", "unlimited"),
  tags: fc.dictionary(fc.constantFrom("team", "cost"), fc.constantFrom("one", "other")),
  domain,
  monitoring: fc.record({ email: fc.constantFrom(null, "ops@example.com", "on-call@example.com") }),
  database,
});

/** Of both configs what goes only one way, or hardly ever changes. */
const lasting = fc.record({
  from: place,
  move,
  storageGiB: fc.constantFrom<number>(20, 40),
  growth: fc.constantFrom(0, 30),
  most: fc.constantFrom(null, 100, 200),
  moreMost: fc.constantFrom(null, 100, 200),
  keyed: fc.constantFrom(null, KMS_KEY),
  rekeyed: rarely<"neither" | "database" | "efs">("neither", "database", "efs"),
  changes: fc.subarray(["image", "app", "engineVersion"] as const),
});

const otherKey = (key: string | null) => (key === null ? KMS_KEY : null);

/** Any two configs of one stack, the second a change of the first that somebody may write. */
export const pair = fc.record({ a: config, b: config, lasting }).map(({ a, b, lasting }) => {
  const { from, move, storageGiB, growth, most, moreMost, keyed, rekeyed, changes } = lasting;
  const key = (part: "database" | "efs") => (rekeyed === part ? otherKey(keyed) : keyed);
  const kept = <K extends "image" | "app">(part: K) => (changes.includes(part) ? b : a)[part];
  return {
    a: {
      ...a,
      ...placed(from),
      efs: { ...a.efs, kmsKey: keyed },
      database: { ...a.database, storageGiB, maxStorageGiB: most, kmsKey: keyed },
    },
    b: {
      ...b,
      ...placed(move(from)),
      image: kept("image"),
      app: kept("app"),
      efs: { ...b.efs, kmsKey: key("efs") },
      database: {
        ...b.database,
        engineVersion: (changes.includes("engineVersion") ? b : a).database.engineVersion,
        storageGiB: storageGiB + growth,
        maxStorageGiB: moreMost,
        kmsKey: key("database"),
      },
    },
  };
});
export type Pair = typeof pair extends fc.Arbitrary<infer T> ? T : never;
export type AnyConfig = Pair["a"];

const OTHER_KEY = INPUTS.publicKey?.replace("NRlJ", "NRlK");

/** What a command hands to the steps of what the config names: its ranges, its key file, its folder. */
export function inputsOf({ bastion, image }: AnyConfig): Inputs {
  const folder = image.app !== null && "folder" in image.app ? image.app.folder : undefined;
  const bytes = Buffer.from(folder ?? "");
  return {
    ...INPUTS,
    publicKey: bastion.publicKeyFile === null ? INPUTS.publicKey : OTHER_KEY,
    allowedCidrs: cidrsOf(bastion.allowedCidrs),
    letIn: rangesIn(bastion.allowedCidrs),
    appArchive:
      folder === undefined
        ? undefined
        : { sha256: createHash("sha256").update(bytes).digest("hex"), bytes, leftOut: [] },
  };
}
