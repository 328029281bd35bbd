export { GetProductsCommand, PricingClient as Client } from "@aws-sdk/client-pricing";

/**
 * The API has endpoints in us-east-1, eu-central-1 and ap-south-1 only, each with the prices of all regions; for another
 * region the SDK makes up a host that is not there. (AWS Billing guide, "Using the AWS Price List Query API".)
 */
export const region = "us-east-1";
