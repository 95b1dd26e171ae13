"""Runs a program on a pseudo-terminal; tells what it showed, and its exit code.

Standard input is one JSON document: {"argv": [...], "columns": 80, "hangUp": false, "jobControl": false,
"answers": [["text to wait for", "line to type"], ...]}; where there is nothing to type, null. A list is a program that is
given what was shown so far, and says what to type. An object acts otherwise: {"send": "keys"}, {"signal": "SIGTERM"} to
the program, {"columns": 40}. After the last answer the terminal goes away where "hangUp" is true.

With "jobControl" a small shell is between the two. When the program stops, it takes the terminal and shows
"<<stopped echo>>" or "<<stopped noecho>>"; then it reads lines as a shell does and shows each as "<<shell: line>>", until
"fg" continues the program ("bg" does so without the terminal). In the end it shows "<<ended echo>>" or "<<ended noecho>>".
With "background" it starts the program without the terminal.
"""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios

LIMIT_SECONDS = 60
# A program that draws for ever is never silent.
LIMIT_BYTES = 16 * 1024 * 1024


def say(text):
    os.write(1, b"<<" + text + b">>\r\n")


def shell(argv, background):
    """Starts the program as a job, and waits for it as a shell with job control does."""
    saved = termios.tcgetattr(0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        if not background:
            os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    try:
        os.setpgid(job, job)
    except PermissionError:
        pass
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        os.tcsetpgrp(0, os.getpgrp())
        echo = b"echo" if termios.tcgetattr(0)[3] & termios.ECHO else b"noecho"
        termios.tcsetattr(0, termios.TCSANOW, saved)
        if not os.WIFSTOPPED(status):
            say(b"ended " + echo)
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
        say(b"stopped " + echo)
        command = b""
        while command not in (b"fg", b"bg"):
            command = sys.stdin.buffer.raw.readline().strip()
            say(b"shell: " + command)
        if command == b"fg":
            os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)


task = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    if task["jobControl"]:
        shell(task["argv"], task["background"])
    os.execvp(task["argv"][0], task["argv"])


def resize(columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def act(answer):
    """Does what is to be done once its text was shown."""
    if isinstance(answer, list):
        answer = subprocess.run(answer, input=shown, capture_output=True, check=True).stdout.decode().strip()
    if isinstance(answer, str):
        os.write(terminal, answer.encode() + b"\r")
    elif isinstance(answer, dict):
        if "send" in answer:
            os.write(terminal, answer["send"].encode())
        if "columns" in answer:
            resize(answer["columns"])
        if "signal" in answer:
            os.killpg(os.tcgetpgrp(terminal), signal.Signals[answer["signal"]])


resize(task["columns"])
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
        act(answer)
        if answer is not None:
            unread = b""
    if task["hangUp"] and not answers:
        os.close(terminal)
        break

_, status = os.waitpid(child, 0)
json.dump({"shown": shown.decode(errors="replace"), "code": os.waitstatus_to_exitcode(status)}, sys.stdout)
