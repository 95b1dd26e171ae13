/** Supported shells, with the file of each in `dist/completions/` and the command that turns it on. */
export const COMPLETIONS = {
  bash: { name: 'bash', file: 'edge-upload.bash', example: 'eval "$(edge-upload completion bash)"' },
  zsh: { name: 'zsh', file: '_edge-upload', example: 'source <(edge-upload completion zsh)' },
  fish: { name: 'fish', file: 'edge-upload.fish', example: 'edge-upload completion fish | source' },
  powershell: {
    name: 'PowerShell',
    file: 'edge-upload.ps1',
    example: 'edge-upload completion powershell | Out-String | Invoke-Expression',
  },
} as const;

export type CompletedShell = keyof typeof COMPLETIONS;
export const COMPLETED_SHELLS = Object.keys(COMPLETIONS) as CompletedShell[];
