// Decides requests with npm's pbac, to compare it with test/aws/iam/policy.
//
// stdin:  [{policies, requests: [{action, resource, keys: {KEY: [VALUE, ...]}}, ...]}, ...]
// stdout: [[true | false, ...], ...]
import { readFileSync } from 'node:fs';
import PBAC from 'pbac';

const list = (value) => (value === undefined || Array.isArray(value) ? value : [value]);

// pbac finds a condition key SERVICE:NAME in context[SERVICE][NAME], with its case, and NAME may have no colon.
const place = (key) => {
  const [service, ...name] = key.toLowerCase().split(':');
  return [service, name.join('_')];
};

// pbac wants lists where AWS takes one value too, and compares actions with their case.
function statement(s) {
  const condition = {};
  for (const [operator, keys] of Object.entries(s.Condition ?? {})) {
    condition[operator] = {};
    for (const [key, values] of Object.entries(keys)) condition[operator][place(key).join(':')] = list(values);
  }
  const lower = (actions) => list(actions)?.map((action) => action.toLowerCase());
  const out = { ...s, Condition: condition, Action: lower(s.Action), NotAction: lower(s.NotAction) };
  for (const name of ['Action', 'NotAction']) if (out[name] === undefined) delete out[name];
  return out;
}

function context(keys) {
  const all = {};
  for (const [key, values] of Object.entries(keys ?? {})) {
    const [service, name] = place(key);
    all[service] = { ...all[service], [name]: values.length === 1 ? values[0] : values };
  }
  return all;
}

const jobs = JSON.parse(readFileSync(0, 'utf8'));
const answers = jobs.map(({ policies, requests }) => {
  const all = policies.map((p) => ({ Statement: list(p.Statement).map(statement) }));
  const pbac = new PBAC(all, { validatePolicies: false });
  return requests.map(({ action, resource, keys }) =>
    pbac.evaluate({ action: action.toLowerCase(), resource, context: context(keys) }));
});
process.stdout.write(JSON.stringify(answers));
