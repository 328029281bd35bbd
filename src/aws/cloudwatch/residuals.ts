import { shellWord } from "../../lib/shell.ts";
import { undefinedIf } from "../errors.ts";
import { STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { FORGOTTEN, type Residual, type ResidualReader } from "../residual.ts";
import { alarmMonth } from "./prices.ts";

/** How the names of the stack's alarms begin: CloudWatch lists alarms by name, not by tag. */
const PREFIX = "Buddy-";

export const forgottenAlarms: ResidualReader = {
  what: "alarms",
  async read(aws, stack) {
    const all = await allPages(
      (NextToken) => aws.cloudWatch.describeAlarms({ AlarmNamePrefix: PREFIX, NextToken }),
      (page) => page.MetricAlarms,
      (page) => page.NextToken,
    );
    const found = await Promise.all(
      all.map(async ({ AlarmArn: id = "", AlarmName: name = "" }): Promise<Residual[]> => {
        const tags = await undefinedIf(["ResourceNotFoundException"], () =>
          aws.cloudWatch.listTagsForResource({ ResourceARN: id }),
        );
        if (tagsFrom(tags?.Tags)[STACK_TAG] !== stack) return [];
        const command = `${aws.cli} cloudwatch delete-alarms --alarm-names ${shellWord(name)} --region ${aws.region}`;
        return [{ what: "alarm", id, why: FORGOTTEN, price: alarmMonth.item, commands: [command] }];
      }),
    );
    return found.flat();
  },
};
