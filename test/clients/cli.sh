#!/bin/bash
# The AWS CLI against each service: what it prints must be what was asked for, and what is refused has AWS's name.
# Prints a line for each sample; the first that is not as it should be ends it.
set -euo pipefail
export AWS_PAGER=""
said() { # EXPECTED COMMAND...: what it prints, soon, matches; reads lag behind what was written
  local expected="$1" out="" _
  shift
  for _ in $(seq 10); do
    if out="$("$@" 2>&1)" && [[ "$out" =~ $expected ]]; then
      echo "ok: ${*:1:3}"
      return
    fi
    sleep 0.2
  done
  echo "WRONG: $*: $out"
  exit 1
}
fails() { # ERROR COMMAND...: AWS's error
  local expected="$1" out
  shift
  if out="$("$@" 2>&1)" || [[ "$out" != *"($expected)"* ]]; then
    echo "WRONG: $* should fail with $expected: $out"
    exit 1
  fi
  echo "ok: ${*:1:3} ($expected)"
}

said '^111122223333$' aws sts get-caller-identity --query Account --output text
said '^vpc-[0-9a-f]{17}$' aws ec2 create-vpc --cidr-block 10.251.0.0/16 --tag-specifications 'ResourceType=vpc,Tags=[{Key=Name,Value=cli}]' --query Vpc.VpcId --output text
said '^10.251.0.0/16$' aws ec2 describe-vpcs --filters Name=tag:Name,Values=cli --query 'Vpcs[].CidrBlock' --output text
fails InvalidVpcID.NotFound aws ec2 describe-vpcs --vpc-ids vpc-00000000000000000
fails InvalidAction aws ec2 describe-fleets
fails DBInstanceNotFound aws rds describe-db-instances --db-instance-identifier nobody
fails LoadBalancerNotFound aws elbv2 describe-load-balancers --names nobody
fails ValidationError aws autoscaling delete-auto-scaling-group --auto-scaling-group-name nobody
said '^fs-' aws efs create-file-system --creation-token cli --query FileSystemId --output text
fails FileSystemAlreadyExists aws efs create-file-system --creation-token cli
said 'sts:AssumeRole' aws iam create-role --role-name cli --assume-role-policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}' --query Role.AssumeRolePolicyDocument
fails NoSuchEntity aws iam get-role --role-name nobody
said '^1$' aws ssm put-parameter --name /cli/one --value 'a <b> & "c"' --type String --query Version
said '^a <b> & "c"$' aws ssm get-parameter --name /cli/one --query Parameter.Value --output text
fails ParameterNotFound aws ssm get-parameter --name /cli/nobody
said '^arn:aws:sns:ap-northeast-2:111122223333:cli$' aws sns create-topic --name cli --query TopicArn --output text
said '^$' aws cloudwatch put-metric-alarm --alarm-name cli --namespace AWS/EC2 --metric-name CPUUtilization --statistic Average --period 60 --evaluation-periods 1 --threshold 90 --comparison-operator GreaterThanThreshold --dimensions Name=AutoScalingGroupName,Value=cli
said '^90(\.0)?$' aws cloudwatch describe-alarms --alarm-names cli --query 'MetricAlarms[0].Threshold'
fails ResourceNotFound aws cloudwatch get-dashboard --dashboard-name nobody
said '^$' aws logs create-log-group --log-group-name cli
fails ResourceAlreadyExistsException aws logs create-log-group --log-group-name cli
said 'cli-111122223333' aws s3api create-bucket --bucket cli-111122223333 --create-bucket-configuration LocationConstraint=ap-northeast-2
said '^upload' aws s3 cp --no-progress "$0" s3://cli-111122223333/folder/cli.sh
said ' folder/cli.sh$' aws s3 ls --recursive s3://cli-111122223333
fails BucketNotEmpty aws s3api delete-bucket --bucket cli-111122223333
said '^delete' aws s3 rm s3://cli-111122223333/folder/cli.sh
said '^/hostedzone/Z' aws route53 create-hosted-zone --name cli.example --caller-reference cli --query HostedZone.Id --output text
fails NoSuchHostedZone aws route53 get-hosted-zone --id Z0000000000000
said '^arn:aws:acm:' aws acm request-certificate --domain-name cli.example --validation-method DNS --query CertificateArn --output text
said '^arn:aws:kms:' aws kms create-key --query KeyMetadata.Arn --output text
said '^arn:aws:backup:' aws backup create-backup-vault --backup-vault-name cli --query BackupVaultArn --output text
said '^5(\.0)?$' aws service-quotas get-aws-default-service-quota --service-code vpc --quota-code L-F678F1CE --query Quota.Value
said 'AmazonEC2' aws pricing get-products --region us-east-1 --service-code AmazonEC2 --filters Type=TERM_MATCH,Field=instanceType,Value=t3.micro Type=TERM_MATCH,Field=regionCode,Value=ap-northeast-2 --query 'PriceList[0]'
