'use strict';
// A stage goes without some functions (custom.leftOut), as without a database there is nothing to keep up: what is left out
// is neither packaged nor made.
module.exports = class LeftOut {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { initialize: () => this.leaveOut() };
  }

  leaveOut() {
    const { functions, custom } = this.serverless.service;
    for (const name of custom.leftOut) delete functions[name];
  }
};
