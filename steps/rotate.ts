import type { InstanceLive as DatabaseLive } from "../src/aws/rds/read-instances.ts";
import { instanceHealth, setPassword } from "../src/aws/rds/read-instances.ts";
import { isAtLeast } from "../src/aws/rds/version.ts";
import { type SecretLive, setAnew } from "../src/aws/ssm/generated-secret.ts";
import type { Node } from "../src/engine/graph.ts";
import type { Stack } from "../src/engine/stack.ts";
import { BuddyError } from "../src/lib/errors.ts";
import { parameterOf } from "../src/recovery/password-parameter.ts";
import type { RotationStack } from "../src/recovery/rotate-password.ts";
import { readScalingGroup } from "../src/verify/aws/scaling.ts";
import type { Commands, Machines } from "../src/verify/machines.ts";
import { GROUP_KEY } from "./auto-scaling.ts";

/**
 * From here on the master user may have two passwords: its role has APPLICATION_PASSWORD_ADMIN (RDS user guide, "Role-based
 * privilege model for RDS for MySQL").
 */
const TWO_PASSWORDS = "8.0.36";

/**
 * The rotation of the database's password.
 * @throws BuddyError `failed` when there is no database, `refused` where it cannot have two passwords
 */
export async function rotationOf(
  { graph, find, run }: Stack,
  { machines, commands }: { readonly machines: Machines; readonly commands: Pick<Commands, "online"> },
): Promise<RotationStack & { readonly primary: string; readonly parameterName: string; readonly begun: boolean }> {
  const node = graph.nodes.get("database-password") as Node;
  const [primary, secret] = [
    (await find("database")) as DatabaseLive | undefined,
    (await find(node.key)) as SecretLive | undefined,
  ];
  if (!primary)
    throw new BuddyError({
      code: "failed",
      message: `${graph.nodes.get("database")?.name} is not there: there is no password to rotate`,
      hint: "Run `buddyverse up`, which makes it; where it has, `buddyverse status` says what became of it.",
    });
  if (instanceHealth(primary) !== "ready")
    throw new BuddyError({
      code: "failed",
      message: `${primary.id} is ${primary.status}: nobody can log in to be given a new password`,
      hint: "Run it again when the database is available.",
    });
  const { to, commands: lines } = setAnew(
    run.aws,
    node.owner,
    [setPassword(run.aws, primary) ?? []].flat(),
    secret !== undefined,
  );
  const byHand = `To ${to}, with failed requests for about a minute: ${lines.join(" && ")}`;
  if (!isAtLeast(primary.engineVersion, TWO_PASSWORDS))
    throw new BuddyError({
      code: "refused",
      message: `${primary.id} runs MySQL ${primary.engineVersion}: RDS lets its user have two passwords from ${TWO_PASSWORDS} on`,
      hint: `Nothing was changed. Upgrade it (database.engineVersion). ${byHand}`,
    });
  const group = await find(GROUP_KEY);
  return {
    clock: run.clock,
    signal: run.signal,
    machines,
    parameter: parameterOf(run, node),
    byHand,
    primary: primary.id,
    parameterName: node.name,
    begun: secret?.rotating ?? false,
    online: (instanceIds) => commands.online(instanceIds),
    async users() {
      const { instances } = group ? await readScalingGroup(run.aws, group.id, (subnet) => subnet) : { instances: [] };
      return instances.filter(({ leaving }) => !leaving);
    },
  };
}
