/** docs/changes.md: what a change of each key of the config does, by the plan of a standing stack on the sandbox. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateAliasCommand, CreateKeyCommand } from "@aws-sdk/client-kms";
import { beforeAll, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { cidrsOf } from "../../src/config/allowed-cidrs.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Plan, PlanItem } from "../../src/engine/plan.ts";
import { about } from "../../src/lib/duration.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { INPUTS, type Stage, stage, stageOn } from "../lifecycle/stage.ts";
import { stranger } from "../stranger.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DOC = join(ROOT, "docs", "changes.md");

const APP = { image: { app: { git: "https://github.com/owner/name.git", revision: "v1" } } };
const OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKDcWnbVa0l8fP4cXcFJ5d0Jr3mTq5mZt7y2nS8f2u1a other";
const KMS_KEY = "alias/other";

/** A key of the schema, and a value that is not its default; `on` what must be so before and after. */
interface Change {
  readonly key: string;
  readonly to: unknown;
  readonly on?: object;
  /** Its row's name, where a key has several. */
  readonly as?: string;
  readonly publicKey?: string;
}
const CHANGES: readonly Change[] = [
  { key: "stack", to: "other" },
  { key: "region", to: "us-east-1" },
  {
    key: "zones",
    as: "`zones`, one more",
    to: ["ap-northeast-2a", "ap-northeast-2c", "ap-northeast-2b"],
    on: {
      network: {
        public: ["172.31.10.0/24", "172.31.20.0/24", "172.31.30.0/24"],
        web: ["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/24"],
        db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/24"],
      },
    },
  },
  { key: "network.cidr", to: "172.31.0.0/17" },
  { key: "network.public", to: ["172.31.50.0/24", "172.31.20.0/24"] },
  { key: "network.web", to: ["172.31.51.0/24", "172.31.21.0/24"] },
  { key: "network.db", to: ["172.31.52.0/24", "172.31.22.0/24"] },
  { key: "nat.mode", to: "gateway" },
  { key: "nat.instanceType", to: "t3.small" },
  { key: "bastion.instanceType", to: "t3.small" },
  { key: "bastion.allowedCidrs", to: ["198.51.100.0/24"] },
  { key: "bastion.publicKeyFile", to: "other.pub", publicKey: OTHER_KEY },
  { key: "cpuCredits", to: "standard" },
  { key: "efs.transitionToIaDays", to: 7 },
  { key: "efs.backup", to: false },
  { key: "efs.kmsKey", to: KMS_KEY },
  { key: "database.engineVersion", to: "8.0" },
  { key: "database.instanceClass", to: "db.t3.small" },
  { key: "database.storageGiB", as: "`database.storageGiB`, more", to: 40 },
  { key: "database.maxStorageGiB", to: 100 },
  { key: "database.backupRetentionDays", to: 7 },
  { key: "database.replica", to: false },
  { key: "database.deletionProtection", to: true },
  { key: "database.apply", to: "window" },
  { key: "database.kmsKey", to: KMS_KEY },
  { key: "image.base", to: "ami-0b0b0b0b22040a64d" },
  { key: "image.app", to: APP.image.app },
  { key: "image.keep", to: 2 },
  { key: "app.env", to: { MODE: "x" }, on: APP },
  { key: "app.secrets", to: ["API_KEY"], on: APP },
  { key: "app.release", to: "python manage.py migrate", on: APP },
  { key: "app.packages", to: ["libjpeg-dev"], on: APP },
  { key: "app.directory", to: "site", on: APP },
  { key: "app.settings", to: "site.settings", on: APP },
  { key: "app.wsgi", to: "site.wsgi", on: APP },
  { key: "app.requirements", to: "requirements.txt", on: APP },
  { key: "app.healthCheckPath", to: "/health", on: APP },
  { key: "web.instanceType", to: "t3.small" },
  { key: "web.volumeGiB", to: 16 },
  { key: "web.min", to: 1 },
  { key: "web.desired", to: 3 },
  { key: "web.max", to: 6 },
  { key: "web.cpuTarget", to: 70 },
  { key: "web.healthCheckPath", to: "/health" },
  { key: "web.stickinessSeconds", to: 0 },
  { key: "domain", to: null },
  { key: "domain.name", to: "play.buddyverse.link" },
  { key: "domain.www", to: false },
  { key: "domain.zone", to: "create" },
  { key: "domain.takeOver", to: true },
  { key: "monitoring.email", to: "ops@example.com" },
  { key: "tags", to: { team: "platform" } },
];

