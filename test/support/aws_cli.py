"""Runs AWS CLI commands for aws-cli.ts: a JSON request a line in, a JSON answer a line out.

Each command runs in a fork of this process, which has loaded the CLI once: loading it takes most of a short command's time.
"""

import json
import os
import sys
import tempfile

from awscli.clidriver import create_clidriver, main

# Loads what every command needs.
create_clidriver()

# Set by the import: where the CLI has its data.
OWN = {name: os.environ[name] for name in ["AWS_DATA_PATH"] if name in os.environ}


def run(args, env, cwd):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update({**OWN, **env})
            os.chdir(cwd)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            sys.argv = ["aws", *args]
            sys.exit(main())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in (stdout, stderr):
            file.seek(0)
            texts.append(file.read().decode())
        return {"code": code, "stdout": texts[0], "stderr": texts[1]}


for line in sys.stdin:
    print(json.dumps(run(**json.loads(line))), flush=True)
