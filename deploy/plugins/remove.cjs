'use strict';
// `sls remove` leaves nothing of a stage with keepData: false: it deletes the history first, as CloudFormation deletes no
// bucket that holds something. Of any stage it deletes the layers, which CloudFormation keeps for old versions to stand on.
// There are no images, so ECR is never asked about them.
const { CloudFormationClient, DescribeStackResourceCommand, DescribeStacksCommand } = require('@aws-sdk/client-cloudformation');
const { DeleteLayerVersionCommand, LambdaClient, paginateListLayerVersions } = require('@aws-sdk/client-lambda');
const { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } = require('@aws-sdk/client-s3');

module.exports = class Remove {
  constructor(serverless) {
    this.serverless = serverless;
    this.provider = serverless.getProvider('aws');
    this.hooks = {
      'before:remove:remove': () => this.prepare(),
      'after:remove:remove': () => this.removeLayers(),
    };
  }

  async prepare() {
    for (const plugin of this.serverless.pluginManager.plugins) {
      if (plugin.checkIfEcrRepositoryExists) plugin.checkIfEcrRepositoryExists = async () => false;
    }
    const { Bucket } = this.serverless.service.resources.Resources;
    if (!Bucket || Bucket.DeletionPolicy !== 'Delete') return; // one that is given is not ours to empty
    const config = await this.provider.getAwsSdkV3Config();
    const client = new CloudFormationClient(config);
    if (await this.isProtected(client)) return; // osls refuses to remove it, and nothing of it is lost
    const name = await this.bucketName(client);
    if (name) await this.empty(new S3Client(config), name);
  }

  async removeLayers() {
    const client = new LambdaClient(await this.provider.getAwsSdkV3Config());
    for (const { name: LayerName } of Object.values(this.serverless.service.layers)) {
      for await (const { LayerVersions } of paginateListLayerVersions({ client }, { LayerName })) {
        for (const { Version: VersionNumber } of LayerVersions) {
          await client.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber }));
        }
      }
    }
  }

  async isProtected(client) {
    try {
      const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: this.provider.naming.getStackName() }));
      return Stacks[0].EnableTerminationProtection;
    } catch (error) {
      if (error.name === 'ValidationError') return false; // no such stack
      throw error;
    }
  }

  async bucketName(client) {
    const where = { StackName: this.provider.naming.getStackName(), LogicalResourceId: 'Bucket' };
    try {
      const found = await client.send(new DescribeStackResourceCommand(where));
      return found.StackResourceDetail.PhysicalResourceId;
    } catch (error) {
      if (error.name === 'ValidationError') return null; // no such stack, or it never had a bucket
      throw error;
    }
  }

  async empty(client, Bucket) {
    for (;;) {
      // always the first page: what it listed is gone the next time
      const page = await client.send(new ListObjectVersionsCommand({ Bucket }));
      const found = [...(page.Versions || []), ...(page.DeleteMarkers || [])];
      if (!found.length) return;
      const Objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
      const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      if (Errors && Errors.length) throw new Error(`${Bucket} cannot be emptied: ${Errors[0].Message}`);
    }
  }
};
