import type { Aws } from "../aws.ts";

/**
 * Where the account has switched AWS Backup off for EFS in the region, it does not try to protect a file system, on demand either
 * (API reference, DescribeRegionSettings). EFS's automatic backups are exempt from that (EFS user guide, "Automatic backups").
 * @returns what that means and what switches it on; undefined: it is not switched off. China's regions have no such switch.
 */
export async function switchedOff(aws: Aws): Promise<{ readonly what: string; readonly command: string } | undefined> {
  const { ResourceTypeOptInPreference } = await aws.backup.describeRegionSettings({});
  if (ResourceTypeOptInPreference?.EFS !== false) return undefined;
  return {
    what: `AWS Backup is switched off for EFS in ${aws.region}: no copy of the files can be made`,
    command: `${aws.cli} backup update-region-settings --resource-type-opt-in-preference EFS=true --region ${aws.region}`,
  };
}

/** The same in a sentence. */
export async function optedOut(aws: Aws): Promise<string | undefined> {
  const off = await switchedOff(aws);
  return off && `${off.what}. Switch it on: ${off.command}`;
}
