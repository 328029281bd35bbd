/** `releases` and `rollback`, as they are typed; a release that fails on the way. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folder, folderThatIsUp } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test("a release, one that fails, a rollback, and up leaves it so", async () => {
  const on = folder({}, base);
  const release = async (volumeGiB: number) => {
    const config = JSON.stringify({ domain: null, web: { volumeGiB } });
    writeFileSync(join(on.path, "buddyverse.config.json"), config);
    return on.rehearse("up --yes");
  };
  expect(await on.rehearse("rollback --yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("there is no release before 1 to go back to"),
  });
  expect((await release(9)).code).toBe(0);

  await on.rehearse("sandbox fail release 3");
  const failed = await release(10);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(
    /what +auto-scaling:group Buddy-AutoScaling-Group is as it was before: release 3: RollbackSuccessful[^\n]*; the site goes on with release 2: i-\w+ did not pass the load balancer's health check/,
  );
  expect(failed.stdout).toContain("BUDDYVERSE-BOOT FAILED: ModuleNotFoundError");

  const why = await on.rehearse("why");
  expect(why.code).toBe(1);
  expect(why.stdout.replace(/\s+/g, " ")).toMatch(
    /Not well: group \S+ why release 3, which the config asks for, was rolled back, and the site goes on with release 2: (i-\w+) did not pass .* ModuleNotFoundError.* to do mend the cause, then `buddyverse up --sandbox`/,
  );

  const listed = await on.rehearse("releases");
  expect(listed.stdout).toMatch(
    / {2}when +by +result +took +image\n {2}3 .* sandbox +rolled back +\dm\d\ds .*\n +the built-in page\n +i-\w+ did not pass[^\n]*\n\* 2 .* succeeded .*\n +the built-in page\n {2}1 .* first /,
  );

  expect(await on.rehearse("rollback")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Say --yes: buddyverse rollback --sandbox --yes"),
  });
  await release(9);
  const back = await on.rehearse("rollback --yes");
  expect(back.code, back.stderr).toBe(0);
  const said = back.stderr.replace(/\s+/g, " ");
  expect(said).toContain("Back to release 1 from release 2: the built-in page, of ");
  expect(said).toContain("Nothing is baked: 2 instances are replaced one at a time, about 7 min; the site goes on.");
  // The first release had a domain.
  expect(said).toContain("! Besides the image: volumeGiB 9 → 8, what the instances are told at boot.");
  expect(back.stdout).toMatch(
    /^✔ Release 4 is release 1 again, after \dm\d+s\. Release 2 was left\.\n`buddyverse up --sandbox` leaves it so until/,
  );

  const again = await on.rehearse("up --yes");
  expect(again.code).toBe(0);
  expect(again.stdout).toContain("release 4 was gone back to from release 2, which is what the config says");
  expect((await on.rehearse("plan --detailed-exit-code")).code).toBe(0);
  expect((await on.rehearse("status")).stdout).toContain("release 4 was gone back to from release 2");
  const { releases } = JSON.parse((await on.rehearse("releases --json")).stdout);
  expect(releases[0]).toMatchObject({ number: 4, current: true, back: { to: 1, from: 2 }, result: "succeeded" });
});
