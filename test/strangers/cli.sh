#!/bin/bash
# The AWS CLI against each service: what it prints must be what it was asked for, what it exits with AWS's error.
# Usage: cli.sh. Prints a line for each sample; the first that is not as it should be ends it.
set -euo pipefail
export AWS_PAGER=
said() { # EXPECTED COMMAND...: what the command prints must match
  local expected="$1" out
  shift
  out="$("$@" 2>&1)" || { echo "FAILED: $*: $out"; exit 1; }
  [[ "$out" =~ $expected ]] || { echo "WRONG: $*: $out"; exit 1; }
  echo "ok: ${*:1:3}"
}
fails() { # ERROR COMMAND...: the command must fail with AWS's error
  local expected="$1" out
  shift
  if out="$("$@" 2>&1)"; then echo "ACCEPTED: $*: $out"; exit 1; fi
  [[ "$out" == *"($expected)"* ]] || { echo "WRONG: $*: $out"; exit 1; }
  echo "ok: ${*:1:3} ($expected)"
}
again() { # COMMAND...: reads lag behind what was written
  for _ in $(seq 40); do "$@" >/dev/null 2>&1 && return; sleep 0.5; done
  "$@"
}
said '^111122223333$' aws sts get-caller-identity --query Account --output text
vpc="$(aws ec2 create-vpc --cidr-block 10.251.0.0/16 --tag-specifications 'ResourceType=vpc,Tags=[{Key=Name,Value=cli}]' --query Vpc.VpcId --output text)"
again aws ec2 describe-vpcs --vpc-ids "$vpc"
said "^$vpc$" aws ec2 describe-vpcs --filters Name=tag:Name,Values=cli --query 'Vpcs[].VpcId' --output text
fails InvalidVpcID.NotFound aws ec2 describe-vpcs --vpc-ids vpc-00000000000000000
said '' aws ec2 delete-vpc --vpc-id "$vpc"
fails DBInstanceNotFound aws rds describe-db-instances --db-instance-identifier nobody
said '^\[\]$' aws rds describe-db-snapshots --query DBSnapshots --output json
said '^\[\]$' aws elbv2 describe-load-balancers --query LoadBalancers --output json
fails LoadBalancerNotFound aws elbv2 describe-load-balancers --names nobody
said '^\[\]$' aws autoscaling describe-auto-scaling-groups --query AutoScalingGroups --output json
fails ValidationError aws autoscaling delete-auto-scaling-group --auto-scaling-group-name nobody
files="$(aws efs create-file-system --creation-token cli --query FileSystemId --output text)"
again aws efs describe-file-systems --file-system-id "$files"
fails FileSystemAlreadyExists aws efs create-file-system --creation-token cli
said '' aws iam create-role --role-name cli --assume-role-policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
again aws iam get-role --role-name cli
said 'sts:AssumeRole' aws iam get-role --role-name cli --query Role.AssumeRolePolicyDocument
fails EntityAlreadyExists aws iam create-role --role-name cli --assume-role-policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
said '' aws iam delete-role --role-name cli
said '^1$' aws ssm put-parameter --name /cli/one --value 'a <b> & "c"' --type String --query Version
again aws ssm get-parameter --name /cli/one
said '^a <b> & "c"$' aws ssm get-parameter --name /cli/one --query Parameter.Value --output text
fails ParameterNotFound aws ssm get-parameter --name /cli/nobody
topic="$(aws sns create-topic --name cli --query TopicArn --output text)"
again aws sns get-topic-attributes --topic-arn "$topic"
said "^$topic$" aws sns get-topic-attributes --topic-arn "$topic" --query Attributes.TopicArn --output text
said '' aws sns delete-topic --topic-arn "$topic"
said '' aws cloudwatch put-metric-alarm --alarm-name cli --namespace AWS/EC2 --metric-name CPUUtilization --statistic Average --period 60 --evaluation-periods 1 --threshold 90 --comparison-operator GreaterThanThreshold --dimensions Name=AutoScalingGroupName,Value=cli
for _ in $(seq 40); do [ -n "$(aws cloudwatch describe-alarms --alarm-names cli --query 'MetricAlarms[].AlarmName' --output text)" ] && break; sleep 0.5; done
said '90' aws cloudwatch describe-alarms --alarm-names cli --query 'MetricAlarms[0].Threshold'
said '' aws cloudwatch delete-alarms --alarm-names cli
fails ResourceNotFound aws cloudwatch get-dashboard --dashboard-name nobody
said '' aws logs create-log-group --log-group-name cli
fails ResourceAlreadyExistsException aws logs create-log-group --log-group-name cli
said '' aws logs delete-log-group --log-group-name cli
said 'strangers|/cli-111122223333' aws s3api create-bucket --bucket cli-111122223333 --create-bucket-configuration LocationConstraint=ap-northeast-2
said 'upload' aws s3 cp "$0" s3://cli-111122223333/folder/cli.sh
said 'folder/cli.sh' aws s3 ls --recursive s3://cli-111122223333
fails BucketNotEmpty aws s3api delete-bucket --bucket cli-111122223333
said 'delete' aws s3 rm s3://cli-111122223333/folder/cli.sh
said '' aws s3api delete-bucket --bucket cli-111122223333
zone="$(aws route53 create-hosted-zone --name cli.example --caller-reference cli --query HostedZone.Id --output text)"
again aws route53 list-resource-record-sets --hosted-zone-id "$zone"
said 'NS' aws route53 list-resource-record-sets --hosted-zone-id "$zone" --query 'ResourceRecordSets[].Type' --output text
said 'PENDING|INSYNC' aws route53 delete-hosted-zone --id "$zone"
fails NoSuchHostedZone aws route53 get-hosted-zone --id Z0000000000000
certificate="$(aws acm request-certificate --domain-name cli.example --validation-method DNS --query CertificateArn --output text)"
again aws acm describe-certificate --certificate-arn "$certificate"
said 'PENDING_VALIDATION' aws acm describe-certificate --certificate-arn "$certificate" --query Certificate.Status
said '' aws acm delete-certificate --certificate-arn "$certificate"
key="$(aws kms create-key --query KeyMetadata.KeyId --output text)"
said "$key" aws kms describe-key --key-id "$key"
said '' aws backup create-backup-vault --backup-vault-name cli
said '"cli"' aws backup list-backup-vaults --query 'BackupVaultList[].BackupVaultName'
said '' aws backup delete-backup-vault --backup-vault-name cli
said '[0-9]' aws service-quotas get-service-quota --service-code vpc --quota-code L-F678F1CE --query Quota.Value
said 'AmazonEC2' aws pricing get-products --region us-east-1 --service-code AmazonEC2 --filters Type=TERM_MATCH,Field=instanceType,Value=t3.micro Type=TERM_MATCH,Field=regionCode,Value=ap-northeast-2 --max-items 1
fails InvalidAction aws ec2 describe-fleets
echo done
