import type { Narrowed, PolicyScope } from "../permissions.ts";

/** Whatever leads a name somewhere, so that it can be taken over; and the CNAMEs of the certificate's validation. */
const TYPES = ["A", "AAAA", "CNAME", "HTTPS", "SVCB"];

/** A name as IAM compares it: in lower case, without the dot at its end (Route 53 developer guide, "Record set permissions"). */
const normalized = (name: string): string => name.toLowerCase().replace(/\.$/, "");

/** ACM makes up the first label of a validation's name, which begins with "_". */
const withAnyLabel = (name: string): string => name.replace(/^_[^.]+/, "_*");

/**
 * The records of the stack's own names, whichever zone they are in: its id is not known beforehand. IAM knows no tags of
 * zones, so that one of our own can be made and deleted only by a policy for all (AWS deletes none that has records).
 */
export function narrowed({ arn, inputs }: PolicyScope): readonly Narrowed[] {
  const names = inputs("ChangeResourceRecordSets").flatMap(({ ChangeBatch }) =>
    (
      ChangeBatch as { readonly Changes: readonly { readonly ResourceRecordSet: { readonly Name: string } }[] }
    ).Changes.map(({ ResourceRecordSet }) => withAnyLabel(normalized(ResourceRecordSet.Name))),
  );
  return [
    {
      takes: (action) => action === "ChangeResourceRecordSets",
      statements: [
        {
          Sid: "DomainRecords",
          Resource: arn("route53:::hostedzone/*"),
          Condition: {
            "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsRecordTypes": TYPES },
            "ForAllValues:StringLike": {
              "route53:ChangeResourceRecordSetsNormalizedRecordNames": [...new Set(names)].sort(),
            },
          },
        },
      ],
    },
    {
      takes: (action) => /^(Change|Delete|Get|ListResourceRecordSets$|ListTags)/.test(action),
      statements: [{ Sid: "Zones", Resource: arn("route53:::hostedzone/*") }],
    },
  ];
}
