/**
 * Bytes that a viewer-request function may answer with, headers included: 40 KB, whichever K is meant.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-lambda-at-edge
 */
export const MAX_ANSWER_BYTES = 40_000;

/** As many of the first texts as fit into so many bytes of JSON. */
export function fitting(texts: readonly string[], bytes: number): readonly string[] {
  let left = bytes;
  const end = texts.findIndex((text) => {
    left -= Buffer.byteLength(JSON.stringify(text)) + 1;
    return left < 0;
  });
  return end < 0 ? texts : texts.slice(0, end);
}
