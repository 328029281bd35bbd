import type { Identified } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { command, type Extra, type ExtraReader, standing } from "../extra.ts";
import { allPages } from "../pages.ts";
import type { SubscriptionLive } from "./subscription.ts";
import { NO_TOPIC } from "./topic.ts";

/** An ARN of another account, or a web page. */
const leadsElsewhere = (aws: Aws, endpoint: string): boolean =>
  /^https?:/.test(endpoint) || (endpoint.startsWith("arn:") && endpoint.split(":")[4] !== aws.account);

const subscribers: ExtraReader = {
  what: "subscribers of topics",
  async read(aws, _stack, seen) {
    const own = standing<SubscriptionLive>(seen, "sns:subscription").map(
      ({ live }) => `${live.topicArn}|${live.email}`,
    );
    const found = await Promise.all(
      standing<Identified>(seen, "sns:topic").map(async ({ name, live }) => {
        const all = await undefinedIf(NO_TOPIC, () =>
          allPages(
            (NextToken) => aws.sns.listSubscriptionsByTopic({ TopicArn: live.id, NextToken }),
            (page) => page.Subscriptions,
            (page) => page.NextToken,
          ),
        );
        return (all ?? [])
          .filter(({ Endpoint = "" }) => !own.includes(`${live.id}|${Endpoint}`))
          .map(
            ({ SubscriptionArn = "", Protocol, Endpoint = "", Owner }): Extra => ({
              what: "subscriber",
              id: Endpoint,
              on: name,
              effect: `gets the alarms by ${Protocol}`,
              whose: Owner && Owner !== aws.account ? `account ${Owner}` : "",
              // A queue, a function or a page of somebody else's; by mail people are told.
              danger: leadsElsewhere(aws, Endpoint) ? "leads elsewhere" : undefined,
              commands: SubscriptionArn.startsWith("arn:")
                ? [command(aws, `sns unsubscribe --subscription-arn ${SubscriptionArn}`)]
                : [],
            }),
          );
      }),
    );
    return found.flat();
  },
};

export const extras: readonly ExtraReader[] = [subscribers];
