import type { Identified } from "../../engine/resource.ts";
import { command, type Extra, type ExtraReader, standing } from "../extra.ts";
import { policyMeaning } from "../policy-meaning.ts";
import { policyOf } from "./vault-policy.ts";

const policies: ExtraReader = {
  what: "access policies of vaults",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        standing<Identified>(seen, "backup:vault").map(async ({ name, live }): Promise<readonly Extra[]> => {
          const policy = await policyOf(aws, live.id);
          if (policy === undefined) return [];
          return [
            {
              what: "vault access policy",
              id: live.id,
              on: name,
              ...policyMeaning(policy, aws.account),
              whose: "",
              commands: [command(aws, `backup delete-backup-vault-access-policy --backup-vault-name ${live.id}`)],
            },
          ];
        }),
      )
    ).flat(),
};

export const extras: readonly ExtraReader[] = [policies];
