const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const FORMAT = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) UTC (\d{4})$/;

/** A claim's time as its signature covers it: `EEE MMM d HH:mm:ss z yyyy`, the day without a leading zero. */
export function formatTimestamp(date: Date): string {
  const time = date.toISOString().slice(11, 19);
  const day = `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
  return `${day} ${time} UTC ${date.getUTCFullYear()}`;
}

/** The time that a claim gives; `undefined` where it is not in the format. */
export function readTimestamp(text: string): Date | undefined {
  const [, month = '', day, hour, minute, second, year] = FORMAT.exec(text) ?? [];
  const monthNumber = MONTHS.indexOf(month);
  if (monthNumber < 0) return undefined;
  return new Date(
    Date.UTC(Number(year), monthNumber, Number(day), Number(hour), Number(minute), Number(second)),
  );
}
