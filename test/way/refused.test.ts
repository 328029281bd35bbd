import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { folder } from "../cli/folder.ts";
import { START } from "../lifecycle/stage.ts";
import { fresh, start } from "../reliability/matrix.ts";

test("an account that AWS has not verified yet: doctor and up say that it passes, and the same command continues then", async () => {
  const on = folder({});
  expect((await on.rehearse("sandbox fail verification")).code).toBe(0);
  for (const line of ["doctor", "up --yes"]) {
    const { code, stdout, stderr } = await on.rehearse(line);
    const said = stdout + stderr;
    expect([line, code]).toEqual([line, 1]);
    expect(said).toContain("PendingVerification: Your account is currently being verified.");
    expect(said).toContain("That passes by itself");
    expect(said).not.toMatch(/buddyverse policy|log in|\bsso\b/);
  }
  expect((await on.rehearse("sandbox mend verification")).code).toBe(0);
  const { code, stderr } = await on.rehearse("up --yes");
  expect([code, stderr.match(/FAILED/)]).toEqual([0, null]);
});

test.each([
  [
    "CreateDBInstance",
    awsError(
      "AccessDenied",
      "User: arn:aws:iam::111122223333:user/me is not authorized to perform: rds:CreateDBInstance with an explicit deny in a service control policy",
      { status: 403 },
    ),
    "database",
    /A service control policy denies it explicitly, and `buddyverse policy` does not help/,
  ],
  [
    "CreateVpc",
    awsError(
      "UnauthorizedOperation",
      "You are not authorized to perform this operation. Encoded authorization failure message: xY-3_z9",
      { status: 403 },
    ),
    "vpc",
    /aws --endpoint-url SANDBOX sts decode-authorization-message --encoded-message xY-3_z9/,
  ],
  [
    "CreateDBInstance",
    awsError("AccessDenied", "because no identity-based policy allows the rds:CreateDBInstance action", {
      status: 403,
    }),
    "database",
    /^Give the caller the permissions that `buddyverse policy` prints/,
  ],
  [
    "CreateLoadBalancer",
    awsError("OperationNotPermittedException", "This AWS account currently does not support creating load balancers."),
    "load-balancer",
    /The account does not have this service/,
  ],
])("%s is denied in the middle of up (%s): what to do is told", async (operation, error, key, hint) => {
  const config = parseConfig({}, "x");
  const on = await start(
    config,
    { world: fresh(config), time: START, state: undefined },
    {
      around: (answer) => async (service, called, input) => {
        if (called === operation) throw error;
        return answer(service, called, input);
      },
    },
  );
  const failed = (await on.up()).settled.find((one) => one.key === key);
  expect(failed?.outcome).toBe("failed");
  expect(failed?.error?.hint).toMatch(hint);
  expect(failed?.error?.message).not.toContain("xY-3_z9");
});
