/** `why`, as it is typed. */
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

test("nothing is there, all is well, and what failed: its reason, what its machine said, what to do", async () => {
  const on = folder({});
  expect(await on.rehearse("why")).toMatchObject({ code: 1, stdout: expect.stringContaining("Nothing is there yet") });

  await on.run("sandbox fail nat fails");
  expect((await on.rehearse("up --yes --quiet")).code).toBe(1);
  const failed = await on.rehearse("why");
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/^Not well: instance Buddy-NAT[12]$/m);
  expect(failed.stdout).toContain("dnf -y -q install nftables: Curl error (28): Timeout was reached");
  expect(failed.stdout).toMatch(/^ {2}to do {2}`buddyverse up --sandbox` mends it$/m);
  expect(failed.stdout).toMatch(/^Also not well: instance Buddy-NAT[12]\.$/m);

  await on.run("sandbox mend");
  expect((await on.rehearse("up --yes --quiet")).code).toBe(0);
  const well = await on.rehearse("why");
  expect(well).toMatchObject({ code: 0, stdout: expect.stringMatching(/^All is well: \d+ resources, no alarm\.$/m) });
  expect(JSON.parse((await on.rehearse("why --json")).stdout)).toEqual({ schemaVersion: 1, well: true });

  // The files' copy stays, and with it their vault.
  expect((await on.rehearse("down --yes --quiet")).code).toBe(0);
  const gone = await on.rehearse("why");
  expect(gone).toMatchObject({ code: 1, stdout: expect.stringMatching(/^The stack is not up: `buddyverse up/m) });
});
