'use strict';
// Which pieces a stage is made of: what is given (a VPC, a Redis) is not made again.

const groups = (name) => ({ 'Fn::GetAtt': [name, 'GroupId'] });

module.exports = async ({ resolveVariable }) => {
  const param = async (name) => String(await resolveVariable(`param:${name}`));
  const [vpc, redis, subnets, redisGroup] = await Promise.all(
    ['vpc', 'redis', 'subnets', 'redisSecurityGroup'].map(param)
  );
  const own = { vpc: vpc === 'own', redis: redis === 'own' };
  const inVpc = vpc !== 'none';
  check({ vpc, redis, subnets, redisGroup, own, inVpc });

  const piece = (name) => `\${file(deploy/resources/${name}.yml)}`;
  const subnetIds = own.vpc ? [{ Ref: 'PrivateSubnetA' }, { Ref: 'PrivateSubnetB' }] : subnets.split(',');
  const policies = (name) => [name, ...(inVpc ? [`${name}InVpc`] : [])].map((key) => `\${file(deploy/resources/policies.yml):${key}}`);
  const vpcOf = (name) => (inVpc ? { securityGroupIds: [groups(name)], subnetIds } : null);

  return {
    vpcId: own.vpc ? { Ref: 'Vpc' } : vpc,
    subnetIds,
    redisGroup: own.redis ? groups('RedisSecurityGroup') : redisGroup,
    formPolicies: policies('form'),
    scorerPolicies: policies('scorer'),
    bulkPolicies: policies('bulk'),
    formVpc: vpcOf('FormSecurityGroup'),
    scorerVpc: vpcOf('ScorerSecurityGroup'),
    bulkVpc: vpcOf('BulkSecurityGroup'),
    // CloudFormation puts the secret in when it deploys; docs/deploy.md says why it stands in the environment.
    redisUrl: own.redis
      ? {
          'Fn::Sub':
            'rediss://:{{resolve:secretsmanager:${RedisSecret}:SecretString:password}}' +
            '@${Redis.PrimaryEndPoint.Address}:${Redis.PrimaryEndPoint.Port}/0',
        }
      : redis,
    resources: [
      piece('storage'),
      piece('roles'),
      piece('failures'),
      piece('alarms'),
      piece('bulk'),
      ...((await param('alarmEmail')) ? [piece('alarm-email')] : []),
      ...(own.vpc ? [piece('network')] : []),
      ...(inVpc ? [piece('security-groups')] : []),
      ...(own.redis ? [piece('redis'), piece('redis-alarms')] : []),
    ],
  };
};

function check({ vpc, redis, subnets, redisGroup, own, inVpc }) {
  if (inVpc && !own.vpc && !/^subnet-\w+(,subnet-\w+)+$/.test(subnets)) {
    throw new Error(`With vpc=${vpc}, give its private subnets, two at least: --param="subnets=subnet-…,subnet-…"`);
  }
  if (own.redis && !inVpc) {
    throw new Error('A Redis is made inside a VPC only: with vpc=none, give one: --param="redis=rediss://…"');
  }
  if (!own.redis && inVpc && !/^sg-\w+$/.test(redisGroup)) {
    throw new Error(`With a Redis of your own, give its security group: --param="redisSecurityGroup=sg-…"`);
  }
  if (!own.redis && !/^(rediss?(\+cluster)?|unix):\/\//.test(redis)) {
    throw new Error(`redis must be "own" or a URL that begins with rediss://, rediss+cluster://, redis:// or redis+cluster://, not "${redis}"`);
  }
}
