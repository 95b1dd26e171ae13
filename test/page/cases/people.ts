import { PASSWORD } from '../../e2e/harness.ts';
import type { Tab } from '../tab.ts';
import type { DeployedPage } from './world.ts';

export const NEW_PASSWORD = 'Another-horse-43!';

/** Returns everything that outlives the page. Other scripts of the origin could later find a token there. */
export async function keptBy({ page }: Tab): Promise<string> {
  const kept = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const stored = databases.map(
      ({ name = '' }) =>
        new Promise((resolve) => {
          const opening = indexedDB.open(name);
          opening.onsuccess = () => {
            const { result } = opening;
            const stores = [...result.objectStoreNames];
            const reading = stores.map(
              (store) =>
                new Promise((read) => {
                  const all = result.transaction(store).objectStore(store).getAll();
                  all.onsuccess = () => read(all.result);
                }),
            );
            void Promise.all(reading).then((values) => {
              result.close();
              resolve(values);
            });
          };
        }),
    );
    const caches = 'caches' in globalThis ? await globalThis.caches.keys() : [];
    return [localStorage, sessionStorage, document.cookie, await Promise.all(stored), caches, location.href];
  });
  return JSON.stringify(kept);
}

/** A deployment where people sign in, with their actions. */
export interface People extends DeployedPage {
  readonly pool: { readonly UserPoolId: string; readonly ClientId: string };
  /** A small file. */
  readonly report: string;
  user(name: string, password: string, permanent: boolean): Promise<void>;
  signIn(tab: Tab, username: string, password?: string): Promise<void>;
  /** Uploads the small file. */
  upload(tab: Tab): Promise<void>;
  /** Returns who uploaded an object. */
  stampOf(key: string): Promise<string | undefined>;
}

export async function peopleOf(world: DeployedPage): Promise<People> {
  const { cognito, s3 } = world.clients;
  const { CognitoUserPoolId: UserPoolId, CognitoAppClientId: ClientId, S3BucketName: Bucket } = world.outputs;
  const report = await world.file('report.txt', 'quarterly');
  return {
    ...world,
    pool: { UserPoolId, ClientId },
    report,
    async user(Username, Password, Permanent) {
      await cognito.adminCreateUser({ UserPoolId, Username, MessageAction: 'SUPPRESS' });
      await cognito.adminSetUserPassword({ UserPoolId, Username, Password, Permanent });
    },
    async signIn(tab, username, password = PASSWORD) {
      await tab.type('#username', username);
      await tab.type('#password', password);
      await tab.press('Sign in');
    },
    async upload(tab) {
      await tab.choose(report);
      await tab.shows('.summary', '1 file arrived.');
    },
    stampOf: async (Key) => (await s3.headObject({ Bucket, Key })).Metadata?.['uploaded-by'],
  };
}