const withKey = (base: object, key: string, value: unknown): object => {
  const [first = "", ...rest] = key.split(".");
  const inner = (base as Record<string, unknown>)[first];
  return { ...base, [first]: rest.length === 0 ? value : withKey((inner as object) ?? {}, rest.join("."), value) };
};

/** Keys that are groups of others, and what is no setting of the stack. */
const schemaKeys = (): readonly string[] => {
  const schema = JSON.parse(readFileSync(join(ROOT, "buddyverse.config.schema.json"), "utf8"));
  type Part = { readonly properties?: Readonly<Record<string, Part>>; readonly anyOf?: readonly Part[] };
  const keysOf = (part: Part, path: readonly string[]): readonly string[] => {
    const alternatives = part.anyOf ?? [part];
    const inner = alternatives.flatMap(({ properties }) => Object.entries(properties ?? {}));
    // What the application is made of is one value.
    if (inner.length === 0 || path.join(".") === "image.app") return [path.join(".")];
    const own = alternatives.length > 1 ? [path.join(".")] : [];
    return [...own, ...inner.flatMap(([key, one]) => keysOf(one, [...path, key]))];
  };
  // Where the state is says nothing of the stack: docs/state.md.
  return keysOf(schema, []).filter((key) => key !== "$schema" && !/^state(\.|$)/.test(key));
};

const stages = new Map<string, Promise<Stage>>();
async function standingNow(base: object): Promise<Stage> {
  const on = await stage(base);
  const { kms } = stranger(on.sandbox);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  // Until reads show it.
  await on.clock.sleep(60_000);
  await kms.send(new CreateAliasCommand({ AliasName: KMS_KEY, TargetKeyId: KeyMetadata?.KeyId }));
  await on.up();
  return on;
}
const standing = (base: object): Promise<Stage> => {
  const key = JSON.stringify(base);
  const made = stages.get(key) ?? standingNow(base);
  stages.set(key, made);
  return made;
};

/** What plan says of a change, without changing anything. @param allowed with the options that it asks for */
async function planned(
  { key, to, on: base = {}, publicKey }: Change,
  allowed: { readonly replace?: boolean; readonly allowOutage?: boolean } = {},
): Promise<Plan | BuddyError> {
  const on = await standing(base === APP ? APP : {});
  const text = memoryText();
  text.text = on.text.text;
  const inputs = { ...INPUTS, ...(publicKey ? { publicKey } : {}) };
  try {
    const config = parseConfig(withKey(base, key, to), "buddyverse.config.json");
    // As `up` resolves them.
    const { allowedCidrs } = config.bastion;
    const next = await stageOn(
      config,
      on.clock,
      on.sandbox,
      text,
      undefined,
      undefined,
      {
        ...inputs,
        allowedCidrs: allowedCidrs.includes("my-ip") ? inputs.allowedCidrs : cidrsOf(allowedCidrs),
      },
      allowed,
    );
    return await next.plan();
  } catch (error) {
    if (error instanceof BuddyError) return error;
    throw error;
  }
}

const changes = ({ action, refused }: PlanItem) => action !== "none" || refused !== undefined;
const WORST = ["outage", "brief", "none"] as const;
/** Without the ids of this sandbox. */
const short = (text: string) =>
  text
    .replaceAll(/ \(arn:aws:kms[^)]*\)/g, "")
    .replaceAll(/arn:aws:kms:\S+/g, "one key")
    .replaceAll(/\bfs-\w+/g, "Buddy-EFS")
    .replaceAll("|", "\\|")
    .replace(/\s+/g, " ");

