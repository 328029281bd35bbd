import { certificate as certificateType } from "../src/aws/acm/certificate.ts";
import { certificateKeys, issuedCertificate } from "../src/aws/acm/issued.ts";
import { listener as listenerType } from "../src/aws/elb/listener.ts";
import { redirect as redirectType, TO_HTTPS } from "../src/aws/elb/redirect.ts";
import { aliasRecordsName, aliasRecords as aliasRecordsType } from "../src/aws/route53/alias-records.ts";
import { record, validationName } from "../src/aws/route53/record.ts";
import { existingZone, ownedZone } from "../src/aws/route53/zone.ts";
import type { Config } from "../src/config/schema.ts";
import { type AnyResource, resource, step } from "../src/engine/resource.ts";
import type { LoadBalancerStep } from "./load-balancer.ts";

const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/**
 * The site's name and its https. The names lead to the load balancer at once, those of a site that moves only when it answers
 * here, by https too; the rest waits for the certificate. Keys hold the names, so that after a change of domain the new ones are
 * there before the old ones go.
 */
export function domainStep(
  { domain }: Config,
  { loadBalancer, targetGroup, listener }: Pick<LoadBalancerStep, "loadBalancer" | "targetGroup" | "listener">,
  { group }: { readonly group: AnyResource },
) {
  if (domain === null) return step("domain", {});
  const names = domain.www ? [domain.name, `www.${domain.name}`] : [domain.name];
  const keys = certificateKeys(names);

  const zoneSpec = () => ({ domain: domain.name });
  // Two keys: after a change of one for the other both are there, until the DNS leads to the one that is wanted.
  const zone =
    domain.zone === "create"
      ? resource(ownedZone, `zone-${domain.name}`, domain.name, {}, zoneSpec)
      : resource(existingZone, `existing-zone-${domain.name}`, domain.name, {}, zoneSpec);

  const certificate = resource(certificateType, keys.certificate, domain.name, { zone }, () => ({ names }));
  const validation = names.map((name) =>
    resource(
      record,
      `record-validation-${name}`,
      validationName(name),
      { zone, certificate },
      ({ zone, certificate }) => {
        const asked = certificate.records.find((one) => one.domain === name);
        return {
          zoneId: zone.id,
          name: asked?.name ?? "",
          value: asked?.value ?? "",
          ttl: 300,
        };
      },
    ),
  );
  const issued = resource(
    issuedCertificate,
    keys.issued,
    domain.name,
    { certificate, validation, zone },
    ({ certificate }) => ({ certificateArn: certificate.id }),
  );

  const https = resource(
    listenerType,
    "listener-https",
    `${loadBalancer.name}:443`,
    { loadBalancer, targetGroup, issued },
    ({ loadBalancer, targetGroup, issued }) => ({
      loadBalancerArn: loadBalancer.id,
      port: 443,
      protocol: "HTTPS" as const,
      certificateArn: issued.certificateArn,
      policy: TLS_POLICY,
      targetGroupArn: targetGroup.id,
      action: "forward" as const,
    }),
  );
  const records = resource(
    aliasRecordsType,
    `records-${domain.name}`,
    aliasRecordsName(domain.name, loadBalancer.name),
    { zone, loadBalancer, answering: domain.takeOver ? [group, https] : [] },
    ({ zone, loadBalancer }) => ({
      zoneId: zone.id,
      names,
      alias: { dnsName: loadBalancer.dnsName, zoneId: loadBalancer.canonicalZoneId, evaluateTargetHealth: true },
      takeOver: domain.takeOver,
    }),
  );
  const redirect = resource(
    redirectType,
    "redirect",
    `${loadBalancer.name}:80 → https`,
    { listener, targetGroup, https, records },
    ({ listener, targetGroup }) => ({ listenerArn: listener.id, targetGroupArn: targetGroup.id, answer: TO_HTTPS }),
  );
  return step("domain", { zone, certificate, validation, issued, https, records, redirect });
}
