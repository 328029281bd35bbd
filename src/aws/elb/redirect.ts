import type { Action, Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import { undefinedIf } from "../errors.ts";
import { forwardTarget, listenersFor, onlyTargetGroup } from "./named.ts";

export interface RedirectSpec {
  readonly listenerArn: string;
  /** Where the listener forwards to again when the redirect goes. */
  readonly targetGroupArn: string;
}
/** `id` is the listener's ARN and `#redirect`. */
export interface RedirectLive extends RedirectSpec, Identified {
  readonly stack: string;
}

const TO_HTTPS = { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } as const;

const isOurs = (action: Action | undefined): boolean =>
  action?.Type === "redirect" &&
  action.RedirectConfig?.Protocol === TO_HTTPS.Protocol &&
  action.RedirectConfig.Port === TO_HTTPS.Port &&
  action.RedirectConfig.StatusCode === TO_HTTPS.StatusCode;

/** That a listener answers with "301, go to https". Named as its listener: `<load balancer>:<port>`, and perhaps more. */
export const redirect: ResourceType<RedirectSpec, RedirectLive> = {
  name: "elb:redirect",
  immutable: ["listenerArn"],
  same: { targetGroupArn: createOnly },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 2 },
  retryable: { create: ["ListenerNotFoundException"] },

  async find(aws, owner, recorded) {
    const redirects = ({ DefaultActions }: Listener) => isOurs(DefaultActions?.[0]);
    const found = await listenersFor(aws, owner, recorded, redirects);
    if (!found || !redirects(found.listener)) return undefined;
    const listenerArn = found.listener.ListenerArn as string;
    return {
      id: `${listenerArn}#redirect`,
      listenerArn,
      // A redirect does not say what it stands before; the listener that it leads to does.
      targetGroupArn: found.others.map(forwardTarget).find((arn) => arn !== undefined) ?? "",
      stack: owner.stack,
    };
  },

  async create(aws, { listenerArn }) {
    await aws.elb.modifyListener({
      ListenerArn: listenerArn,
      DefaultActions: [{ Type: "redirect", RedirectConfig: TO_HTTPS }],
    });
    return `${listenerArn}#redirect`;
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