/** One row: the key, what happens, what its users notice, how long it takes. */
function rowOf({ key, as, to }: Change, plan: Plan | BuddyError, asked: Plan | BuddyError): string {
  const cells = (how: string, noticed: string, time: string) =>
    `| ${as ?? `\`${key}\``} | \`${JSON.stringify(to).slice(0, 60)}\` | ${short(how)} | ${short(noticed)} | ${time} |`;
  if (plan instanceof BuddyError || asked instanceof BuddyError) {
    const { message } = plan instanceof BuddyError ? plan : (asked as BuddyError);
    return cells(`refused: ${message.replace(/^memory/, "the state")}`, "", "");
  }
  const items = plan.items.filter(changes);
  const refused = items.filter((one) => one.refused !== undefined && one.option === undefined);
  if (refused.length > 0) return cells(`refused: ${refused[0]?.reason ?? refused[0]?.refused}`, "", "");
  if (items.length === 0) return cells("nothing is changed now", "nothing", "");
  const done = asked.items.filter(changes);
  const options = [...new Set(items.flatMap(({ option }) => option ?? []))];
  const count = (action: PlanItem["action"]) => items.filter((one) => one.action === action).length;
  const rolls = items.some(({ rollout, action }) => rollout !== undefined && action === "update");
  const how = [
    count("replace") > 0 ? "replace" : undefined,
    rolls ? "roll" : undefined,
    count("update") > 0 && !rolls && count("replace") === 0 ? "in place" : undefined,
    count("create") > 0 ? `${count("create")} made` : undefined,
    count("delete") > 0 ? `${count("delete")} removed` : undefined,
    count("retain") > 0 ? `${count("retain")} kept` : undefined,
    count("blocked") > 0 ? "waits for a person" : undefined,
  ].filter((one) => one !== undefined);
  const asks = options.length > 0 ? `; asks for \`${options.join("`, `")}\`` : "";
  const kind = WORST.find((one) => done.some(({ interruption }) => interruption.kind === one)) ?? "none";
  const whats = [
    ...new Set(
      items
        .filter(({ interruption }) => interruption.kind === kind)
        .flatMap(({ interruption }) => interruption.what || []),
    ),
  ];
  const rollouts = done.flatMap(({ rollout }) => rollout ?? []);
  const notes = done.flatMap(({ note }) => note ?? []);
  const noticed =
    kind === "none"
      ? [...new Set(["nothing", ...rollouts, ...notes])].slice(0, 2).join("; ")
      : `${kind}: ${whats[0] ?? ""}`;
  return cells(`${how.join(", ")}${asks}`, noticed, about(asked.seconds));
}

let rows: readonly string[];
beforeAll(async () => {
  const found: string[] = [];
  for (const change of CHANGES) {
    const plan = await planned(change);
    // How it goes and how long that takes shows when it is asked for.
    const asks = !(plan instanceof BuddyError) && plan.items.some(({ option }) => option !== undefined);
    found.push(rowOf(change, plan, asks ? await planned(change, { replace: true, allowOutage: true }) : plan));
  }
  rows = found;
}, 180_000);

test("each key of the schema has its row", () => {
  expect([...new Set(CHANGES.map(({ key }) => key))].sort()).toEqual([...schemaKeys()].sort());
});

test("docs/changes.md says what the plan says", () => {
  const isRow = (line: string) => line.startsWith("| `");
  const lines = readFileSync(DOC, "utf8").split("\n");
  // After a change of what plan says: WRITE_DOCS=1 npx vitest run --project long test/docs/changes.test.ts
  if (process.env.WRITE_DOCS) {
    const first = lines.findIndex((line) => line.startsWith("|---")) + 1;
    lines.splice(first, lines.filter(isRow).length, ...rows);
    writeFileSync(DOC, lines.join("\n"));
  }
  expect(lines.filter(isRow), "docs/changes.md is not what plan says").toEqual(rows);
});
