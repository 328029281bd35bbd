import type { Protection } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { stackVault } from "./names.ts";
import { switchedOff } from "./opt-in.ts";
import { vaultNamed } from "./vault.ts";
import { allowCommand, deniedBy, policyOf } from "./vault-policy.ts";

/** The action of the call that copies (`copyToVault`), which a vault's policy can deny. */
const COPIES = "backup:StartBackupJob";

/** Why AWS Backup would not copy into the stack's vault as things are now. Only reads. */
export async function copyObstacles(aws: Aws, stack: string): Promise<readonly Protection[]> {
  const vault = stackVault(stack);
  if (!(await vaultNamed(aws, vault)))
    return [
      {
        what: `the backup vault ${vault}, into which the copy of it would go, is not there`,
        lift: { to: `have ${vault} made`, commands: ["buddyverse up"] },
      },
    ];
  const [off, denied] = await Promise.all([switchedOff(aws), deniedBy(aws, vault)]);
  const found: Protection[] = [];
  if (off) found.push({ what: off.what, lift: { to: "switch it on", commands: [off.command] } });
  if (denied.has(COPIES))
    found.push({
      what: `the access policy of the backup vault ${vault} denies ${COPIES}, so no copy of it can be made`,
      lift: {
        to: `allow copies into ${vault}`,
        commands: [allowCommand(aws, vault, (await policyOf(aws, vault)) ?? "{}", [COPIES])],
      },
    });
  return found;
}
