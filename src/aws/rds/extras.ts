import { command, type Extra, type ExtraReader, idsIn, standing, whoseBy } from "../extra.ts";
import { allPages } from "../pages.ts";
import { type InstanceLive, instanceNamed } from "./read-instances.ts";

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

/** Copies that follow a database of the stack: AWS lists them with it, those in other regions by their ARNs. */
const replicas: ExtraReader = {
  what: "replicas of others",
  async read(aws, _stack, seen) {
    const known = idsIn(seen);
    const found = await Promise.all(
      ["rds:database", "rds:replica"]
        .flatMap((type) => standing<InstanceLive>(seen, type))
        .flatMap(({ name, live }) => live.replicas.filter((id) => !known.has(id)).map((id) => ({ id, name })))
        .map(async ({ id, name }): Promise<Extra> => {
          const isElsewhere = id.startsWith("arn:");
          const replica = isElsewhere ? undefined : await instanceNamed(aws, id);
          const isPublic = replica?.publicAccess ?? false;
          return {
            what: "replica",
            id,
            on: name,
            effect: `copies all that ${name} holds, as it comes${isPublic ? ", and has a public address" : ""}`,
            whose: whoseBy(replica?.tags ?? {}),
            danger: isPublic ? "made public" : isElsewhere ? "leads elsewhere" : undefined,
            commands: isElsewhere
              ? []
              : [command(aws, `rds delete-db-instance --db-instance-identifier ${id} --skip-final-snapshot`)],
          };
        }),
    );
    return found;
  },
};

export const extras: readonly ExtraReader[] = [subscriptions, replicas];
