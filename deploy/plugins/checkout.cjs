'use strict';
// `sls invoke local` runs a handler from this checkout: with the Python of .venv, which finds the layers' code, and with
// the settings of the shell instead of a deployed stage's. A Redis must answer; what a stage keeps in S3 goes to a folder.
const fs = require('fs');
const net = require('net');
const path = require('path');

const DEFAULT_REDIS = 'redis://localhost:6379/0';

module.exports = class Checkout {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { initialize: () => this.prepare() };
  }

  async prepare() {
    if (this.serverless.processedInput.commands.join(' ') !== 'invoke local') return;
    const { serviceDir, service } = this.serverless;
    const scripts = path.join(serviceDir, '.venv', 'bin');
    if (!fs.existsSync(path.join(scripts, 'python3'))) throw this.error('There is no .venv yet: run `make setup` first.');
    process.env.PATH = scripts + path.delimiter + process.env.PATH;
    service.provider.environment = {};
    for (const name of service.getAllFunctions()) service.getFunction(name).environment = {};
    await this.reachRedis(process.env.REDIS_URL || DEFAULT_REDIS);
  }

  reachRedis(url) {
    const { protocol, hostname, port, pathname } = new URL(url);
    const target = protocol === 'unix:' ? { path: pathname } : { host: hostname, port: Number(port) || 6379 };
    return new Promise((resolve, reject) => {
      const refuse = () => {
        socket.destroy();
        const shown = target.path || `${target.host}:${target.port}`;
        reject(this.error(`No Redis answers at ${shown}: start one (redis-server), or set REDIS_URL.`));
      };
      const socket = net.connect(target, () => resolve(socket.destroy()));
      socket.once('error', refuse);
      socket.setTimeout(2000, refuse);
    });
  }

  error(message) {
    return new this.serverless.classes.Error(message, 'CHECKOUT');
  }
};
