'use strict';
// What is deployed is what `make package` built. Without it `sls package` and `sls deploy` say so, before anything else.
const fs = require('fs');
const path = require('path');

const COMMANDS = ['package', 'deploy', 'deploy function'];

module.exports = class Packages {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { initialize: () => this.check() };
  }

  check() {
    if (!COMMANDS.includes(this.serverless.processedInput.commands.join(' '))) return;
    const { serviceDir, service, classes } = this.serverless;
    const parts = [...Object.values(service.functions || {}), ...Object.values(service.layers || {})];
    const named = new Set(parts.map((part) => part.package && part.package.artifact).filter(Boolean));
    const missing = [...named].filter((artifact) => !isZip(path.resolve(serviceDir, artifact)));
    if (!missing.length) return;
    const { runtime, architecture } = service.provider;
    const others = missing.length > 1 ? ` (and ${missing.length - 1} more)` : '';
    throw new classes.Error(
      `${missing[0]}${others} is not there: run \`make package PYTHON_VERSION=${runtime.replace('python', '')} ` +
        `ARCH=${architecture}\` first, or name the folder of the packages with --param="packages=…".`,
      'NO_PACKAGES',
    );
  }
};

function isZip(file) {
  const start = Buffer.alloc(2);
  try {
    const opened = fs.openSync(file);
    fs.readSync(opened, start);
    fs.closeSync(opened);
  } catch {
    return false;
  }
  return start.toString() === 'PK';
}
