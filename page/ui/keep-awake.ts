/** Screens with a running upload. */
const sending = new Set<object>();

let lock: Promise<WakeLockSentinel | undefined> | undefined;

const ask = (event: Event) => event.preventDefault();

let isLeaving = false;

/** Reloads the page without asking, even during an upload. */
export function leave(): void {
  isLeaving = true;
  window.onbeforeunload = null;
  location.reload();
}

// The browser releases the lock when the page is hidden.
document.addEventListener('visibilitychange', () => holdLock(sending.size > 0));

/** During an upload, asks before the page is left, and keeps the screen of a phone on. */
export function keepAwake(screen: object, isSending: boolean): void {
  if (isSending) sending.add(screen);
  else sending.delete(screen);
  const isAny = sending.size > 0;
  window.onbeforeunload = isAny && !isLeaving ? ask : null;
  holdLock(isAny);
}

function holdLock(wanted: boolean): void {
  const { wakeLock } = navigator as { readonly wakeLock?: WakeLock };
  if (wakeLock === undefined) return;
  if (wanted && lock === undefined && !document.hidden) {
    // Refused when the battery is low. Uploads work without it.
    const requested = wakeLock.request('screen').catch(() => undefined);
    lock = requested;
    const onRelease = () => {
      if (lock === requested) lock = undefined;
    };
    void requested.then((held) => held?.addEventListener('release', onRelease));
  }
  if (!wanted && lock !== undefined) {
    void lock.then((held) => held?.release());
    lock = undefined;
  }
}
