import type { IncomingMessage } from 'node:http';

/** The origin did not answer in time after the request was forwarded. */
export class OriginReadTimeout extends Error {
  override readonly name = 'OriginReadTimeout';
}

/**
 * Waits for an origin's answer, for at most `seconds` after the end of the forwarded body. While the viewer is still
 * sending, each arriving chunk restarts the clock: a slow upload is not a slow origin.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorS3Origin.html#RequestS3RequestTimeout
 */
export function withinReadTimeout<T>(
  answer: Promise<T>,
  viewer: IncomingMessage,
  seconds: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let received = viewer.socket.bytesRead;
    let timer = setTimeout(expire, seconds * 1_000);
    function restart(): void {
      clearTimeout(timer);
      timer = setTimeout(expire, seconds * 1_000);
    }
    function settle(): void {
      clearTimeout(timer);
      viewer.off('end', restart);
    }
    function expire(): void {
      const before = received;
      received = viewer.socket.bytesRead;
      if (!viewer.complete && received > before) {
        restart();
        return;
      }
      settle();
      reject(new OriginReadTimeout(`The origin did not answer within ${seconds} s`));
    }
    viewer.once('end', restart);
    answer.finally(settle).then(resolve, reject);
  });
}
