/** What `why` takes for not well, of stacks on the sandbox in which something is. */
import { expect, test } from "vitest";
import { statusOf } from "../../src/engine/status.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { troublesOf } from "../../steps/why.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";

async function troubles(on: Stage) {
  const seen = await on.refresh();
  return troublesOf(statusOf(seen), (key) => seen.entries.get(key)?.look.live);
}

test("a web instance that does not serve, what somebody removed, an alarm that rings; in that order", async () => {
  const on = await stage({});
  await on.up();
  await on.clock.sleep(600_000);
  expect(await troubles(on)).toEqual([]);

  const { AutoScalingGroups: [group] = [] } = await on.aws.autoScaling.describeAutoScalingGroups({});
  const instance = group?.Instances?.[0]?.InstanceId as string;
  await on.aws.ssm.sendCommand({
    DocumentName: "AWS-RunShellScript",
    InstanceIds: [instance],
    Parameters: { commands: [scriptFor("apache-stop", "a")] },
  });
  await on.aws.cloudWatch.deleteDashboards({ DashboardNames: [on.store.get("dashboard")?.id as string] });
  const isSeen = async () => (await troubles(on)).some(({ why }) => why.includes("is unhealthy"));
  for (let waited = 0; waited < 60 && !(await isSeen()); waited += 1) await on.clock.sleep(5_000);
  const [web, dashboard] = await troubles(on);
  // It, or the one that the group has started in its place.
  expect(web).toMatchObject({ key: "auto-scaling-group", logs: ["boot", "release", "app"] });
  expect(web?.why).toMatch(new RegExp(`^1 of 2 instances serve; ${web?.instance} is unhealthy: `));
  expect(dashboard).toMatchObject({ key: "dashboard", why: "it is not there", toDo: "`buddyverse up` mends it" });

  const seen = await on.refresh();
  const rings = (key: string) => ({
    ...seen.entries.get(key)?.look.live,
    ...(key === "alarm-web-credits" && { state: "ALARM", stateSince: 3_000 }),
    ...(key === "alarm-web-cpu" && { state: "ALARM", stateSince: 2_000 }),
  });
  const all = troublesOf(statusOf(seen), rings).map(({ key }) => key);
  expect(all).toEqual([web?.key, "dashboard", "alarm-web-credits", "alarm-web-cpu"]);
});
