'use strict';
// On LocalStack the form's address begins with a name of our choice (a tag says which), so that it can be told before.
module.exports = async ({ resolveVariable }) =>
  (await resolveVariable('sls:stage')) === 'local' ? { _custom_id_: 'credit-risk' } : {};
