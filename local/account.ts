/** The one account and region of the embedded cloud, as they appear in every ARN. */
export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';

/** Returns the ARN of a resource of a regional service, such as `log-group:name`. */
export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
