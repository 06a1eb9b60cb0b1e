'use strict';
// What a stage's parameters mean: which pieces it is made of (what is given, a VPC, a Redis or a bucket, is not made
// again), and the values that follow from one parameter in several places.

const RESOURCES = 'deploy/resources';
const FUNCTIONS = ['form', 'scorer', 'bulk', 'operator', 'merger', 'outcomes', 'indexer', 'monitor'];
const GIVEN = ['vpc', 'subnets', 'redis', 'redisSecurityGroup', 'redisSnapshot', 'bucket', 'databaseUrl', 'databaseSecurityGroup'];
const OTHERS = ['keepData', 'canary', 'tracing', 'formAuth', 'historyLockDays', 'redisReplicas', 'alarmEmail'];
const LIMITS = ['formTimeout', 'scorerTimeout', 'bulkConcurrency'];

const groupId = (name) => ({ 'Fn::GetAtt': [name, 'GroupId'] });
const groupOf = (name) => `${name[0].toUpperCase()}${name.slice(1)}SecurityGroup`;
const roleOf = (name) => ({ 'Fn::GetAtt': [`${name[0].toUpperCase()}${name.slice(1)}Role`, 'Arn'] });
const byFunction = (names, value) => Object.fromEntries(names.map((name) => [name, value(name)]));

module.exports = async ({ resolveVariable }) => {
  const names = [...GIVEN, ...OTHERS, ...LIMITS];
  const values = await Promise.all(names.map((name) => resolveVariable(`param:${name}`)));
  const given = Object.fromEntries(names.map((name, at) => [name, String(values[at])]));
  const own = { vpc: given.vpc === 'own', redis: given.redis === 'own', bucket: given.bucket === 'own', database: given.databaseUrl === 'own' };
  const stage = await resolveVariable('sls:stage');
  const inVpc = given.vpc !== 'none';
  const canary = given.canary !== 'none';
  const traced = given.tracing === 'Active';
  const kept = given.keepData !== 'false';
  const locked = Number(given.historyLockDays) > 0;
  const indexed = given.databaseUrl !== '';
  check({ ...given, own, inVpc, kept, locked });

  const piece = (name) => `\${file(${RESOURCES}/${name}.yml)}`;
  const subnetIds = own.vpc ? [{ Ref: 'PrivateSubnetA' }, { Ref: 'PrivateSubnetB' }] : given.subnets.split(',');
  const policies = (name) =>
    [name, ...(inVpc ? [`${name}InVpc`] : []), ...(traced ? ['traced'] : [])].map(
      (key) => `\${file(${RESOURCES}/policies.yml):${key}}`
    );

  return {
    vpcId: own.vpc ? { Ref: 'Vpc' } : given.vpc,
    subnetIds,
    redisGroup: own.redis ? groupId('RedisSecurityGroup') : given.redisSecurityGroup,
    s3Roles: FUNCTIONS.filter((name) => name !== 'operator' && (indexed || name !== 'indexer')).map(roleOf),
    policies: byFunction(FUNCTIONS, policies),
    vpcOf: byFunction(FUNCTIONS, (name) => (inVpc ? { securityGroupIds: [groupId(groupOf(name))], subnetIds } : null)),
    formUrl: given.formAuth === 'AWS_IAM' ? { authorizer: 'aws_iam' } : true,
    // On LocalStack the form's address begins with a name of our choice (a tag says which) and the alias, so that it can be told before.
    formTags: stage === 'local' ? { _custom_id_: 'credit-risk' } : {},

    bucketName: own.bucket ? { Ref: 'Bucket' } : given.bucket,
    // The same within Fn::Sub.
    bucket: own.bucket ? '${Bucket}' : given.bucket,
    bucketArn: own.bucket ? '${Bucket.Arn}' : `arn:\${AWS::Partition}:s3:::${given.bucket}`,
    objectLock: locked
      ? { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: Number(given.historyLockDays) } } }
      : { Ref: 'AWS::NoValue' },
    objectLockEnabled: locked,

    // Whether what holds data outlives the stack, and what still waits in the queue as a snapshot.
    keep: kept ? 'Retain' : 'Delete',
    snapshot: kept ? 'Snapshot' : 'Delete',
    // Against a deletion or a replacement by mistake; LocalStack knows neither.
    protection: kept && stage !== 'local' ? true : null,
    stackPolicy: kept && stage !== 'local' ? `\${file(${RESOURCES}/stack-policy.yml)}` : null,

    // CloudFormation puts the secret in when it deploys; docs/deploy.md says why it stands in the environment.
    redisUrl: own.redis
      ? {
          'Fn::Sub':
            'rediss://:{{resolve:secretsmanager:${RedisSecret}:SecretString:password}}' +
            '@${Redis.PrimaryEndPoint.Address}:${Redis.PrimaryEndPoint.Port}/0',
        }
      : given.redis,
    // The index is made of the record, so no copy of it is kept; without a database there is none, and no function for it.
    leftOut: indexed ? [] : ['indexer'],
    databaseUrl: own.database
      ? {
          'Fn::Sub':
            'postgresql://creditrisk:{{resolve:secretsmanager:${DatabaseSecret}:SecretString:password}}' +
            '@${Database.Endpoint.Address}:${Database.Endpoint.Port}/creditrisk?sslmode=require',
        }
      : given.databaseUrl,
    databaseGroup: own.database ? groupId('DatabaseSecurityGroup') : given.databaseSecurityGroup,
    redisSnapshot: given.redisSnapshot || { Ref: 'AWS::NoValue' },
    // A second node in another zone takes over, when there is one; any of them may be the one that serves.
    replicated: Number(given.redisReplicas) > 0,
    redisMemory: mostOf('DatabaseMemoryUsagePercentage', Number(given.redisReplicas) + 1),
    redisProcessor: mostOf('EngineCPUUtilization', Number(given.redisReplicas) + 1),

    // Durations (ms) past which a function was near its time limit.
    formNear: Number(given.formTimeout) * 900,
    scorerNear: (Number(given.scorerTimeout) - 2) * 1000,
    bulkConcurrency: Number(given.bulkConcurrency),

    resources: [
      piece('storage'),
      ...(own.bucket ? [piece('bucket')] : []),
      piece('roles'),
      piece('lifecycle'),
      ...(indexed ? [piece('indexer')] : []),
      piece('failures'),
      piece('alarms'),
      piece('bulk'),
      ...(canary ? [piece('canary')] : []),
      ...(given.alarmEmail ? [piece('alarm-email')] : []),
      ...(own.vpc ? [piece('network')] : []),
      ...(inVpc ? [piece('security-groups')] : []),
      ...(indexed && inVpc ? [piece('database-access')] : []),
      ...(own.database ? [piece('database')] : []),
      ...(own.redis ? [piece('redis'), piece('redis-alarms')] : []),
    ],
  };
};

