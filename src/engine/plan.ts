import type { Difference } from "./differences.ts";
import type { AnyType } from "./resource.ts";
import type { Survey, Surveyed } from "./survey.ts";

export type PlannedAction = "create" | "update" | "replace" | "delete" | "none" | "blocked" | "failed";

export interface PlanItem {
  readonly key: string;
  readonly name: string;
  readonly object: string;
  readonly step: string | undefined;
  readonly id: string | undefined;
  readonly action: PlannedAction;
  readonly differences: readonly Difference[];
  /** Why it is replaced, blocked, or has failed. */
  readonly reason: string | undefined;
  /** Its removal or replacement loses data that is not elsewhere. */
  readonly holdsData: boolean;
}

export interface Plan {
  readonly items: readonly PlanItem[];
  /** How long `up` will take, by what such objects usually take and by what overlaps, seconds. */
  readonly seconds: number;
}

function actionOf({ decision, wanted, node, look }: Surveyed): PlannedAction {
  switch (decision.kind) {
    case "wait":
      if (wanted === undefined) return look.live ? "delete" : "none";
      return decision.why === "pending" ? "none" : "create";
    case "create":
      return node.type.external ? "blocked" : "create";
    case "delete":
      return node.type.external ? "none" : "delete";
    default:
      return decision.kind;
  }
}

/** What `up` would do, from a survey. Pure. */
export function planUp(survey: Survey): Plan {
  const items: PlanItem[] = [];
  for (const surveyed of survey.surveyed.values()) {
    const { node, decision, differences } = surveyed;
    const action = actionOf(surveyed);
    const scaffold = (node.resource?.scaffoldFor().length ?? 0) > 0;
    if (scaffold && action === "none") continue;
    items.push({
      key: node.key,
      name: node.name,
      object: node.type.name,
      step: node.step,
      id: surveyed.look.live?.id,
      action,
      differences: action === "update" || action === "replace" ? differences : [],
      reason:
        "reason" in decision
          ? decision.reason
          : action === "blocked"
            ? `${node.type.name} ${node.name} is not there`
            : undefined,
      holdsData: node.type.holdsData ?? false,
    });
  }
  return { items, seconds: criticalPath(survey) };
}

const usualOf = (type: AnyType): number => type.patience?.usual ?? 3;

/** The longest chain of what is still to be made or waited for, seconds. */
export function criticalPath(survey: Survey): number {
  const finished = new Map<string, number>();
  const finishOf = (key: string): number => {
    const known = finished.get(key);
    if (known !== undefined) return known;
    const surveyed = survey.surveyed.get(key);
    if (!surveyed) return 0;
    const { node, decision } = surveyed;
    const own =
      decision.kind === "create" || decision.kind === "replace" || decision.kind === "wait" ? usualOf(node.type) : 0;
    const total = own + Math.max(0, ...node.needs.map(finishOf));
    finished.set(key, total);
    return total;
  };
  return Math.max(0, ...[...survey.surveyed.keys()].map(finishOf));
}

/** True when `up` has nothing to do. */
export const isEmpty = (plan: Plan): boolean =>
  plan.items.every((item) => item.action === "none" || item.action === "blocked");

export const count = (plan: Plan, action: PlannedAction): number =>
  plan.items.filter((item) => item.action === action).length;
