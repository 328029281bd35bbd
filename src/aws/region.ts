/**
 * The region that the SDK takes where nobody names one: of AWS_REGION, of the profile in the shared files, or of the machine that it
 * is on. Undefined: none of them says.
 */
export async function usualRegion(profile: string | undefined): Promise<string | undefined> {
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } = await import(
    "@smithy/core/config"
  );
  const ask = loadConfig(NODE_REGION_CONFIG_OPTIONS, {
    ...NODE_REGION_CONFIG_FILE_OPTIONS,
    ...(profile === undefined ? {} : { profile }),
  });
  return ask().catch(() => undefined);
}
