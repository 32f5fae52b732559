// The twin of the app: the same resources, outputs and assets as the template of sales has, made in Node without jsii and without Go.
// Its functions are built already. It decides nothing and checks nothing, so a program that people write costs at least as much.
//
//	node twin.mjs TEMPLATE FUNCTIONS
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import cdk from 'aws-cdk-lib';
import assets from 'aws-cdk-lib/aws-s3-assets';

const [template, functions] = process.argv.slice(2);
const { Resources, Outputs } = JSON.parse(readFileSync(template, 'utf8'));
const app = new cdk.App();
const stack = new cdk.Stack(app, 'oralake-sales', {
  analyticsReporting: false,
  tags: { 'oralake:department': 'sales', 'oralake:stack': 'oralake-sales' },
  synthesizer: new cdk.DefaultStackSynthesizer({ bucketPrefix: 'oralake-sales/' }),
});
new assets.Asset(stack, 'Manifest', { path: template });
for (const name of readdirSync(functions).filter((name) => !name.startsWith('check'))) {
  new assets.Asset(stack, name, { path: join(functions, name) });
}
for (const [id, { Type, Properties, ...rest }] of Object.entries(Resources)) {
  const resource = new cdk.CfnResource(stack, `R${id}`, { type: Type, properties: Properties });
  resource.overrideLogicalId(id);
  for (const [key, value] of Object.entries(rest)) {
    resource.addOverride(key, value);
  }
}
for (const [id, { Value, Description }] of Object.entries(Outputs)) {
  new cdk.CfnOutput(stack, `O${id}`, { value: cdk.Token.asString(Value), description: Description }).overrideLogicalId(id);
}
app.synth();
