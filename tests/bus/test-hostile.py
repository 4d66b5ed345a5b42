#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one Unix user may do to the others: descriptors and queues that somebody fills, and rows of the store that somebody changed."""
import re
import resource
import sqlite3

import seals
from harness import ALICE, BOB, NOBODY, PASSWORD, SOURCE, BusError, Machine, Memfd, TestCase, V, main, secret
from seals import attributes, authorize, items, prepare, sign, sign_once

FDS_PER_MESSAGE = 16  # what the system bus lets through


def outcome(client, number):
    try:
        client.wait(number)
        return "done"
    except BusError as e:
        return e.name


class Queues(TestCase):
    def test_descriptors(self):
        """Every place where calls wait is full of messages with as many descriptors as they may have: the daemon lives on within its unit's limit."""
        limit = int(re.search(r"^LimitNOFILE=(\d+)$", (SOURCE / "systemd/sygnetd.service.in").read_text(), re.M)[1])
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, limit if hard == resource.RLIM_INFINITY else min(hard, limit)))
        with Machine(polkit="fake") as m:
            m.account("bob", BOB)
            m.polkit.mode("hang")
            options = {f"x{i}": V("h", Memfd(b"x")) for i in range(FDS_PER_MESSAGE - 1)}
            for _ in range(17):
                c = m.client(NOBODY)
                for _ in range(16):
                    c.start("Session.Login", "sva{sv}", "bob", secret("x"), options)
                c.get("org.sygnet.Sygnet1.Manager", "Version")
            m.polkit.mode("allow")
            self.assertTrue(m.client(BOB).login("bob"))

    def test_passwords(self):
        """Argon2 takes its time: nobody queues so much of it that others do not get theirs."""
        with Machine() as m:
            m.account("bob", BOB)
            clients = [m.client(NOBODY) for _ in range(4)]
            calls = [(c, c.start("Session.Login", "sva{sv}", f"nobody{i}", secret("x"), {})) for i in range(16) for c in clients]
            self.assertTrue(m.client(BOB).login("bob"))
            self.assertIn("LimitReached", [outcome(*call) for call in calls])


if __name__ == "__main__":
    main()
