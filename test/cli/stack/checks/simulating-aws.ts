import type { Answer } from '../world.ts';

export const ACCOUNT = '123456789012';
const ADA = `arn:aws:iam::${ACCOUNT}:user/ada`;

interface Simulating {
  readonly denied: readonly string[];
  /** Gets the actions and resources of the simulations. */
  readonly asked?: string[];
  /** Gets the principals of the simulations. */
  readonly principals?: string[];
  /** The caller. */
  readonly arn?: string | undefined;
}

/** AWS, only with the calls that simulate permissions. */
export function simulatingAws({ denied, asked = [], principals = [], arn = ADA }: Simulating) {
  return (body: string): Answer => {
    const query = new URLSearchParams(body);
    if (query.get('Action') === 'GetCallerIdentity') {
      return {
        body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${ACCOUNT}</Account><Arn>${arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      };
    }
    if (query.get('Action') !== 'SimulatePrincipalPolicy') return { type: 'application/json', body: '{}' };
    principals.push(query.get('PolicySourceArn') ?? '');
    const actions = [...query].filter(([name]) => name.startsWith('ActionNames')).map(([, value]) => value);
    asked.push(...actions.map((action) => `${action} ${query.get('ResourceArns.member.1')}`));
    const results = actions.map(
      (action) =>
        `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${denied.includes(action) ? 'implicitDeny' : 'allowed'}</EvalDecision></member>`,
    );
    return {
      body: `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>${results.join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
    };
  };
}