/** An alarm's Metrics: the most that any of the cache's nodes shows, whichever of them serves. */
function mostOf(metric, nodes) {
  const ids = Array.from({ length: nodes }, (_, at) => `node${at + 1}`);
  return [
    { Id: 'most', Expression: `MAX([${ids.join(', ')}])`, Label: metric, ReturnData: true },
    ...ids.map((Id, at) => ({
      Id,
      ReturnData: false,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/ElastiCache',
          MetricName: metric,
          Dimensions: [{ Name: 'CacheClusterId', Value: { 'Fn::Sub': `\${Redis}-${String(at + 1).padStart(3, '0')}` } }],
        },
        Period: 60,
        Stat: 'Maximum',
      },
    })),
  ];
}

function check(given) {
  const { vpc, redis, subnets, redisSecurityGroup, redisSnapshot, formAuth, own, inVpc, kept, locked } = given;
  const { databaseUrl, databaseSecurityGroup } = given;
  if (inVpc && !own.vpc && !/^subnet-\w+(,subnet-\w+)+$/.test(subnets)) {
    throw new Error(`With vpc=${vpc}, give its private subnets, two at least: --param="subnets=subnet-…,subnet-…"`);
  }
  if (own.redis && !inVpc) {
    throw new Error('A Redis is made inside a VPC only: with vpc=none, give one: --param="redis=rediss://…"');
  }
  if (!own.redis && inVpc && !/^sg-\w+$/.test(redisSecurityGroup)) {
    throw new Error(`With a Redis of your own, give its security group: --param="redisSecurityGroup=sg-…"`);
  }
  if (!own.redis && !/^(rediss?(\+cluster)?|unix):\/\//.test(redis)) {
    throw new Error(`redis must be "own" or a URL that begins with rediss://, rediss+cluster://, redis:// or redis+cluster://, not "${redis}"`);
  }
  if (redisSnapshot && !own.redis) {
    throw new Error('A snapshot fills the Redis that is made: leave redisSnapshot out, or let redis be "own"');
  }
  if (own.database && !inVpc) {
    throw new Error('A database is made inside a VPC only: with vpc=none, give one: --param="databaseUrl=postgresql://…"');
  }
  if (databaseUrl && !own.database && !/^postgresql:\/\//.test(databaseUrl)) {
    throw new Error(`databaseUrl must be "own", a URL that begins with postgresql://, or left out, not "${databaseUrl}"`);
  }
  if (databaseUrl && !own.database && inVpc && !/^sg-\w+$/.test(databaseSecurityGroup)) {
    throw new Error(`With a database of your own, give its security group: --param="databaseSecurityGroup=sg-…"`);
  }
  if (!['NONE', 'AWS_IAM'].includes(formAuth)) {
    throw new Error(`formAuth must be NONE (anybody) or AWS_IAM (who signs with IAM), not "${formAuth}"`);
  }
  if (locked && !kept) {
    throw new Error('What historyLockDays locks cannot be deleted with the stack: let keepData be true');
  }
}
