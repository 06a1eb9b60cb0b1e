'use strict';
// Every deployment publishes a version of each function (and keeps the layers that it stands on), and callers go through
// an alias: a deployment moves the alias to the new version. Where there is a canary, CodeDeploy does so step by step, and
// back when an alarm goes off; whatever CloudFormation changed with it then goes back, too.
//
// osls publishes versions; an alias of our own name is what its functions, events and addresses take as `targetAlias`.
module.exports = class Versions {
  constructor(serverless) {
    this.serverless = serverless;
    this.provider = serverless.getProvider('aws');
    this.hooks = {
      'before:package:compileFunctions': () => this.prepare(),
      'after:package:compileFunctions': () => this.addAliases(),
    };
  }

  get functions() {
    const { service } = this.serverless;
    const all = service.getAllFunctions().map((key) => [this.provider.naming.getNormalizedFunctionName(key), service.getFunction(key)]);
    return all.filter(([, { versionFunction }]) => versionFunction !== false);
  }

  prepare() {
    const { service } = this.serverless;
    const { Resources } = service.provider.compiledCloudFormationTemplate;
    // A layer that is kept has a digest of its content in its logical id.
    const kept = new Map(
      Object.keys(Resources).flatMap((id) => (Resources[id].Type === 'AWS::Lambda::LayerVersion' ? [[id.replace(/[0-9a-f]{40}$/, ''), id]] : []))
    );
    for (const key of service.getAllFunctions()) {
      const definition = service.getFunction(key);
      definition.layers = definition.layers.map(({ Ref }) => ({ Ref: kept.get(Ref) || Ref }));
    }
    for (const [name, definition] of this.functions) {
      definition.targetAlias = { name: service.custom.live, logicalId: `${name}Live` };
    }
  }

  addAliases() {
    const { service } = this.serverless;
    const { Resources } = service.provider.compiledCloudFormationTemplate;
    const own = service.resources.Resources;
    for (const [name, { name: FunctionName, targetAlias, versionLogicalId }] of this.functions) {
      const group = `${name}Canary`;
      Resources[targetAlias.logicalId] = {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          Name: targetAlias.name,
          FunctionName,
          FunctionVersion: { 'Fn::GetAtt': [versionLogicalId, 'Version'] },
        },
        ...(own[group] && {
          UpdatePolicy: {
            CodeDeployLambdaAliasUpdate: { ApplicationName: { Ref: 'Canary' }, DeploymentGroupName: { Ref: group } },
          },
        }),
      };
    }
  }
};
