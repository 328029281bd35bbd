import type { Action, Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { forwardTarget, listenersFor, onlyTargetGroup } from "./named.ts";

export interface RedirectSpec {
  readonly listenerArn: string;
  /** Where the listener forwards to again when the redirect goes. */
  readonly targetGroupArn: string;
  /** What it answers: `TO_HTTPS`. Of one that is there whatever stands in the redirect's place, but to forward. */
  readonly answer: string;
}
/** `id` is the listener's ARN and `#redirect`. */
export interface RedirectLive extends RedirectSpec, Identified {
  readonly stack: string;
}

const HTTPS = { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } as const;

/** What a listener answers, in one line. What a redirect leaves out is as in the request (API reference, RedirectActionConfig). */
function answerOf(actions: readonly Action[]): string {
  const [{ Type = "", RedirectConfig: to, FixedResponseConfig: fixed } = {}] = actions;
  if (to)
    return `${to.StatusCode} ${(to.Protocol ?? "#{protocol}").toLowerCase()}://${to.Host ?? "#{host}"}:${to.Port ?? "#{port}"}${to.Path ?? "/#{path}"}?${to.Query ?? "#{query}"}`;
  return fixed ? `${Type} ${fixed.StatusCode}` : actions.map((one) => one.Type).join(", ");
}
/** The same place by https, for good. */
export const TO_HTTPS: string = answerOf([{ Type: "redirect", RedirectConfig: HTTPS }]);

const answered = (aws: Aws, ListenerArn: string) =>
  aws.elb.modifyListener({ ListenerArn, DefaultActions: [{ Type: "redirect", RedirectConfig: HTTPS }] });

/** That a listener answers with "301, go to https". Named as its listener: `<load balancer>:<port>`, and perhaps more. */
export const redirect: ResourceType<RedirectSpec, RedirectLive> = {
  name: "elb:redirect",
  immutable: ["listenerArn"],
  coverage: {
    covers: { listenerArn: "unshown", targetGroupArn: "unshown", answer: ["DefaultActions"] },
    unshown: {
      listenerArn: "the listener's, by whose action it is seen",
      targetGroupArn: "a redirect does not say what it stands before",
    },
    dangers: [{ at: ["answer"], danger: "leads elsewhere" }],
  },
  same: { targetGroupArn: createOnly },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 2 },
  retryable: { create: ["ListenerNotFoundException"] },

  async find(aws, owner, recorded) {
    const answers = ({ DefaultActions = [] }: Listener) => answerOf(DefaultActions);
    const found = await listenersFor(aws, owner, recorded, (one) => answers(one) === TO_HTTPS);
    if (!found || forwardTarget(found.listener) !== undefined) return undefined;
    const listenerArn = found.listener.ListenerArn as string;
    return {
      id: `${listenerArn}#redirect`,
      listenerArn,
      answer: answers(found.listener),
      described: { DefaultActions: found.listener.DefaultActions },
      // A redirect does not say what it stands before; the listener that it leads to does.
      targetGroupArn: found.others.map(forwardTarget).find((arn) => arn !== undefined) ?? "",
      stack: owner.stack,
    };
  },

  async create(aws, { listenerArn }) {
    await answered(aws, listenerArn);
    return `${listenerArn}#redirect`;
  },

  async update(aws, { listenerArn }, _spec, changed) {
    if (changed.has("answer")) await answered(aws, listenerArn);
  },

  async delete(aws, { listenerArn, targetGroupArn, stack }) {
    const target = targetGroupArn || (await onlyTargetGroup(aws, stack));
    await undefinedIf(["ListenerNotFoundException"], () =>
      target === undefined
        ? // Nothing to forward to: without its action a listener is nothing, and the next `up` makes both.
          aws.elb.deleteListener({ ListenerArn: listenerArn })
        : aws.elb.modifyListener({
            ListenerArn: listenerArn,
            DefaultActions: [{ Type: "forward", TargetGroupArn: target }],
          }),
    );
  },
};
