'use strict';
// `sls rollback` goes back at once, and can.
// At once: it is asked for when an alarm is on, which would stop a canary; the old template goes without one.
// It can: osls deletes the files of old deployments, a layer's too that has not changed since; what a kept deployment
// still names is kept with it, and what is left so of an old one is not listed as a deployment.
const { GetObjectCommand, PutObjectCommand, S3Client, paginateListObjectsV2 } = require('@aws-sdk/client-s3');

const WITHOUT_CANARY = 'rollback-template.json';

module.exports = class Rollback {
  constructor(serverless) {
    this.serverless = serverless;
    this.provider = serverless.getProvider('aws');
    this.hooks = {
      'before:deploy:list:log': () => this.listWholeOnes(),
      'before:rollback:rollback': () => this.withoutCanary(),
      'before:aws:deploy:finalize:cleanup': () => this.keepWhatIsNamed(),
    };
  }

  listWholeOnes() {
    const list = this.plugin('printDeployment');
    const print = list.printDeployment.bind(list);
    const template = this.provider.naming.getCompiledTemplateS3Suffix();
    list.printDeployment = (files) => files.some(({ file }) => file === template) && print(files);
  }

  withoutCanary() {
    const rollback = this.plugin('setStackToUpdate');
    const choose = rollback.setStackToUpdate.bind(rollback);
    rollback.setStackToUpdate = async () => {
      await choose(); // finds the deployment's folder
      const { naming } = this.provider;
      const place = { Bucket: rollback.bucketName, Key: `${this.folder}/${naming.getCompiledTemplateS3Suffix()}` };
      const template = await this.read(place);
      for (const resource of Object.values(template.Resources)) {
        if (resource.Type === 'AWS::Lambda::Alias') delete resource.UpdatePolicy;
      }
      const changed = { ...place, Key: `${this.folder}/${WITHOUT_CANARY}`, Body: JSON.stringify(template) };
      await (await this.s3()).send(new PutObjectCommand(changed));
      naming.getCompiledTemplateS3Suffix = () => WITHOUT_CANARY;
    };
  }

  keepWhatIsNamed() {
    const deploy = this.plugin('getObjectsToRemove');
    const choose = deploy.getObjectsToRemove.bind(deploy);
    deploy.getObjectsToRemove = async () => {
      const old = await choose();
      if (!old.length) return old;
      const named = await this.named(deploy.bucketName, new Set(old.map(({ Key }) => Key)));
      return old.filter(({ Key }) => !named.has(Key));
    };
  }

  /** What the templates of all deployments but the `old` ones take from the bucket. */
  async named(Bucket, old) {
    const { service } = this.serverless;
    const Prefix = `${this.provider.getDeploymentPrefix()}/${service.service}/${this.provider.getStage()}/`;
    const suffix = `/${this.provider.naming.getCompiledTemplateS3Suffix()}`;
    const named = new Set();
    for await (const page of paginateListObjectsV2({ client: await this.s3() }, { Bucket, Prefix })) {
      for (const { Key } of page.Contents || []) {
        if (!Key.endsWith(suffix) || old.has(Key)) continue;
        const { Resources } = await this.read({ Bucket, Key });
        for (const { Properties } of Object.values(Resources)) {
          const { S3Key } = (Properties && (Properties.Content || Properties.Code)) || {};
          if (S3Key) named.add(S3Key);
        }
      }
    }
    return named;
  }

  async read(place) {
    const { Body } = await (await this.s3()).send(new GetObjectCommand(place));
    return JSON.parse(await Body.transformToString());
  }

  async s3() {
    return (this.client ||= new S3Client(await this.provider.getAwsSdkV3Config()));
  }

  get folder() {
    return this.serverless.service.package.artifactDirectoryName;
  }

  plugin(method) {
    return this.serverless.pluginManager.plugins.find((plugin) => typeof plugin[method] === 'function');
  }
};
