import type { HttpRequest } from '../../wire/http.ts';

/** Operations by method and path below `/2015-03-31/functions`, `*` standing for the function. */
const ROUTES: Readonly<Record<string, string>> = {
  'GET ': 'ListFunctions',
  'POST ': 'CreateFunction',
  'GET /*': 'GetFunction',
  'DELETE /*': 'DeleteFunction',
  'PUT /*/code': 'UpdateFunctionCode',
  'GET /*/configuration': 'GetFunctionConfiguration',
  'PUT /*/configuration': 'UpdateFunctionConfiguration',
  'GET /*/versions': 'ListVersionsByFunction',
  'POST /*/versions': 'PublishVersion',
  'POST /*/invocations': 'Invoke',
  'POST /*/invoke-async': 'InvokeAsync',
  'GET /*/aliases': 'ListAliases',
  'POST /*/aliases': 'CreateAlias',
  'GET /*/policy': 'GetPolicy',
  'POST /*/policy': 'AddPermission',
};

const ACCOUNT_SETTINGS = /^\/2016-08-19\/account-settings\/?$/;

/** What a request asks for: an operation's name where it is a well-known one, otherwise its method and path. */
export function operationName({ method, path }: HttpRequest): string {
  if (method === 'GET' && ACCOUNT_SETTINGS.test(path)) return 'GetAccountSettings';
  const [, version, collection, identifier, ...rest] = path.replace(/\/$/, '').split('/');
  const below = identifier === undefined ? '' : ['', '*', ...rest].join('/');
  const known =
    version === '2015-03-31' && collection === 'functions' ? ROUTES[`${method} ${below}`] : undefined;
  return known ?? `${method} ${path}`;
}
