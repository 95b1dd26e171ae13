"""Runs a program on a pseudo-terminal; tells what it showed, and its exit code.

Standard input is one JSON document: {"argv": [...], "columns": 80, "hangUp": false, "answers": [["text to wait for", "line to type"], ...]};
where there is nothing to type, null. A list is a program that is given what was shown so far, and says what to type. After
the last answer the terminal goes away where "hangUp" is true.
"""
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios

LIMIT_SECONDS = 60
# A program that draws for ever is never silent.
LIMIT_BYTES = 16 * 1024 * 1024

task = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execvp(task["argv"][0], task["argv"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, task["columns"], 0, 0))

answers = task["answers"]
shown = b""
unread = b""
while True:
    ready, _, _ = select.select([terminal], [], [], LIMIT_SECONDS)
    if not ready or len(shown) > LIMIT_BYTES:
        os.kill(child, 9)
        break
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    shown += data
    unread += data
    while answers and answers[0][0].encode() in unread:
        text, answer = answers.pop(0)
        unread = unread.split(text.encode(), 1)[1]
        if isinstance(answer, list):
            answer = subprocess.run(answer, input=shown, capture_output=True, check=True).stdout.decode().strip()
        if answer is not None:
            os.write(terminal, answer.encode() + b"\r")
            unread = b""
    if task["hangUp"] and not answers:
        os.close(terminal)
        break

_, status = os.waitpid(child, 0)
json.dump({"shown": shown.decode(errors="replace"), "code": os.waitstatus_to_exitcode(status)}, sys.stdout)
