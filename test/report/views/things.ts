import { expect } from "vitest";
import type { NodeResult } from "../../../src/engine/node-result.ts";
import type { PlanItem } from "../../../src/engine/plan.ts";
import { BuddyError } from "../../../src/lib/errors.ts";
import type { Place } from "../../../src/report/views/look.ts";

export const steps = ["vpc", "subnets", "rds", "image"];
export const sandbox: Place = { stack: "buddyverse", region: "ap-northeast-2", sandbox: true };
export const aws: Place = { stack: "buddyverse", region: "ap-northeast-2", sandbox: false, account: "123456789012" };

/** The whole screen, word by word, is a file of its own: `npm run test:update` writes a new wording into it. */
export const expectScreen = (text: string, name: string): Promise<void> =>
  expect(`${text}\n`).toMatchFileSnapshot(`screens/${name}.txt`);

export const difference = (field: string, found: unknown, wanted: unknown, replaces = false) => ({
  field,
  found,
  wanted,
  replaces,
});

export const settled = (
  outcome: NodeResult["outcome"],
  step: string | undefined,
  object: string,
  name: string,
  rest: Partial<NodeResult> = {},
): NodeResult => ({
  key: name,
  name,
  object,
  step,
  outcome,
  id: undefined,
  reason: undefined,
  error: undefined,
  ...rest,
});

export const denied = (name: string, object: string, requestId: string): NodeResult => {
  const error = new BuddyError({
    code: "denied",
    message: `${object} ${name}: UnauthorizedOperation: You are not authorized`,
    about: { key: name, step: "subnets", operation: "CreateSubnet", requestId },
    hint: "`buddyverse policy` prints the permissions that are needed.",
  });
  return settled("failed", "subnets", object, name, { reason: error.message, error });
};

export const planned = (
  action: PlanItem["action"],
  step: string | undefined,
  object: string,
  name: string,
  rest: Partial<PlanItem> = {},
): PlanItem => ({
  key: name,
  name,
  object,
  step,
  id: undefined,
  action,
  differences: [],
  reason: undefined,
  note: undefined,
  refused: undefined,
  option: undefined,
  asks: undefined,
  matters: [],
  interruption: { kind: "none", what: "", seconds: 0 },
  rollout: undefined,
  seconds: 0,
  values: undefined,
  notes: [],
  remedies: [],
  adopted: false,
  holdsData: false,
  ...rest,
});
