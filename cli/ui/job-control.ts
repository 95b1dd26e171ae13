/** What is on a terminal, and must leave it as it was while the shell has it. */
export interface OnTerminal {
  /** Before the process is stopped. */
  suspend(): void;
  /** Once it continues, or whatever stopped it did so unseen: the shell has used the terminal meanwhile. */
  resume(): void;
}

/** Ctrl-Z and `fg`. */
export interface JobControl {
  /** @returns ends the watching */
  watch(shown: OnTerminal): () => void;
  /** Stops this process and those that were started with it, as the terminal does for Ctrl-Z outside of raw mode. */
  stop(): void;
}
