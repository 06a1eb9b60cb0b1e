'use strict';
// Durations (ms) past which a function was near its time limit.
module.exports = async ({ resolveVariable }) => ({
  formNear: Number(await resolveVariable('param:formTimeout')) * 900,
  scorerNear: (Number(await resolveVariable('param:scorerTimeout')) - 2) * 1000,
});
