import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import {
  invalid,
  type Listener,
  listenerTable,
  modelled,
  noListener,
  page,
  paging,
  targetGroupTable,
} from "./tables.ts";

/*
 * What others hang on a listener: rules that come before its default action, and certificates for other names. The site's own
 * traffic here does not go by them.
 */

interface Rule {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly object[];
  readonly actions: readonly { readonly Type: string; readonly [key: string]: unknown }[];
}
interface OtherCertificate {
  readonly listenerArn: string;
  readonly certificateArn: string;
}
const ruleTable = (sim: Sim) => sim.table<Rule>("elb.rules");
const certificateTable = (sim: Sim) => sim.table<OtherCertificate>("elb.otherCertificates");

const noRule = () => modelled("RuleNotFound", "One or more rules not found");
function listenerFor(sim: Sim, arn: string): Listener {
  const found = listenerTable(sim).visible(arn);
  if (!found) throw noListener();
  return found;
}

const condition = z.looseObject({ Field: z.string() });
const action = z.looseObject({
  Type: z.enum(["forward", "redirect", "fixed-response"]),
  TargetGroupArn: z.string().optional(),
});

const described = ({ arn, priority, conditions, actions }: Rule) => ({
  RuleArn: arn,
  Priority: String(priority),
  Conditions: conditions,
  Actions: actions,
  IsDefault: false,
});

/** A listener that is gone takes its rules and certificates with it. */
export function removeRules(sim: Sim, listenerArn: string): void {
  for (const one of ruleTable(sim).all()) if (one.listenerArn === listenerArn) ruleTable(sim).removeNow(one.arn);
  for (const one of certificateTable(sim).all())
    if (one.listenerArn === listenerArn) certificateTable(sim).removeNow(`${listenerArn} ${one.certificateArn}`);
}

export const rules: SandboxService = {
  operations: {
    CreateRule: operation(
      {
        ListenerArn: z.string(),
        Conditions: z.array(condition).min(1),
        Priority: z.number().int().min(1).max(50_000),
        Actions: z.array(action).length(1),
      },
      (input, sim) => {
        const listener = listenerFor(sim, input.ListenerArn);
        const own = ruleTable(sim)
          .all()
          .filter((one) => one.listenerArn === listener.arn);
        if (own.some(({ priority }) => priority === input.Priority))
          throw modelled("PriorityInUse", `Priority '${input.Priority}' is currently in use`);
        for (const { Type, TargetGroupArn } of input.Actions) {
          if (Type !== "forward") continue;
          if (TargetGroupArn === undefined) throw invalid("A target group ARN must be specified");
          if (!targetGroupTable(sim).visible(TargetGroupArn))
            throw modelled("TargetGroupNotFound", "One or more target groups not found");
        }
        const arn = `${listener.arn.replace(":listener/", ":listener-rule/")}/${sim.hex(16)}`;
        const rule: Rule = {
          arn,
          listenerArn: listener.arn,
          priority: input.Priority,
          conditions: input.Conditions,
          actions: input.Actions,
        };
        ruleTable(sim).put(arn, rule);
        return { Rules: [described(rule)] };
      },
    ),
    DescribeRules: operation(
      { ListenerArn: z.string().optional(), RuleArns: z.array(z.string()).optional(), ...paging },
      (input, sim) => {
        if ((input.ListenerArn === undefined) === (input.RuleArns === undefined))
          throw invalid("You must specify either listener rule ARNs or a listener ARN");
        const found = ruleTable(sim)
          .allVisible()
          .filter((one) => !input.ListenerArn || one.listenerArn === input.ListenerArn)
          .filter((one) => !input.RuleArns || input.RuleArns.includes(one.arn))
          .sort((one, other) => one.priority - other.priority);
        const listener = input.ListenerArn === undefined ? undefined : listenerFor(sim, input.ListenerArn);
        if (input.RuleArns && found.length < input.RuleArns.length) throw noRule();
        const { items, NextMarker } = page(found, input);
        const last = listener && {
          RuleArn: `${listener.arn.replace(":listener/", ":listener-rule/")}/default`,
          Priority: "default",
          Conditions: [],
          IsDefault: true,
        };
        return { Rules: [...items.map(described), ...(last && NextMarker === undefined ? [last] : [])], NextMarker };
      },
    ),
    DeleteRule: operation({ RuleArn: z.string() }, ({ RuleArn }, sim) => {
      if (!ruleTable(sim).get(RuleArn)) throw noRule();
      ruleTable(sim).remove(RuleArn);
      return {};
    }),

    AddListenerCertificates: operation(
      { ListenerArn: z.string(), Certificates: z.array(z.strictObject({ CertificateArn: z.string() })).length(1) },
      ({ ListenerArn, Certificates: [given] }, sim) => {
        const { arn, protocol } = listenerFor(sim, ListenerArn);
        const certificateArn = given?.CertificateArn ?? "";
        if (protocol !== "HTTPS") throw invalid("Certificates cannot be added to an HTTP listener");
        if (!sim.table("acm.certificates").get(certificateArn))
          throw modelled("CertificateNotFound", `Certificate ARN '${certificateArn}' is not valid`);
        certificateTable(sim).put(`${arn} ${certificateArn}`, { listenerArn: arn, certificateArn });
        return { Certificates: [{ CertificateArn: certificateArn, IsDefault: false }] };
      },
    ),
    DescribeListenerCertificates: operation({ ListenerArn: z.string(), ...paging }, ({ ListenerArn }, sim) => {
      const { arn, certificateArn } = listenerFor(sim, ListenerArn);
      const others = certificateTable(sim)
        .allVisible()
        .filter((one) => one.listenerArn === arn)
        .map((one) => ({ CertificateArn: one.certificateArn, IsDefault: false }));
      return {
        Certificates: [...(certificateArn ? [{ CertificateArn: certificateArn, IsDefault: true }] : []), ...others],
      };
    }),
    RemoveListenerCertificates: operation(
      { ListenerArn: z.string(), Certificates: z.array(z.strictObject({ CertificateArn: z.string() })).length(1) },
      ({ ListenerArn, Certificates: [given] }, sim) => {
        const { arn, certificateArn } = listenerFor(sim, ListenerArn);
        if (given?.CertificateArn === certificateArn)
          throw modelled("OperationNotPermitted", "The default certificate cannot be removed");
        certificateTable(sim).remove(`${arn} ${given?.CertificateArn}`);
        return {};
      },
    ),
  },
};
