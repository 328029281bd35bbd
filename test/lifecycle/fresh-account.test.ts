import { expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { START, type Stage, stage, stageOn } from "./stage.ts";

// An account that never had a database, a file system, a copy of one, a load balancer or a group.

const ROLES = ["autoscaling", "backup", "elasticfilesystem", "elasticloadbalancing", "rds"];

const rolesAskedFor = ({ calls }: Stage) =>
  calls
    .filter(({ operation }) => operation === "CreateServiceLinkedRole")
    .map(({ input, error }) => ({
      role: (input as { AWSServiceName: string }).AWSServiceName.replace(".amazonaws.com", ""),
      error,
    }))
    .sort((one, other) => one.role.localeCompare(other.role));

/** A stage on which IAM answers otherwise. */
async function stageWhere(given: object, answer: Sandbox["answer"]): Promise<Stage> {
  const config = parseConfig(given, "test.config.json");
  const clock = jumpingClock(START);
  const world = freshWorld({ region: config.region, domain: "buddyverse.link", time: START, seed: 7 });
  const sandbox = openSandbox({ world, clock });
  const other: Sandbox = {
    ...sandbox,
    answer: async (service, operation, input) =>
      operation === "CreateServiceLinkedRole"
        ? answer(service, operation, input)
        : sandbox.answer(service, operation, input),
  };
  return stageOn(config, clock, other, memoryText());
}

const failedStarts = async ({ aws }: Stage) =>
  (
    await aws.autoScaling.describeScalingActivities({ AutoScalingGroupName: "Buddy-AutoScaling-Group" })
  ).Activities?.filter(({ StatusCode }) => StatusCode === "Failed");

test("the linked roles are made before anything else, once, and only for what is created", async () => {
  const on = await stage({});
  await on.up();
  expect(rolesAskedFor(on)).toEqual(ROLES.map((role) => ({ role, error: undefined })));
  const written = on.writes();
  expect(written.slice(0, 5)).toEqual(Array(5).fill("iam:CreateServiceLinkedRole"));
  expect(await failedStarts(on)).toEqual([]);

  const before = on.calls.length;
  await on.up();
  expect(on.calls.slice(before).filter(({ operation }) => operation === "CreateServiceLinkedRole")).toEqual([]);

  // Nor where something of the service is to come beside what stands.
  const more = await stageOn(
    parseConfig({ database: { replica: false } }, "test.config.json"),
    on.clock,
    on.sandbox,
    on.text,
  );
  await more.up();
  const again = await stageOn(on.config, on.clock, on.sandbox, on.text);
  await again.up();
  expect(again.writes()).toContain("rds:CreateDBInstanceReadReplica");
  expect([...rolesAskedFor(more), ...rolesAskedFor(again)]).toEqual([]);

  // They stay with the account, and that is fine.
  await on.down();
  on.calls.length = 0;
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  // The vault stayed with the copy in it, so AWS Backup's role must be there.
  const others = ROLES.filter((role) => role !== "backup");
  expect(rolesAskedFor(on)).toEqual(others.map((role) => ({ role, error: "InvalidInputException" })));
});

test("a caller who may not make them is told; AWS makes them itself, and first starts that fail for it are waited out", async () => {
  const on = await stageWhere({ web: { min: 3, desired: 3, max: 4 } }, () => {
    throw awsError("AccessDeniedException", "not authorized to perform: iam:CreateServiceLinkedRole", {
      code: "AccessDenied",
      status: 403,
    });
  });
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect((await failedStarts(on))?.length).toBeGreaterThanOrEqual(3);
  const notes = on.events.flatMap((event) => (event.type === "run.note" ? event.note : []));
  expect(notes).toHaveLength(5);
  expect(notes.join("\n")).toMatch(
    /^The linked role of rds\.amazonaws\.com could not be made \(AccessDenied.*iam create-service-linked-role --aws-service-name rds\.amazonaws\.com$/m,
  );
});
