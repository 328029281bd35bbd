/** `failover`, as it is typed. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folder, folderThatIsUp } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test("says what is lost, for how long writes are away and what is kept; then up has nothing to do", async () => {
  const on = folder({}, base);
  expect(await on.rehearse("failover")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Say --yes: buddyverse failover --sandbox --yes"),
  });
  const { code, stdout, stderr } = await on.rehearse("failover --yes");
  expect(code, stderr).toBe(0);
  const said = stderr.replace(/\s+/g, " ");
  expect(said).toContain(
    "database1-replica (ap-northeast-2c) takes the place of database1 (ap-northeast-2a) as the primary, for good.",
  );
  expect(said).toContain("Nothing is lost: database1 is shut off and rebooted first");
  expect(said).toMatch(/Writes are away for about 6 min, reads for the half minute in which database1-replica reboots/);
  expect(said).toMatch(
    /database1 is kept, and nobody can connect to it any more; it costs \$22 a month until you remove it/,
  );
  expect(stdout).toMatch(/^\s*database1-replica is the primary\. Writes were away for \dm\d+s\./);
  expect(stdout).toContain(
    "rds delete-db-instance --db-instance-identifier database1 --final-db-snapshot-identifier database1-final",
  );
  expect((await on.rehearse("plan --detailed-exit-code")).code).toBe(0);
  expect((await on.rehearse("outputs")).stdout).toMatch(
    /writes +database1-replica\.[^\n]*\n[^\n]*reads +database1-replica-2\./,
  );
});

test("a primary that is lost is refused without --allow-data-loss, and told with it; as JSON", async () => {
  const on = folder({}, base);
  expect((await on.rehearse("sandbox fail az ap-northeast-2a")).code).toBe(0);
  const refused = await on.rehearse("failover --yes");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("say --allow-data-loss") });
  const { code, stdout, stderr } = await on.rehearse("failover --yes --allow-data-loss --json");
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    primary: "database1-replica",
    planned: false,
    kept: { id: "database1", remove: expect.stringContaining("database1-final") },
  });
});
