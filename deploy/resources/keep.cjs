'use strict';
// Whether what holds data outlives the stack.
module.exports = async ({ resolveVariable }) =>
  String(await resolveVariable('param:keepData')) === 'false' ? 'Delete' : 'Retain';
