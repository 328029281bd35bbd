import type { Aws } from "../aws/aws.ts";
import { classify } from "../aws/classify.ts";
import { failureOf } from "../aws/failure.ts";
import { type Check, type Planned, type PlannedStack, problem } from "../aws/preflight.ts";
import { eachService } from "../aws/services.ts";
import type { Refusal } from "../engine/refusal.ts";
import type { AnyType } from "../engine/resource.ts";
import type { Observed } from "../engine/snapshot.ts";
import { BuddyError } from "../lib/errors.ts";
import { unknownKey } from "../lib/unknown.ts";
import type { Finding } from "../report/findings.ts";

export const POLICY = "Give the caller the permissions that `buddyverse policy` prints.";

/** What was decided of one object; only those that are wanted are planned. */
export type Decided = Pick<Observed, "node" | "wanted" | "decision"> & {
  readonly look: Pick<Observed["look"], "live">;
};

const ACTIONS: Readonly<Partial<Record<Observed["decision"]["kind"], Planned["action"]>>> = {
  create: "create",
  replace: "replace",
  update: "update",
};

/** What is decided of a stack's objects, as the services look at it. Pure. */
export function plannedStack(aws: Aws, decided: Iterable<Decided>): PlannedStack {
  const given = [...decided];
  const replaced = new Set(given.flatMap(({ node, decision }) => (decision.kind === "replace" ? [node.key] : [])));
  const all = given.flatMap((one) =>
    one.wanted === undefined
      ? []
      : [
          {
            key: one.node.key,
            type: one.node.type,
            id: idOf(aws, one),
            planned: plannedOf(one, one.wanted, replaced),
          },
        ],
  );
  const of = (type: AnyType) => all.filter((one) => one.type === type).map(({ planned }) => planned);
  const named = (type: AnyType, id: string) => {
    const key = unknownKey(id);
    return all.find((one) => one.type === type && (key === undefined ? one.id === id : one.key === key))?.planned;
  };
  return { of, named } as unknown as PlannedStack;
}

/** What others name it by. AWS may not show yet what a killed run has made. */
const idOf = (aws: Aws, { node, look }: Decided): unknown =>
  look.live?.id ?? node.type.knownBefore?.(aws, node.owner, undefined)?.id;

function plannedOf({ node, look, decision }: Decided, spec: object, replaced: ReadonlySet<string>): Planned {
  const { createBeforeDelete } = node.resource ?? {};
  // Something that is only looked up is never made.
  const action = (!node.type.external && recreates(decision) ? "create" : ACTIONS[decision.kind]) ?? "none";
  const changed = "differences" in decision ? decision.differences.map(({ field }) => field) : [];
  return {
    name: node.name,
    action: node.type.external ? "none" : action,
    spec,
    live: look.live as Planned["live"],
    beside: createBeforeDelete !== undefined && !createBeforeDelete.after?.().some(({ key }) => replaced.has(key)),
    sets: (field) => action === "create" || action === "replace" || changed.includes(field),
    from: (field) => (node.resource?.configured as Readonly<Record<string, string>>)?.[field] ?? node.name,
  };
}

/** What is on its way out is made again. */
const recreates = (decision: Observed["decision"]): boolean => decision.kind === "wait" && decision.why === "deleting";

const checks = eachService.flatMap(({ preflight = [] }): readonly Check[] => preflight);

/** Asks the checks about a plan. Only reads. @param types only the checks that are about one of these */
export async function ask(aws: Aws, plan: PlannedStack, types: ReadonlySet<AnyType>): Promise<readonly Finding[]> {
  const asked = checks.filter((check) => check.types.some((type) => types.has(type)));
  const answers = await Promise.all(
    asked.map(async (check): Promise<readonly Finding[]> => {
      try {
        return [await check.ask(aws, plan)].flat();
      } catch (error) {
        return [notSeen(check.about, error)];
      }
    }),
  );
  return answers.flat();
}

/** What AWS would refuse, or not do, of what a run is to bring about; and what could not be looked at. Only reads. */
export async function preflight(aws: Aws, decided: Iterable<Decided>): Promise<readonly Finding[]> {
  const all = [...decided];
  const types = new Set(all.filter((one) => isChange(one)).map(({ node }) => node.type));
  if (types.size === 0) return [];
  return (await ask(aws, plannedStack(aws, all), types)).filter(({ verdict }) => verdict !== "ok");
}

const isChange = ({ wanted, decision, node }: Decided): boolean =>
  wanted !== undefined && !node.type.external && (ACTIONS[decision.kind] !== undefined || recreates(decision));

/** What a preflight found to be wrong, to be told with what is refused anyway. */
export const problemsAmong = (findings: readonly Finding[]): readonly Refusal[] =>
  findings
    .filter(({ verdict }) => verdict === "problem")
    .map(({ about, path, message, hint = "" }) => ({ message: `${path ?? about}: ${message}`, hint, remedies: [] }));

/** Throws what a preflight found to be wrong. @param file the config's */
export function throwProblems(findings: readonly Finding[], file: string): void {
  const problems = findings.filter(({ verdict }) => verdict === "problem");
  if (problems.length === 0) return;
  const ofConfig = problems.every(({ path }) => path !== undefined);
  throw new BuddyError({
    code: ofConfig ? "config" : "refused",
    message: ofConfig ? `AWS would refuse what ${file} asks for` : "AWS would refuse, or not do, what is planned",
    about: { file },
    problems: problems.map(({ about, path, message, hint }) => ({
      path: path ?? about,
      message,
      ...(hint ? { hint } : {}),
    })),
    hint: "Nothing was changed.",
  });
}

/** Why something could not be looked at. An interrupt is no finding: it is thrown on. */
export function notSeen(about: string, error: unknown): Finding {
  if (error instanceof BuddyError && error.code === "interrupted") throw error;
  const kind = classify(error);
  const { message, hint } = failureOf(error);
  // AWS says the same to everything that comes after: not what could not be looked at, but what is wrong.
  if (kind === "unverified" || kind === "not-activated") return problem(about, message, hint as string);
  return { about, verdict: "unseen", message, hint: hint ?? (kind === "denied" ? POLICY : undefined) };
}
