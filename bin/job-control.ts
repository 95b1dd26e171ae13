import type { JobControl, OnTerminal } from '../cli/ui/job-control.ts';

/** Long enough for the kernel to stop a process that has just been told to stop. */
const STOP_MS = 10;

/**
 * Stops the process on SIGTSTP as the system would, after what is on the terminal has been taken away, and puts it back once
 * the process continues. Where no shell could continue it (a container's only process), the system does not stop it.
 */
export function jobControl(): JobControl | undefined {
  if (process.platform === 'win32') return undefined;
  const watching = new Set<OnTerminal>();
  const continued = () => {
    if (!process.listeners('SIGTSTP').includes(stop)) process.on('SIGTSTP', stop);
    for (const shown of watching) shown.resume();
  };
  const stop = () => {
    for (const shown of watching) shown.suspend();
    // Without a listener, the signal does what it does by default.
    process.off('SIGTSTP', stop);
    process.kill(process.pid, 'SIGTSTP');
    setTimeout(continued, STOP_MS);
  };
  // Ctrl-\ ends the process as the system would, with the cursor shown again.
  process.once('SIGQUIT', () => {
    for (const shown of watching) shown.suspend();
    process.kill(process.pid, 'SIGQUIT');
  });
  process.on('SIGTSTP', stop);
  process.on('SIGCONT', continued);
  return {
    watch(shown) {
      watching.add(shown);
      return () => void watching.delete(shown);
    },
    stop: () => void process.kill(0, 'SIGTSTP'),
  };
}
