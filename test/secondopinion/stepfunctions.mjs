// Runs state machines on aws-local-stepfunctions, the second opinion for local/states.
//
// stdin:  [{definition, input, responses: {FUNCTION: [{payload} | {error}, ...]}}, ...]
// stdout: [{status, output, error, cause, states}, ...]
import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';

// Waits and retry delays take no time here; how long they take is tested elsewhere.
const functionName = (resource, input) =>
  resource.endsWith(':lambda:invoke') ? input.FunctionName : resource.split(':function:')[1];

function handler(state, responses) {
  return async (input) => {
    const invoke = state.Resource.endsWith(':lambda:invoke');
    const name = functionName(state.Resource, input);
    const answer = (responses[name] ?? []).shift();
    if (answer === undefined) throw new Error(`the script has no more answers of ${name}`);
    if (answer.error) {
      // AWS makes the whole payload of a failed function the Cause. aws-local-stepfunctions takes the message of the
      // exception, so the exception has the payload for its message.
      const failure = new Error(JSON.stringify(answer.error));
      failure.name = answer.error.errorType;
      throw failure;
    }
    const payload = answer.payload === '$input' ? (invoke ? input.Payload : input) : answer.payload;
    // aws-local-stepfunctions does not know lambda:invoke: this is what AWS makes of a function's result there.
    return invoke ? { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 } : payload;
  };
}

// Validating a definition is the slow part, and its runs share it.
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
  execution.result.catch(() => {}); // the failure arrives as an event too
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
