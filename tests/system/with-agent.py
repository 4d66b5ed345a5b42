# SPDX-License-Identifier: LGPL-2.1-or-later
"""with-agent.py PASSWORD COMMAND…: runs the command at a terminal, where polkit's agent may ask, types the password there, and ends as the command
does. What stood on the terminal is printed. Status 90 when nothing was asked, or, where the PASSWORD is empty, when something was."""
import os
import pty
import select
import sys
import termios
import time

password, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen, asked, until = b"", 0, time.monotonic() + 60
while time.monotonic() < until:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            break  # its end
    # What is typed before the agent has turned the echo off is lost.
    if seen.count(b"Password: ") > asked and not termios.tcgetattr(terminal)[3] & termios.ECHO:
        asked += 1
        os.write(terminal, password.encode() + b"\n")
sys.stdout.write(seen.decode(errors="replace"))
if time.monotonic() >= until:
    print("it did not end")
    os.kill(pid, 9)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if (asked > 0) != (password != ""):
    print(f"status {status}, and asked {asked} times")
    status = 90
sys.exit(status)
