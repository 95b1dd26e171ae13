import { command } from '../command-line.ts';

export const BETWEEN = 'A proxy of your company or the sign-in page of a network may be in between.';

/** For a certificate that is not trusted. */
export const UNTRUSTED = {
  hint: [
    BETWEEN,
    'Sign in to the network in a browser, or name the certificate of the proxy:',
    command`export NODE_EXTRA_CA_CERTS=<file.pem>`,
  ],
  library: {
    hint: `${BETWEEN} Sign in to the network in a browser, or pass the certificate of the proxy as “ca”.`,
  },
};

/** For a certificate of this computer whose authority is unknown. */
export const UNTRUSTED_HERE = {
  hint: [
    'An embedded cloud has a certificate authority of its own. To print its file, run where the cloud was started:',
    command`edge-upload local status`,
    'Then name that file here:',
    command`export NODE_EXTRA_CA_CERTS=<file.pem>`,
  ],
  library: { hint: 'Pass the certificate authority of the embedded cloud as “ca”.' },
};

/** For a certificate outside of its time. */
export const CLOCK =
  "Check this computer's clock. If it is right, the certificate of the host has to be renewed.";

/** For a host that is not reached. */
export const NO_CONNECTION = {
  hint: 'Check the address, the network, and HTTPS_PROXY if you need a proxy.',
  library: { hint: 'Check the address, the network, and the option “proxy” if you need a proxy.' },
};
