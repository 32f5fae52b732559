// Runs state machines on aws-local-stepfunctions, to compare it with test/aws/stepfunctions.
//
// stdin:  [{definition, input, responses: {FUNCTION: [{payload} | {error}, ...]}}, ...]
// stdout: [{status, output, error, cause, states}, ...]
import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';

// Waits and retry delays take no time here; other tests check their length.
const functionName = (resource, input) =>
  resource.endsWith(':lambda:invoke') ? input.FunctionName : resource.split(':function:')[1];

function handler(state, responses) {
  return async (input) => {
    const invoke = state.Resource.endsWith(':lambda:invoke');
    const name = functionName(state.Resource, input);
    const answer = (responses[name] ?? []).shift();
    if (answer === undefined) throw new Error(`the script has no more answers of ${name}`);
    if (answer.error) {
      // On AWS, the Cause is the whole payload of a failed function. In aws-local-stepfunctions it is the message of the
      // exception, so the message of the exception is the payload.
      const failure = new Error(JSON.stringify(answer.error));
      failure.name = answer.error.errorType;
      throw failure;
    }
    const payload = answer.payload === '$input' ? (invoke ? input.Payload : input) : answer.payload;
    // aws-local-stepfunctions does not support lambda:invoke. This is the result of lambda:invoke on AWS.
    return invoke ? { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 } : payload;
  };
}

// Validating a definition is slow, so its runs share one validated definition.
const machines = new Map();
function machine(definition) {
  const key = JSON.stringify(definition);
  if (!machines.has(key)) machines.set(key, new StateMachine(definition));
  return machines.get(key);
}

async function run({ definition, input, responses }) {
  const overrides = { taskResourceLocalHandlers: {}, waitTimeOverrides: {}, retryIntervalOverrides: {} };
  for (const [name, state] of Object.entries(definition.States)) {
    if (state.Type === 'Task') {
      overrides.taskResourceLocalHandlers[name] = handler(state, responses);
      overrides.retryIntervalOverrides[name] = 0;
    }
    if (state.Type === 'Wait') overrides.waitTimeOverrides[name] = 0;
  }
  const context = {
    Execution: { Id: 'arn:aws:states:eu-central-1:111122223333:execution:machine:run-1', Name: 'run-1' },
    StateMachine: { Name: 'machine' },
  };
  const execution = machine(definition).run(input, { overrides, context });
  execution.result.catch(() => {}); // the failure is also an event
  const outcome = { status: '', states: [] };
  for await (const event of execution.eventLogs) {
    if (event.type.endsWith('StateEntered')) outcome.states.push(event.state.name);
    if (event.type === 'ExecutionSucceeded') Object.assign(outcome, { status: 'SUCCEEDED', output: event.output });
    if (event.type === 'ExecutionFailed') {
      Object.assign(outcome, { status: 'FAILED', error: event.Error, cause: event.Cause });
    }
  }
  return outcome;
}

const outcomes = [];
for (const one of JSON.parse(readFileSync(0, 'utf8'))) outcomes.push(await run(one));
process.stdout.write(JSON.stringify(outcomes));
