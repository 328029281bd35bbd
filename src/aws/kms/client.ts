export { DescribeKeyCommand, KMSClient as Client } from "@aws-sdk/client-kms";
