'use strict';
// A second node in another zone takes over, when there is one.
module.exports = async ({ resolveVariable }) => Number(await resolveVariable('param:redisReplicas')) > 0;
