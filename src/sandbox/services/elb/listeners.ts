import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { removeRules } from "./rules.ts";
import {
  type Action,
  groupsOf,
  invalid,
  type Listener,
  type LoadBalancer,
  listenerTable,
  loadBalancerTable,
  modelled,
  noListener,
  noLoadBalancer,
  noTargetGroup,
  page,
  paging,
  tagsOf,
  tagsSchema,
  targetGroupTable,
  visible,
} from "./tables.ts";

/** A listener that is gone still counts as a user of its target group for this long, milliseconds. */
const HELD_MS = 3_000;

// Of AWS's policies those that one may want today, and its default.
const POLICIES = new Set([
  "ELBSecurityPolicy-2016-08",
  "ELBSecurityPolicy-TLS13-1-2-2021-06",
  "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
  "ELBSecurityPolicy-TLS13-1-3-2021-06",
  "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
]);

const order = z.number().int().min(1).max(50_000).optional();
const endpoint = z.string().regex(/^https:\/\//);
const last = z.discriminatedUnion("Type", [
  z.strictObject({
    Type: z.literal("forward"),
    Order: order,
    TargetGroupArn: z.string().optional(),
    ForwardConfig: z
      .strictObject({
        TargetGroups: z
          .array(z.strictObject({ TargetGroupArn: z.string(), Weight: z.number().int().min(0).max(999).optional() }))
          .min(1)
          .max(5),
      })
      .optional(),
  }),
  z.strictObject({
    Type: z.literal("redirect"),
    Order: order,
    RedirectConfig: z.strictObject({
      Protocol: z.enum(["HTTP", "HTTPS", "#{protocol}"]).optional(),
      Port: z
        .string()
        .regex(/^(\d{1,5}|#\{port\})$/)
        .optional(),
      Host: z.string().min(1).max(128).optional(),
      Path: z.string().min(1).max(128).startsWith("/").optional(),
      Query: z.string().max(128).optional(),
      StatusCode: z.enum(["HTTP_301", "HTTP_302"]),
    }),
  }),
  z.strictObject({
    Type: z.literal("fixed-response"),
    Order: order,
    FixedResponseConfig: z.strictObject({
      StatusCode: z.string().regex(/^[245]\d\d$/),
      ContentType: z
        .enum(["text/plain", "text/css", "text/html", "application/javascript", "application/json"])
        .optional(),
      MessageBody: z.string().max(1024).optional(),
    }),
  }),
]);
const authenticate = z.strictObject({
  Type: z.literal("authenticate-oidc"),
  Order: order,
  AuthenticateOidcConfig: z.strictObject({
    Issuer: endpoint,
    AuthorizationEndpoint: endpoint,
    TokenEndpoint: endpoint,
    UserInfoEndpoint: endpoint,
    ClientId: z.string(),
    ClientSecret: z.string(),
  }),
});
/** One that answers, last in order, and perhaps one before it that asks who it is (API reference, CreateListener). */
const actions = z.union([z.tuple([last]), z.tuple([authenticate, last])]);
const certificates = z.array(z.strictObject({ CertificateArn: z.string() })).length(1);
const protocol = z.enum(["HTTP", "HTTPS"]);

function actionOf(
  sim: Sim,
  all: z.infer<typeof actions>,
  balancer: LoadBalancer,
  own: { readonly protocol: string; readonly port: number },
): Action {
  const given = all.length === 2 ? all[1] : all[0];
  const asks = all.length === 2 ? all[0] : undefined;
  if (asks && own.protocol !== "HTTPS")
    throw modelled("InvalidLoadBalancerAction", "Authenticate actions are supported only by HTTPS listeners");
  if (asks && (given.Type !== "forward" || (asks.Order ?? 0) >= (given.Order ?? 0)))
    throw modelled(
      "InvalidLoadBalancerAction",
      "The actions must have an order; the last one must be a forward, redirect or fixed-response action",
    );
  if (given.Type === "fixed-response") {
    const { StatusCode, ContentType = "text/plain", MessageBody = "" } = given.FixedResponseConfig;
    return { kind: "fixed", status: StatusCode, contentType: ContentType, body: MessageBody };
  }
  if (given.Type === "redirect") {
    const { Host = HOST, Path = PATH, Query = QUERY } = given.RedirectConfig;
    const action = {
      kind: "redirect",
      protocol: given.RedirectConfig.Protocol ?? "#{protocol}",
      port: given.RedirectConfig.Port ?? "#{port}",
      status: given.RedirectConfig.StatusCode,
      host: Host,
      path: Path,
      query: Query,
    } as const;
    // One of protocol, host, port and path has to be another (API reference, RedirectActionConfig).
    if (Host !== HOST || Path !== PATH) return action;
    const sameProtocol = action.protocol === "#{protocol}" || action.protocol === own.protocol;
    const samePort = action.port === "#{port}" || action.port === String(own.port);
    if (sameProtocol && samePort) {
      throw modelled("InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop.");
    }
    return action;
  }
  const weighted = given.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: given.TargetGroupArn ?? "" }];
  // One target group may be named in both places, when it is the same one (API reference, Action).
  if (
    given.ForwardConfig &&
    given.TargetGroupArn &&
    weighted.some((one) => one.TargetGroupArn !== given.TargetGroupArn)
  )
    throw modelled("InvalidLoadBalancerAction", "You must specify either a target group ARN or a forward config");
  const groups = weighted.map(({ TargetGroupArn, ...one }) => ({
    targetGroupArn: checkedTarget(sim, TargetGroupArn, balancer),
    weight: "Weight" in one ? (one.Weight ?? 1) : 1,
  }));
  const [first, ...more] = groups;
  if (more.length > 0) {
    if (asks) throw modelled("InvalidLoadBalancerAction", "The sandbox knows no weighted target groups behind a login");
    return { kind: "weighted", groups };
  }
  const { ClientSecret: _secret, ...config } = asks?.AuthenticateOidcConfig ?? { ClientSecret: "" };
  return {
    kind: "forward",
    targetGroupArn: first?.targetGroupArn ?? "",
    ...("Issuer" in config ? { authenticate: config } : {}),
  };
}

/** What a redirect leaves as it is in the request; AWS fills it in (API reference, RedirectActionConfig). */
const [HOST, PATH, QUERY] = ["#{host}", "/#{path}", "#{query}"] as const;

/** The target group as a listener of the load balancer may send to it. */
function checkedTarget(sim: Sim, arn: string, balancer: LoadBalancer): string {
  const target = visible(targetGroupTable(sim), arn, noTargetGroup);
  if (target.vpcId !== balancer.vpcId)
    throw modelled("InvalidConfigurationRequest", `The target group '${target.arn}' is not in the load balancer's VPC`);
  const elsewhere = listenerTable(sim)
    .all()
    .some(({ action, loadBalancerArn }) => groupsOf(action).includes(target.arn) && loadBalancerArn !== balancer.arn);
  if (elsewhere) {
    throw modelled(
      "TargetGroupAssociationLimit",
      `The following target groups cannot be associated with more than one load balancer: ${target.arn}`,
    );
  }
  return target.arn;
}

/** Checks what TLS needs. AWS names neither the certificate nor its state when that is what is wrong. */
function checkTls(sim: Sim, listener: Pick<Listener, "protocol" | "certificateArn" | "policy">): void {
  if (listener.protocol === "HTTP") {
    if (listener.certificateArn || listener.policy)
      throw invalid("Certificates and SSL policies cannot be specified for HTTP listeners");
    return;
  }
  if (!listener.certificateArn) throw invalid("A certificate must be specified for HTTPS listeners");
  if (listener.policy && !POLICIES.has(listener.policy))
    throw modelled("SSLPolicyNotFound", `One or more SSL policies not found`);
  const certificate = sim
    .table<{ readonly arn: string; readonly status: string }>("acm.certificates")
    .get(listener.certificateArn);
  if (!certificate) throw modelled("CertificateNotFound", `Certificate ARN '${listener.certificateArn}' is not valid`);
  if (certificate.status !== "ISSUED") {
    throw awsError(
      "UnsupportedCertificate",
      `The certificate '${listener.certificateArn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`,
    );
  }
}

/** Its target group counts as used a little longer. */
export function removeListener(sim: Sim, listener: Listener): void {
  release(sim, listener);
  removeRules(sim, listener.arn);
  listenerTable(sim).remove(listener.arn);
}

function release(sim: Sim, { action }: Listener): void {
  for (const arn of groupsOf(action)) {
    const target = targetGroupTable(sim).get(arn);
    if (target) targetGroupTable(sim).putNow(target.arn, { ...target, heldUntil: sim.now + HELD_MS });
  }
}

const described = (one: Listener) => ({
  ListenerArn: one.arn,
  LoadBalancerArn: one.loadBalancerArn,
  Port: one.port,
  Protocol: one.protocol,
  ...(one.certificateArn ? { Certificates: [{ CertificateArn: one.certificateArn }] } : {}),
  ...(one.policy ? { SslPolicy: one.policy } : {}),
  DefaultActions: describedActions(one.action),
});

function describedActions(action: Action): readonly object[] {
  switch (action.kind) {
    case "forward": {
      const forward = {
        Type: "forward",
        TargetGroupArn: action.targetGroupArn,
        ForwardConfig: {
          TargetGroups: [{ TargetGroupArn: action.targetGroupArn, Weight: 1 }],
          TargetGroupStickinessConfig: { Enabled: false },
        },
      };
      if (!action.authenticate) return [forward];
      // The secret is never shown.
      const login = { Type: "authenticate-oidc", Order: 1, AuthenticateOidcConfig: action.authenticate };
      return [login, { ...forward, Order: 2 }];
    }
    case "weighted":
      return [
        {
          Type: "forward",
          ForwardConfig: {
            TargetGroups: action.groups.map(({ targetGroupArn, weight }) => ({
              TargetGroupArn: targetGroupArn,
              Weight: weight,
            })),
            TargetGroupStickinessConfig: { Enabled: false },
          },
        },
      ];
    case "fixed":
      return [
        {
          Type: "fixed-response",
          FixedResponseConfig: {
            StatusCode: action.status,
            ContentType: action.contentType,
            ...(action.body ? { MessageBody: action.body } : {}),
          },
        },
      ];
    case "redirect":
      return [
        {
          Type: "redirect",
          // AWS fills in what was left out.
          RedirectConfig: {
            Protocol: action.protocol,
            Port: action.port,
            StatusCode: action.status,
            Host: action.host ?? HOST,
            Path: action.path ?? PATH,
            Query: action.query ?? QUERY,
          },
        },
      ];
  }
}

export const listeners: SandboxService = {
  operations: {
    CreateListener: operation(
      {
        LoadBalancerArn: z.string(),
        Port: z.number().int().min(1).max(65535),
        Protocol: protocol,
        Certificates: certificates.optional(),
        SslPolicy: z.string().optional(),
        DefaultActions: actions,
        Tags: tagsSchema.optional(),
      },
      (input, sim) => {
        const balancer = visible(loadBalancerTable(sim), input.LoadBalancerArn, noLoadBalancer);
        const wanted = {
          loadBalancerArn: balancer.arn,
          port: input.Port,
          protocol: input.Protocol,
          certificateArn: input.Certificates?.[0]?.CertificateArn ?? null,
          policy: input.SslPolicy ?? (input.Protocol === "HTTPS" ? "ELBSecurityPolicy-2016-08" : null),
          action: actionOf(sim, input.DefaultActions, balancer, { protocol: input.Protocol, port: input.Port }),
        };
        const existing = listenerTable(sim)
          .all()
          .find((one) => one.loadBalancerArn === balancer.arn && one.port === input.Port);
        if (existing) {
          const { arn: _arn, tags: _tags, ...settings } = existing;
          const text = (one: typeof wanted) =>
            JSON.stringify(Object.entries(one).sort(([a], [b]) => a.localeCompare(b)));
          if (text(settings) === text(wanted)) return { Listeners: [described(existing)] };
          throw modelled(
            "DuplicateListener",
            `A listener already exists on this port for this load balancer '${balancer.arn}'`,
          );
        }
        checkTls(sim, wanted);
        const made: Listener = {
          ...wanted,
          arn: `${balancer.arn.replace(":loadbalancer/", ":listener/")}/${sim.hex(16)}`,
          tags: tagsOf(input.Tags),
        };
        listenerTable(sim).put(made.arn, made);
        return { Listeners: [described(made)] };
      },
    ),

    DescribeListeners: operation(
      { LoadBalancerArn: z.string().optional(), ListenerArns: z.array(z.string()).optional(), ...paging },
      (input, sim) => {
        if ((input.LoadBalancerArn === undefined) === (input.ListenerArns === undefined))
          throw invalid("You must specify either listener ARNs or a load balancer ARN");
        if (input.LoadBalancerArn && !loadBalancerTable(sim).visible(input.LoadBalancerArn)) throw noLoadBalancer();
        const found = listenerTable(sim)
          .allVisible()
          .filter((one) => !input.LoadBalancerArn || one.loadBalancerArn === input.LoadBalancerArn)
          .filter((one) => !input.ListenerArns || input.ListenerArns.includes(one.arn));
        if (input.ListenerArns && found.length < input.ListenerArns.length) throw noListener();
        const { items, NextMarker } = page(found, input);
        return { Listeners: items.map(described), NextMarker };
      },
    ),

    ModifyListener: operation(
      {
        ListenerArn: z.string(),
        Port: z.number().int().min(1).max(65535).optional(),
        Protocol: protocol.optional(),
        Certificates: certificates.optional(),
        SslPolicy: z.string().optional(),
        DefaultActions: actions.optional(),
      },
      (input, sim) => {
        const listener = visible(listenerTable(sim), input.ListenerArn, noListener);
        const balancer = visible(loadBalancerTable(sim), listener.loadBalancerArn, noLoadBalancer);
        const changed: Listener = {
          ...listener,
          port: input.Port ?? listener.port,
          protocol: input.Protocol ?? listener.protocol,
          certificateArn: input.Certificates?.[0]?.CertificateArn ?? listener.certificateArn,
          policy: input.SslPolicy ?? listener.policy,
        };
        const action = input.DefaultActions ? actionOf(sim, input.DefaultActions, balancer, changed) : listener.action;
        checkTls(sim, changed);
        if (input.DefaultActions) release(sim, listener);
        listenerTable(sim).put(listener.arn, { ...changed, action });
        return { Listeners: [described({ ...changed, action })] };
      },
    ),

    DeleteListener: operation({ ListenerArn: z.string() }, ({ ListenerArn }, sim) => {
      const listener = listenerTable(sim).get(ListenerArn);
      if (!listener) throw noListener();
      removeListener(sim, listener);
      return {};
    }),
  },
};
