import { command, type Extra, type ExtraReader, idsIn } from "../extra.ts";
import { allPages } from "../pages.ts";

const subscriptions: ExtraReader = {
  what: "event subscriptions",
  async read(aws, _stack, seen) {
    const known = idsIn(seen);
    const found = await allPages(
      (Marker) => aws.rds.describeEventSubscriptions({ Marker }),
      (page) => page.EventSubscriptionsList,
      (page) => page.Marker,
    );
    // One that names no source is of all in the account, and so is none of this stack's.
    return found.flatMap(({ CustSubscriptionId: id = "", SnsTopicArn = "", SourceIdsList = [] }): Extra[] => {
      const on = SourceIdsList.filter((source) => known.has(source));
      if (on.length === 0) return [];
      return [
        {
          what: "event subscription",
          id,
          on: on.join(", "),
          effect: `tells ${SnsTopicArn} of its events`,
          whose: "",
          danger: SnsTopicArn.split(":")[4] === aws.account ? undefined : "leads elsewhere",
          commands: [command(aws, `rds delete-event-subscription --subscription-name ${id}`)],
        },
      ];
    });
  },
};

export const extras: readonly ExtraReader[] = [subscriptions];
