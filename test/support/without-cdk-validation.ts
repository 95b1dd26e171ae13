/**
 * Environment for programs that synthesize with the CDK. Its validation of templates takes five seconds of processor time
 * at each start, and prints warnings. `test/infra/witnesses.test.ts` runs it, and asserts that it finds nothing.
 */
export const WITHOUT_CDK_VALIDATION = { CDK_VALIDATION: 'false' };
