"""Runs a command on a terminal of its own: terminal.py STEPS COMMAND WORDS...

STEPS is JSON: [[text to wait for, what to type then], ...]; null in place of what is typed closes the terminal. Prints JSON: what stood on the screen, the exit code, and whether
the terminal shows what is typed, at each step and in the end.
"""
import fcntl
import json
import os
import select
import subprocess
import sys
import termios
import time

steps, command = json.loads(sys.argv[1]), sys.argv[2:]
person, terminal = os.openpty()
child = subprocess.Popen(
    command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
    preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
)
until = time.monotonic() + 60


def echoes():
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


written, seen, echo, text = b"", 0, [], ""
while True:
    if time.monotonic() > until:
        child.kill()
    ended = child.poll() is not None
    if select.select([person], [], [], 0.02)[0]:
        written += os.read(person, 65536)
    elif ended:
        break
    if steps and steps[0][0].encode() in written[seen:]:
        _, text = steps.pop(0)
        seen = len(written)
        if text is None:
            os.close(person)
            child.wait(60)
            break
        echo.append(echoes())
        os.write(person, text.encode())
print(json.dumps({"screen": written.decode(), "code": child.returncode, "echo": echo + ([] if text is None else [echoes()])}))
