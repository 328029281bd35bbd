import { existsSync } from "node:fs";
import { join } from "node:path";
import { cidrsOf } from "./allowed-cidrs.ts";
import { problemsOf } from "./problems.ts";
import { type Config, configSchema, defaultZones, SCHEMA_FILE } from "./schema.ts";

/** Answers by the key of their question, as typed. What is missing or empty takes the default. */
export type Answers = Readonly<Partial<Record<QuestionKey, string>>>;
export type QuestionKey =
  | "stack"
  | "image.app"
  | "image.app.revision"
  | "region"
  | "zones"
  | "domain.name"
  | "domain.zone"
  | "nat.mode"
  | "monitoring.email"
  | "bastion.allowedCidrs";

export interface Question {
  /** The place of the answer in the config. */
  readonly key: QuestionKey;
  readonly question: string;
  /** What the answers mean, where the question does not say it. */
  readonly note: string | undefined;
  /** All answers that there are, where these are few and cost differently. */
  readonly choices: readonly string[];
  /** False when the answers so far leave nothing to ask. */
  readonly applies: (soFar: Answers) => boolean;
  /** What an empty answer means. */
  readonly default: (soFar: Answers) => string;
  /** What is wrong with the answer, as a sentence; undefined when it is good. */
  readonly validate: (answer: string, soFar: Answers) => string | undefined;
}

const DEFAULTS: Config = configSchema.parse({});

function question(
  key: QuestionKey,
  words: string,
  standard: Question["default"],
  { applies = () => true, note, choices = [] }: Partial<Pick<Question, "applies" | "note" | "choices">> = {},
): Question {
  return {
    key,
    question: words,
    note,
    choices,
    applies,
    default: standard,
    validate: (answer, soFar) => complaintAbout(key, answer, soFar),
  };
}

/** The few questions that matter, in the order to ask them. */
export const QUESTIONS: readonly Question[] = [
  question("stack", "Name of the stack?", () => DEFAULTS.stack),
  question(
    "image.app",
    "The Django application: its folder, the https address of its git repository, or none?",
    () => "none",
  ),
  question("image.app.revision", "Its branch, tag or commit?", () => "main", {
    applies: (soFar) => isAddress(soFar["image.app"]),
  }),
  question("region", "AWS region?", () => DEFAULTS.region),
  question("zones", "Availability zones, two or three, with commas between?", (soFar) =>
    defaultZones(given(soFar.region) ?? DEFAULTS.region).join(", "),
  ),
  // Not the default of the config: whoever is asked may own another.
  question("domain.name", "Domain of the site, or none?", () => "none", {
    note: "A domain is one that you own: up registers none. Without one the site is http at the load balancer's name.",
  }),
  question(
    "domain.zone",
    "Is its hosted zone in Route 53 existing, or to create?",
    () => DEFAULTS.domain?.zone ?? "existing",
    {
      applies: (soFar) => !isNone(soFar["domain.name"]),
      note: "existing: Route 53 has it in this account. create: up makes it, and waits until you have had the registrar name its name servers, which takes minutes to two days.",
      choices: ["existing", "create"],
    },
  ),
  question("nat.mode", "NAT by instance or gateway?", () => DEFAULTS.nat.mode, {
    note: "The way out of the private subnets. instance: two small ones, which you patch by replacing them. gateway: AWS runs it, and charges every GB.",
    choices: ["instance", "gateway"],
  }),
  question("monitoring.email", "E-mail address for alarms, or none?", () => DEFAULTS.monitoring.email ?? "none"),
  question(
    "bastion.allowedCidrs",
    "Who may reach the bastions by ssh: my-ip, or IPv4 ranges with commas between?",
    () => cidrsOf(DEFAULTS.bastion.allowedCidrs).join(", "),
  ),
];

/**
 * The config to write: every key, so that a person sees what there is, with the answers in place.
 * With three zones the subnets grow by a third row. `schemaRef` is the value of `$schema`.
 * @param found of the application, by looking at it
 */
