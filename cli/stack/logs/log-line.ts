/** Lines of Lambda in text format. Functions that older versions deployed log in this format. */
const PLATFORM_TEXT = /^(INIT_START|START|END|REPORT|EXTENSION|XRAY) /;

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // The line was cut, or only begins like JSON.
    return undefined;
  }
}

/**
 * Returns the text of one event of a log group, in Lambda's text or JSON format.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export function lineText(event: string): { readonly text: string; readonly isPlatform: boolean } {
  const json = parsed(event);
  if (json === undefined) return { text: event, isPlatform: PLATFORM_TEXT.test(event) };
  const { type, message, errorType, errorMessage } = json;
  if (typeof type === 'string' && type.startsWith('platform.')) return { text: event, isPlatform: true };
  if (typeof json.timestamp !== 'string') return { text: event, isPlatform: false };
  if (typeof message === 'string') return { text: message, isPlatform: false };
  const failure = [errorType, errorMessage].filter((part) => typeof part === 'string').join(': ');
  return { text: failure === '' ? event : failure, isPlatform: false };
}
