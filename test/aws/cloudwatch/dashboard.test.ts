import {
  CloudWatchClient,
  DashboardNotFoundError,
  DeleteDashboardsCommand,
  GetDashboardCommand,
  PutDashboardCommand,
} from "@aws-sdk/client-cloudwatch";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { dashboard } from "../../../src/aws/cloudwatch/dashboard.ts";
import { differences } from "../../../src/engine/differences.ts";
import { mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const cloudWatch = mocked(CloudWatchClient);
beforeEach(() => cloudWatch.reset());

const owner = ownerOf("dashboard", "CPU-Per-Second");
const spec = {
  widgets: [
    { type: "metric" as const, x: 0, y: 1, width: 6, height: 6, properties: { region: "r", metrics: [["a", "b"]] } },
  ],
};
async function bodyOf(): Promise<string> {
  cloudWatch.on(PutDashboardCommand).resolves({});
  await dashboard.create?.(aws, spec, owner, "t");
  return cloudWatch.commandCalls(PutDashboardCommand)[0]?.args[0].input.DashboardBody ?? "";
}
const find = (DashboardBody: string, id?: string) => {
  cloudWatch.on(GetDashboardCommand).resolves({ DashboardBody });
  return dashboard.find(aws, owner, id);
};

test("what was put is found again, by the line that says whose it is; formatting does not matter", async () => {
  const body = await bodyOf();
  const live = await find(JSON.stringify(JSON.parse(body), null, 4));
  expect(live && differences(dashboard, spec, live, undefined)).toEqual([]);
  expect(cloudWatch.commandCalls(PutDashboardCommand)[0]?.args[0].input.Tags).toContainEqual({
    Key: "buddyverse:key",
    Value: "dashboard",
  });
});

test("one without that line is somebody else's, unless it is recorded: then the line was edited away", async () => {
  const { widgets } = JSON.parse(await bodyOf());
  const without = JSON.stringify({ widgets: widgets.slice(1) });
  await expect(find(without)).rejects.toMatchObject({ code: "not-ours" });
  expect(await find(without, owner.name)).toMatchObject({ id: owner.name });
  const other = JSON.stringify(JSON.parse(await bodyOf())).replace("**test**", "**other**");
  await expect(find(other)).rejects.toMatchObject({ code: "not-ours" });
});

test("that of the same stack in another region is not ours, whatever is recorded, and is named", async () => {
  const there = (await bodyOf()).replace("in ap-northeast-2", "in eu-west-1");
  for (const id of [undefined, owner.name])
    await expect(find(there, id)).rejects.toMatchObject({
      code: "not-ours",
      message: 'the dashboard CPU-Per-Second is that of stack "test" in eu-west-1',
    });
});

test("absent, under each name that AWS gives it; denied is not absent", async () => {
  const named = (name: string) => Object.assign(new Error("no"), { name, $metadata: { httpStatusCode: 404 } });
  for (const error of [
    new DashboardNotFoundError({ message: "no", $metadata: {} }),
    named("ResourceNotFound"),
    named("ResourceNotFoundException"),
  ]) {
    cloudWatch.on(GetDashboardCommand).rejects(error);
    expect(await dashboard.find(aws, owner)).toBeUndefined();
    cloudWatch.on(DeleteDashboardsCommand).rejects(error);
    await dashboard.delete?.(aws, { id: owner.name, ...spec }, { discardData: false, label: "" });
  }
  cloudWatch.on(GetDashboardCommand).rejects(named("AccessDenied"));
  await expect(dashboard.find(aws, owner)).rejects.toMatchObject({ name: "AccessDenied" });
});

test("stored with broken widgets: all that AWS complains of is said", async () => {
  cloudWatch.on(PutDashboardCommand).resolves({
    DashboardValidationMessages: [
      { DataPath: "/widgets/1", Message: "no region" },
      { DataPath: "/widgets/2", Message: "no metrics" },
    ],
  });
  await expect(dashboard.create?.(aws, spec, owner, "t")).rejects.toMatchObject({
    code: "failed",
    message: expect.stringMatching(/\/widgets\/1 no region; \/widgets\/2 no metrics/),
  });
});