export function initialConfig(
  answers: Answers,
  schemaRef: string,
  found: Partial<Config["app"]> = {},
): Record<string, unknown> {
  const region = given(answers.region) ?? DEFAULTS.region;
  const zones = listOf(answers.zones) ?? defaultZones(region);
  const { domain, network, bastion, nat, monitoring, image, app, ...rest } = DEFAULTS;
  const config: Record<Exclude<keyof Config, "zoneNumbers" | "plainNames">, unknown> = {
    ...rest,
    stack: given(answers.stack) ?? DEFAULTS.stack,
    region,
    zones,
    network: zones.length === 3 ? withThirdZone(network) : network,
    image: { ...image, app: applicationIn(answers) },
    app: { ...app, ...found },
    nat: { ...nat, mode: given(answers["nat.mode"]) ?? nat.mode },
    bastion: { ...bastion, allowedCidrs: listOf(answers["bastion.allowedCidrs"]) ?? bastion.allowedCidrs },
    domain: isNone(answers["domain.name"])
      ? null
      : {
          ...domain,
          name: given(answers["domain.name"]) ?? domain?.name,
          zone: given(answers["domain.zone"]) ?? domain?.zone,
        },
    monitoring: {
      ...monitoring,
      email: isNone(answers["monitoring.email"]) ? null : (given(answers["monitoring.email"]) ?? monitoring.email),
    },
  };
  const inOrder = Object.keys(DEFAULTS).map((key) => [key, config[key as keyof typeof config]]);
  return { $schema: schemaRef, ...Object.fromEntries(inOrder) };
}

/** `image.app` of the answers. */
function applicationIn(answers: Answers): Record<string, string> | null {
  const app = answers["image.app"]?.trim() ?? "";
  if (app === "" || isNone(app)) return null;
  return isAddress(app) ? { git: app, revision: given(answers["image.app.revision"]) ?? "main" } : { folder: app };
}

/** A repository's address, or what somebody types for one: "git@github.com:owner/name.git". */
const isAddress = (answer: string | undefined): boolean => /^\w+:\/\/|^[\w.-]+@[\w.-]+:/.test(answer?.trim() ?? "");

/**
 * What `$schema` should say in a config in this folder, and whether a copy of the schema (`configJsonSchemaText`) must be
 * written beside it: the installed package's own where npm put it into this folder, else a copy, which works offline and
 * wherever the package is installed.
 */
export function schemaRefFor(folder: string): { readonly ref: string; readonly copyTo?: string } {
  const installed = `node_modules/buddyverse/${SCHEMA_FILE}`;
  if (existsSync(join(folder, installed))) return { ref: `./${installed}` };
  const copy = join(folder, SCHEMA_FILE);
  return existsSync(copy) ? { ref: `./${SCHEMA_FILE}` } : { ref: `./${SCHEMA_FILE}`, copyTo: copy };
}

/** The same pattern as the two rows of the defaults. */
const THIRD_ROW = { public: "172.31.30.0/24", web: "172.31.31.0/24", db: "172.31.32.0/24" };

function withThirdZone(network: Config["network"]): Config["network"] {
  return {
    cidr: network.cidr,
    public: [...network.public, THIRD_ROW.public],
    web: [...network.web, THIRD_ROW.web],
    db: [...network.db, THIRD_ROW.db],
  };
}

function complaintAbout(key: QuestionKey, answer: string, soFar: Answers): string | undefined {
  const value = initialConfig({ ...soFar, [key]: answer }, "");
  const result = configSchema.safeParse(value);
  if (result.success) return undefined;
  const problem = problemsOf(result.error, value).find(
    ({ path }) => path === key || path.startsWith(`${key}[`) || path.startsWith(`${key}.`),
  );
  if (problem === undefined) return undefined;
  return problem.hint === undefined ? problem.message : `${problem.message} (${problem.hint})`;
}

function given(answer: string | undefined): string | undefined {
  return answer?.trim() || undefined;
}

function listOf(answer: string | undefined): string[] | undefined {
  return given(answer)
    ?.split(/[\s,]+/)
    .filter((part) => part !== "");
}

function isNone(answer: string | undefined): boolean {
  return /^(none|no|null|-)$/i.test(answer?.trim() ?? "");
}
