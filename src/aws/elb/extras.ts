import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Identified } from "../../engine/resource.ts";
import type { Snapshot } from "../../engine/snapshot.ts";
import type { Aws } from "../aws.ts";
import { calledIn, command, type Extra, type ExtraReader, idsIn, standing } from "../extra.ts";
import { allPages } from "../pages.ts";
import type { ListenerLive } from "./listener.ts";

const listenersIn = (seen: Snapshot["entries"]) => standing<ListenerLive>(seen, "elb:listener");

function ruleEffect(seen: Snapshot["entries"], { Conditions = [], Actions = [] }: Rule): string {
  const when = Conditions.map(({ Field, Values, PathPatternConfig, HostHeaderConfig }) => {
    const values = Values ?? PathPatternConfig?.Values ?? HostHeaderConfig?.Values ?? [];
    return values.length > 0 ? values.join(" or ") : (Field ?? "");
  }).join(" and ");
  const [action] = Actions;
  const target = action?.TargetGroupArn ?? action?.ForwardConfig?.TargetGroups?.[0]?.TargetGroupArn;
  const redirect = action?.RedirectConfig;
  const what = target
    ? `goes to ${calledIn(seen, target)}`
    : redirect
      ? `is redirected to ${redirect.Protocol?.toLowerCase().replace("#{protocol}", "http") ?? "http"}://${redirect.Host ?? "#{host}"}`
      : `is answered by the load balancer (${action?.Type ?? "?"})`;
  return `${when} ${what}`;
}

/** Everything but our own target group takes visitors elsewhere. */
const staysHere = (seen: Snapshot["entries"], { Actions = [] }: Rule): boolean =>
  Actions.every(({ TargetGroupArn, ForwardConfig }) => {
    const targets = [TargetGroupArn, ...(ForwardConfig?.TargetGroups ?? []).map((one) => one.TargetGroupArn)];
    const known = idsIn(seen);
    return targets.some(Boolean) && targets.every((arn) => arn === undefined || known.has(arn));
  });

const rules: ExtraReader = {
  what: "listener rules",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        listenersIn(seen).map(async ({ name, live }) => {
          const found = await allPages(
            (Marker) => aws.elb.describeRules({ ListenerArn: live.id, Marker }),
            (page) => page.Rules,
            (page) => page.NextMarker,
          );
          return found
            .filter(({ IsDefault }) => !IsDefault)
            .map(
              (rule): Extra => ({
                what: `listener rule ${rule.Priority}`,
                id: rule.RuleArn ?? "",
                on: name,
                effect: ruleEffect(seen, rule),
                whose: "",
                danger: staysHere(seen, rule) ? undefined : "leads elsewhere",
                commands: [command(aws, `elbv2 delete-rule --rule-arn ${rule.RuleArn}`)],
              }),
            );
        }),
      )
    ).flat(),
};

const certificates: ExtraReader = {
  what: "certificates of listeners",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        listenersIn(seen)
          .filter(({ live }) => live.protocol === "HTTPS")
          .map(async ({ name, live }) => {
            const found = await allPages(
              (Marker) => aws.elb.describeListenerCertificates({ ListenerArn: live.id, Marker }),
              (page) => page.Certificates,
              (page) => page.NextMarker,
            );
            return found
              .filter(({ IsDefault, CertificateArn }) => !IsDefault && CertificateArn !== live.certificateArn)
              .map(
                ({ CertificateArn = "" }): Extra => ({
                  what: "certificate",
                  id: CertificateArn,
                  on: name,
                  effect: "served for its names",
                  whose: "",
                  danger: undefined,
                  commands: [
                    command(
                      aws,
                      `elbv2 remove-listener-certificates --listener-arn ${live.id} --certificates CertificateArn=${CertificateArn}`,
                    ),
                  ],
                }),
              );
          }),
      )
    ).flat(),
};

const listeners: ExtraReader = {
  what: "listeners",
  async read(aws, _stack, seen) {
    const known = idsIn(seen);
    const found = await Promise.all(
      standing<Identified>(seen, "elb:load-balancer").map(async ({ name, live }) =>
        (await listenersOf(aws, live.id))
          .filter(({ ListenerArn = "" }) => !known.has(ListenerArn))
          .map(({ ListenerArn = "", Port, Protocol, DefaultActions = [] }): Extra => {
            const target = DefaultActions[0]?.TargetGroupArn;
            const ours = target !== undefined && known.has(target);
            return {
              what: `listener ${Protocol} ${Port}`,
              id: ListenerArn,
              on: name,
              effect: target === undefined ? `${DefaultActions[0]?.Type ?? ""}` : `goes to ${calledIn(seen, target)}`,
              whose: "",
              danger: ours ? "opened to the world" : "leads elsewhere",
              commands: [command(aws, `elbv2 delete-listener --listener-arn ${ListenerArn}`)],
            };
          }),
      ),
    );
    return found.flat();
  },
};
const listenersOf = (aws: Aws, LoadBalancerArn: string) =>
  allPages(
    (Marker) => aws.elb.describeListeners({ LoadBalancerArn, Marker }),
    (page) => page.Listeners,
    (page) => page.NextMarker,
  );

export const extras: readonly ExtraReader[] = [rules, certificates, listeners];
