import { type BuildOptions, type BuildResult, build, type Plugin } from 'esbuild';

/**
 * Excludes two tables of the CDK, 1.8 MB: classes for its usage reports, which `analyticsReporting: false` turns off,
 * and facts about regions, which a stack in one fixed region does not need.
 */
const withoutTables: Plugin = {
  name: 'without-tables',
  setup({ onLoad }) {
    onLoad({ filter: /aws-cdk-lib[\\/]core[\\/]lib[\\/]analytics-data-source[\\/]/ }, () => ({
      contents: '',
    }));
    onLoad({ filter: /aws-cdk-lib[\\/]region-info[\\/]lib[\\/]built-ins\.generated\.js$/ }, () => ({
      contents: 'exports.BuiltIns = class { static register() {} };',
    }));
  },
};

/** Services that the CDK's constructs support and this stack does not use. */
const UNUSED_SERVICES = [
  'applicationautoscaling',
  'autoscaling-common',
  'cloudwatch',
  'codeguruprofiler',
  'ec2',
  'ecr',
  'ecr-assets',
  'efs',
  'logs',
  'logs-destinations',
  's3files',
  'sqs',
  'ssm',
  'stepfunctions',
];

/**
 * Excludes the modules of {@link UNUSED_SERVICES}, 3.1 MB. The CDK loads a service's module when a construct first uses
 * it. A stack that starts to use one fails to synthesize, with an error that names the module.
 */
export const withoutServices: Plugin = {
  name: 'without-services',
  setup({ onLoad }) {
    const filter = new RegExp(`aws-cdk-lib[\\\\/]aws-(?:${UNUSED_SERVICES.join('|')})[\\\\/].*\\.js$`);
    onLoad({ filter }, ({ path }) => {
      const module = path.replaceAll('\\', '/').replace(/^.*aws-cdk-lib/, 'aws-cdk-lib');
      const message = `${module} is not in the bundle: remove the service from UNUSED_SERVICES in scripts/cdk.ts`;
      return { contents: `throw new Error(${JSON.stringify(message)});` };
    });
  },
};

/**
 * Builds the program that synthesizes the template: the stack, and as much of the CDK as it uses. A test compares its
 * templates, for every option, with those of the whole CDK.
 */
export function buildCdk(options: BuildOptions): Promise<BuildResult> {
  return build({
    ...options,
    plugins: [withoutTables, withoutServices],
    entryPoints: { cdk: 'infra/upload-stack.ts' },
    outExtension: { '.js': '.cjs' },
    minify: true,
  });
}
