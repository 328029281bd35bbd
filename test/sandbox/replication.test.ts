/** A replica that follows no more, and storage that has grown, as RDS shows them. */
import { beforeEach, describe, expect, test } from "vitest";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, grown } from "./grown.ts";

let account: Account;
beforeEach(async () => {
  account = await grown();
});

interface Database {
  readonly DBInstanceStatus: string;
  readonly AllocatedStorage: number;
  readonly AvailabilityZone: string;
  readonly StatusInfos: { StatusType: string; Status: string; Normal: boolean; Message?: string }[];
}
const describing = async (DBInstanceIdentifier: string) =>
  (await account.ask<{ DBInstances: Database[] }>("rds", "DescribeDBInstances", { DBInstanceIdentifier }))
    .DBInstances[0] as Database;
const info = async () => (await describing("database1-replica")).StatusInfos[0];
const FIVE = 300;
/** ReplicaLag in five whole minutes from now on. */
async function lag(): Promise<number | undefined> {
  await account.sleep(FIVE - ((account.clock.now() / 1_000) % FIVE));
  const begin = account.clock.now();
  await account.sleep(FIVE + 120);
  return account.metric("AWS/RDS", "ReplicaLag", ["DBInstanceIdentifier", "database1-replica"], begin);
}
const asked = async (zone: string, seconds: number) => {
  const member = (await account.members()).find((one) => one.zone === zone);
  return account.run(scriptFor("database", "a"), member?.id ?? "", seconds);
};

describe("replication", () => {
  test("that runs is normal, and less than a second late", async () => {
    expect(await info()).toEqual({ StatusType: "read replication", Status: "replicating", Normal: true });
    expect((await describing("database1")).StatusInfos).toEqual([]);
    expect(await lag()).toBe(0);
  });

  test("that fails is an error with its reason, a lag of -1, and a row that does not arrive; mended, it runs again", async () => {
    account.fail("replication", "database1-replica");
    expect(await info()).toMatchObject({
      StatusType: "read replication",
      Status: "error",
      Normal: false,
      Message: expect.stringContaining("Replication Error"),
    });
    expect((await describing("database1-replica")).DBInstanceStatus).toBe("available");
    expect(await lag()).toBe(-1);
    expect(await asked("ap-northeast-2a", 65)).toEqual([1, "", "the row was not on the replica within 60 s\n"]);
    account.mend("replication");
    expect((await info())?.Status).toBe("replicating");
    expect(await lag()).toBe(0);
    expect((await asked("ap-northeast-2a", 4))[0]).toBe(0);
  });

  test("that fails rings its alarm, which the lag of -1 does not; nothing rings while it runs", async () => {
    const ringing = async () =>
      (
        await account.ask<{ MetricAlarms: { AlarmName: string; StateValue: string }[] }>("cloudwatch", "DescribeAlarms")
      ).MetricAlarms.filter(
        ({ AlarmName, StateValue }) => AlarmName.startsWith("Buddy-") && StateValue === "ALARM",
      ).map(({ AlarmName }) => AlarmName);
    await account.sleep(900);
    expect(await ringing()).toEqual([]);
    account.fail("replication", "database1-replica");
    await account.sleep(900);
    expect(await ringing()).toEqual(["Buddy-Replica-Stopped"]);
    account.mend("replication");
    await account.sleep(900);
    expect(await ringing()).toEqual([]);
  });

  test("stopped for thirty days is terminated", async () => {
    account.fail("replication", "database1-replica");
    const { world } = account.sandbox;
    // A month of the whole account's life would tell no more.
    world.failures = (world.failures ?? []).map((one) => ({ ...one, from: one.from - 30 * 86_400_000 - 60_000 }));
    expect(await info()).toMatchObject({ Status: "terminated", Normal: false });
  });

  test("stops with the zone of the primary", async () => {
    account.fail("az", (await describing("database1")).AvailabilityZone);
    expect(await info()).toMatchObject({ Status: "error", Normal: false });
    expect(await lag()).toBe(-1);
  });
});

test("storage that has grown is optimized, and can be used meanwhile; it grows again after six hours", async () => {
  const grow = (AllocatedStorage: number) =>
    account.ask("rds", "ModifyDBInstance", {
      DBInstanceIdentifier: "database1",
      AllocatedStorage,
      ApplyImmediately: true,
    });
  const status = async () => (await describing("database1")).DBInstanceStatus;
  await grow(40);
  await account.sleep(120);
  expect(await status()).toBe("storage-optimization");
  expect((await describing("database1")).AllocatedStorage).toBe(40);
  expect((await asked("ap-northeast-2a", 4))[0]).toBe(0);
  const held = {
    name: "InvalidParameterCombination",
    message: expect.stringContaining("previous storage change is being optimized"),
  };
  await expect(grow(60)).rejects.toMatchObject(held);
  await account.sleep(3_600);
  expect(await status()).toBe("available");
  await expect(grow(60)).rejects.toMatchObject(held);
  await account.sleep(6 * 3_600);
  await grow(60);
});
