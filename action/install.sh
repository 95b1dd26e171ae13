#!/usr/bin/env bash
# Installs the version of edge-upload that this action belongs to, beside the job's own packages. Its only dependency, the
# keyring, is optional and not used in jobs; no script of a package runs.
set -euo pipefail

version=$(node --print 'require(process.env.GITHUB_ACTION_PATH + "/package.json").version')
npm install --prefix "$RUNNER_TEMP/edge-upload-$version" --omit=optional --ignore-scripts --no-audit --no-fund \
  --loglevel=error "edge-upload@$version"
