'use strict';
// What still waits when the stack is deleted is kept as a snapshot, where data is kept.
module.exports = async ({ resolveVariable }) =>
  String(await resolveVariable('param:keepData')) === 'false' ? 'Delete' : 'Snapshot';
