import { undefinedIf } from "../errors.ts";
import { STACK_TAG } from "../owned.ts";
import { FORGOTTEN, type Residual, type ResidualReader } from "../residual.ts";
import { arnOf, logGroupsUnder, NO_LOG_GROUP } from "./log-group.ts";
import { logGroupPrefix } from "./names.ts";
import { logStorage } from "./prices.ts";

export const forgottenLogGroups: ResidualReader = {
  what: "log groups",
  async read(aws, stack) {
    const all = await logGroupsUnder(aws, logGroupPrefix(stack));
    const found = await Promise.all(
      all.map(async ({ logGroupName: name = "", storedBytes = 0 }): Promise<Residual[]> => {
        const answer = await undefinedIf(NO_LOG_GROUP, () =>
          aws.logs.listTagsForResource({ resourceArn: arnOf(aws, name) }),
        );
        if (answer?.tags?.[STACK_TAG] !== stack) return [];
        const command = `${aws.cli} logs delete-log-group --log-group-name ${name} --region ${aws.region}`;
        return [
          {
            what: "log group",
            id: name,
            why: FORGOTTEN,
            gib: Math.ceil((storedBytes / 2 ** 30) * 100) / 100,
            price: logStorage.item,
            commands: [command],
          },
        ];
      }),
    );
    return found.flat();
  },
};
