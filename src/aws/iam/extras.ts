import type { Danger } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { type Extra, type ExtraReader, policyMeaning, standing } from "../extra.ts";
import { allPages } from "../pages.ts";
import { OWN_POLICY, type RoleLive, type RoleSpec } from "./role.ts";

const GONE = ["NoSuchEntityException"];
/** AWS's managed policies that give all, or the giving of all (AWS managed policy reference). */
const ADMINISTERS = /:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;

const rolesIn = (seen: Parameters<ExtraReader["read"]>[2]) => standing<RoleLive>(seen, "iam:role");

/** Others than the wanted ones may be attached: administrators attach theirs. They are told of, and left. */
const attached: ExtraReader = {
  what: "attached policies",
  read: async (aws, _stack, seen) =>
    rolesIn(seen).flatMap(({ name, live, wanted }) => {
      const own = (wanted as RoleSpec | undefined)?.managedPolicies ?? [];
      return live.managedPolicies
        .filter((arn) => !own.includes(arn))
        .map((arn): Extra => {
          const danger: Danger | undefined = ADMINISTERS.test(arn) ? "administrator rights" : undefined;
          return {
            what: "attached policy",
            id: arn,
            on: name,
            effect: `whoever has the role may do what ${arn.split("/").at(-1)} allows`,
            whose: "",
            danger,
            commands: [`${aws.cli} iam detach-role-policy --role-name ${live.id} --policy-arn ${arn}`],
          };
        });
    }),
};

const inline: ExtraReader = {
  what: "inline policies",
  async read(aws, _stack, seen) {
    const found = await Promise.all(
      rolesIn(seen).map(async ({ name, live }) => {
        const RoleName = live.id;
        const names = await undefinedIf(GONE, () =>
          allPages(
            (Marker) => aws.iam.listRolePolicies({ RoleName, Marker }),
            (page) => page.PolicyNames,
            (page) => (page.IsTruncated ? page.Marker : undefined),
          ),
        );
        return Promise.all(
          (names ?? [])
            .filter((PolicyName) => PolicyName !== OWN_POLICY)
            .map(async (PolicyName): Promise<Extra> => {
              const answer = await undefinedIf(GONE, () => aws.iam.getRolePolicy({ RoleName, PolicyName }));
              return {
                what: "inline policy",
                id: PolicyName,
                on: name,
                ...policyMeaning(decodeURIComponent(answer?.PolicyDocument ?? "")),
                whose: "",
                commands: [`${aws.cli} iam delete-role-policy --role-name ${RoleName} --policy-name ${PolicyName}`],
              };
            }),
        );
      }),
    );
    return found.flat();
  },
};

export const extras: readonly ExtraReader[] = [attached, inline];
