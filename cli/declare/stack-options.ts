import type { Command as Commander } from '@commander-js/extra-typings';
import { pairs, several } from './shared.ts';

/** The flags that choose what is deployed. Each is kept with the deployment, so that no later deploy needs it again. */
export function stackOptions(command: Commander): Commander {
  return command
    .optionsGroup('Options kept with the deployment (what is not given stays as it is):')
    .option('--max-size <size>', 'refuse larger objects, such as 500M or 5G')
    .option('--write-to <prefix>', 'where users may write: {username}/, {sub}/, {group}/')
    .option('--allow-group <name>', 'only its members may upload (repeatable)', several)
    .option('--expire-after <days>', 'have S3 delete objects after so many days')
    .option('--versioning', 'keep earlier versions of objects')
    .option('--no-versioning', 'keep no further ones')
    .option('--domain <name>', 'your own host name for the edge')
    .option('--certificate-arn <arn>', 'its certificate (ACM, us-east-1)')
    .option('--min-tls <version>', 'with --domain: the oldest TLS accepted, 1.2 (default) or 1.3')
    .option('--web-acl-arn <arn>', 'a web ACL (global WAFv2) for the edge')
    .option('--price-class <class>', 'where CloudFront serves from: 100, 200 or all')
    .option('--cors-origin <origin>', 'let this page upload (repeatable)', several)
    .option('--access-logs', "keep CloudFront's access logs in a bucket")
    .option('--no-access-logs', 'write no further ones')
    .option('--tag <name=value>', 'tag the stack and what is in it (repeatable)', pairs)
    .option('--bucket-name <name>', 'the bucket, kept when the stack goes; an old one is adopted')
    .option('--retain-data', 'leave bucket and users when the stack goes')
    .option('--no-retain-data', 'let them go with it')
    .option('--token-validity <time>', 'how long a token is good: 5m to 24h')
    .option('--mfa <mode>', 'authenticator app at sign-in: off, optional, required')
    .option('--cognito-tier <tier>', "the user pool's feature plan: lite or essentials")
    .option('--unset <option>', 'take an option back, such as max-size (repeatable)', several);
}
