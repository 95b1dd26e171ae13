import type { LinkOptions } from './link.ts';
import { openLink } from './link.ts';
import type { Stage } from './stage.ts';

/** The stage at the far end of a link. */
export interface FarStage {
  /** Returns the near address for an address at the far end. */
  far(url: string): string;
  /** Returns the environment of an `edge-upload` that uploads over the link. */
  env(): Promise<NodeJS.ProcessEnv>;
}

/** Runs `work` with links to the edge and to the AWS endpoint. */
export async function overLink<T>(
  stage: Stage,
  options: Omit<LinkOptions, 'port'>,
  work: (stage: FarStage) => Promise<T>,
): Promise<T> {
  const { computer, cloud, edge } = stage;
  const ports = [edge, cloud.endpoint].map((url) => Number(new URL(url).port));
  const links = await Promise.all(ports.map((port) => openLink({ port, ...options })));
  const far = (url: string) => url.replace('127.0.0.1', '[::1]');
  try {
    return await work({
      far,
      // A home without a deployment, so that the address in the environment is used.
      env: async () => ({
        ...computer.env,
        HOME: `${computer.home}/elsewhere`,
        EDGE_UPLOAD_URL: far(edge),
        EDGE_UPLOAD_TOKEN: await stage.token(),
        NODE_EXTRA_CA_CERTS: cloud.caFile,
      }),
    });
  } finally {
    await Promise.all(links.map((one) => one.close()));
  }
}
