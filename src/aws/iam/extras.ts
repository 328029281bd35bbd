import { undefinedIf } from "../errors.ts";
import { type Extra, type ExtraReader, standing } from "../extra.ts";
import { allPages } from "../pages.ts";
import { policyMeaning } from "../policy-meaning.ts";
import { OWN_POLICY, type RoleLive } from "./role.ts";

const GONE = ["NoSuchEntityException"];
const rolesIn = (seen: Parameters<ExtraReader["read"]>[2]) => standing<RoleLive>(seen, "iam:role");

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
                ...policyMeaning(decodeURIComponent(answer?.PolicyDocument ?? ""), aws.account),
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

export const extras: readonly ExtraReader[] = [inline];
