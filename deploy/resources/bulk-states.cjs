'use strict';
// The state machine of bulk files: plan the pieces, score them all (the Distributed Map), join the result.
module.exports = async ({ resolveVariable }) => {
  const lambda = (parameters, next) => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: '${Function}', Payload: parameters },
    Retry: [
      {
        ErrorEquals: ['Lambda.TooManyRequestsException'],
        IntervalSeconds: 2,
        BackoffRate: 1.5,
        MaxDelaySeconds: 30,
        MaxAttempts: 50,
        JitterStrategy: 'FULL',
      },
      { ErrorEquals: ['UnusableFile', 'WrongColumns'], MaxAttempts: 0 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 3 },
    ],
    OutputPath: '$.Payload',
    ...next,
  });
  return JSON.stringify({
    Comment: 'Scores a CSV file that was put into bulk/',
    StartAt: 'Plan',
    States: {
      Plan: lambda(
        {
          step: 'plan',
          'bucket.$': '$.detail.bucket.name',
          'key.$': '$.detail.object.key',
          'execution.$': '$$.Execution.Id',
        },
        { Next: 'Score' }
      ),
      Score: {
        Type: 'Map',
        Label: 'Score',
        MaxConcurrency: Number(await resolveVariable('param:bulkConcurrency')),
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSON' },
          Parameters: { 'Bucket.$': '$.bucket', 'Key.$': "States.Format('{}/plan.json', $.work)" },
        },
        ItemSelector: {
          step: 'score',
          'bucket.$': '$.bucket',
          'key.$': '$.key',
          'work.$': '$.work',
          'table.$': '$.table',
          'piece.$': '$$.Map.Item.Value',
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'ScorePiece',
          States: {
            ScorePiece: lambda(
              {
                'step.$': '$.step',
                'bucket.$': '$.bucket',
                'key.$': '$.key',
                'work.$': '$.work',
                'table.$': '$.table',
                'piece.$': '$.piece',
              },
              { End: true }
            ),
          },
        },
        ResultPath: '$.scored',
        Next: 'Join',
      },
      Join: lambda(
        {
          step: 'join',
          'bucket.$': '$.bucket',
          'work.$': '$.work',
          'table.$': '$.table',
          'pieces.$': '$.pieces',
          'result.$': '$.result',
          'columns.$': '$.columns',
          'scored.$': '$.scored',
        },
        { End: true }
      ),
    },
  });
};
