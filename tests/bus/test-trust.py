# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-trustd over the bus (requirement C1): what it tells of certificates, that it puts them into the real ca-certificates and takes them out without a
trace, and what happens when the checker or update-ca-certificates misbehave or the service is killed. The trust store is this machine's,
copied into the mount namespace of the test."""
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import harness
from harness import ALICE, BUILD, NOBODY, SOURCE, BusError, Machine, TestCase, main

TRUST = {"name": "org.sygnet.Trust1", "path": "/org/sygnet/Trust1"}
LOCAL, LINKS, RECORDS = Path("/usr/local/share/ca-certificates"), Path("/etc/ssl/certs"), Path("/var/lib/sygnet-trust")
BUNDLE = LINKS / "ca-certificates.crt"
HIDDEN = (Path("/usr/lib/jvm"), Path("/usr/lib/firefox-esr"), Path("/etc/firefox"))
CHECKER = BUILD / "installer/trust/sygnet-trust-check"

_own = None


def own_store():
    """Puts copies of the trust store's folders over this machine's, in our namespace only."""
    global _own
    if _own:
        return
    _own = harness.namespace() / "trust"
    for i, place in enumerate((LOCAL, LINKS, Path("/etc/ca-certificates"), Path("/var/lib"))):
        copy = _own / str(i)
        if place == Path("/var/lib"):
            copy.mkdir(parents=True)
        else:
            shutil.copytree(place, copy, symlinks=True)
        harness._mount(copy, place, 0x1000)  # MS_BIND
    # Stores of programs that may be installed here are not: tests that want them make their own.
    for place in HIDDEN:
        if place.exists():
            (_own / f"hidden{place.name}").mkdir()
            harness._mount(_own / f"hidden{place.name}", place, 0x1000)
    # A handful of the system's certificates: the store is rebuilt for each test, which takes seconds for all of them.
    few = _own / "ca-certificates.conf"
    names = [line for line in Path("/etc/ca-certificates.conf").read_bytes().splitlines(True) if line[:1] not in (b"#", b"!", b"\n")]
    few.write_bytes(b"".join(line for i, line in enumerate(names) if i < 4 or b"ISRG_Root_X1" in line))
    harness._mount(few, "/etc/ca-certificates.conf", 0x1000)
    # The hooks belong to other packages; those that keep stores of their own (Java's) are not at hand here.
    for hook in Path("/etc/ca-certificates/update.d").glob("*"):
        hook.unlink()
    subprocess.run(["update-ca-certificates", "--fresh"], check=True, capture_output=True)


def clean_store():
    """As before the test that came before."""
    left = [*LOCAL.glob("sygnet-*"), *RECORDS.glob("*")]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if left:
        subprocess.run(["update-ca-certificates", "--fresh"], check=True, capture_output=True)


def photograph():
    """All of the trust store: names, kinds, modes, contents, targets."""
    seen = {}
    for top in (LOCAL, LINKS):
        for path in sorted([top, *top.rglob("*")]):
            s = path.lstat()
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
            seen[str(path)] = (stat.S_IFMT(s.st_mode), s.st_mode, s.st_uid, content)
    return seen


class Service:
    """sygnet-trustd on a machine."""

    def __init__(self, machine, *options, start=True):
        self.machine, self.options = machine, options
        self.log = machine.folder / "trustd.log"
        if start:
            self.start()

    def start(self, *options):
        with open(self.log, "ab") as log:
            self.process = self.machine.spawn([BUILD / "installer/trust/sygnet-trustd", "--checker", CHECKER, *self.options, *options], stderr=log)
        self.machine.wait_for(self.is_up, "sygnet-trustd")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        return self.machine.has_owner(TRUST["name"])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.machine.wait_for(lambda: not self.machine.has_owner(TRUST["name"]), "the end of sygnet-trustd")

    def stop(self):
        self.process.terminate()
        self.ended()

    def ended(self):
        status = self.process.wait(30)
        if status != 0:
            raise AssertionError(f"sygnet-trustd ended with {status}:\n{self.log.read_text()}")

    def restart(self, *options):
        self.stop()
        self.machine.wait_for(lambda: not self.machine.has_owner(TRUST["name"]), "the end of sygnet-trustd")
        self.options = options
        self.start()


@contextlib.contextmanager
def trust(*options, polkit="real"):
    with Machine(polkit=polkit, daemon=False) as m:
        own_store()
        clean_store()
        s = Service(m, *options)
        with tempfile.TemporaryDirectory() as t:
            yield m, s, Path(t)
        if s.process.poll() is None:
            s.stop()


def make(folder, name="ca", options="-addext basicConstraints=critical,CA:TRUE", key="-newkey ec -pkeyopt ec_paramgen_curve:P-256", days=30, subject=None):
    """A self-signed certificate, DER; PEM and key lie in the folder."""
    (folder / "empty.cnf").write_text("[req]\ndistinguished_name=d\n[d]\n")
    subject = subject or f"/C=PL/O=Example/CN=Example {name} {os.urandom(4).hex()}"
    subprocess.run(f"openssl req -x509 -config empty.cnf -utf8 -nodes {key} -keyout {name}.key -out {name}.pem -days {days} -subj '{subject}' {options} && "
                   f"openssl x509 -in {name}.pem -outform DER -out {name}.der", shell=True, cwd=folder, check=True, capture_output=True)
    return (folder / f"{name}.der").read_bytes()


def fingerprint(der):
    return hashlib.sha256(der).hexdigest()


def inspect(c, certificate):
    return c.call("org.sygnet.Trust1.Inspect", "ay", certificate, **TRUST)


def install(c, certificate, seen=None):
    return c.call("org.sygnet.Trust1.Install", "ays", certificate, fingerprint(certificate) if seen is None else seen, **TRUST)


def remove(c, seen):
    return c.call("org.sygnet.Trust1.Remove", "s", seen, **TRUST)


def listing(c):
    return c.call("org.sygnet.Trust1.List", **TRUST)


def is_trusted(folder, name="ca"):
    """In the folder of links, by its hash, and in the bundle."""
    pem = (folder / f"{name}.pem").read_bytes()
    links = any(p.read_bytes() == pem for p in LINKS.glob("*.[0-9]") if p.exists())
    assert links == (pem in BUNDLE.read_bytes()), "links and bundle differ"
    return links


def script(folder, name, text):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    folder.chmod(0o755)
    return path


class Contract(TestCase):
    def test_introspection_is_the_contract(self):
        def shape(text):
            interface = ElementTree.fromstring(text).find(f"interface[@name='{TRUST['name']}']")
            # An argument's direction is "in" where nothing is said.
            methods = {m.get("name"): [(a.get("name"), a.get("type"), a.get("direction")) for a in m.findall("arg")] for m in interface.findall("method")}
            return methods, {(p.get("name"), p.get("type"), p.get("access")) for p in interface.findall("property")}, len(interface.findall("signal"))

        with trust() as (m, _, _f):
            nobody = m.client(NOBODY)
            self.assertEqual(shape((SOURCE / "dbus/org.sygnet.Trust1.xml").read_text()), shape(nobody.introspect(**TRUST)))
            self.assertEqual({"Version", "ContractVersion"}, set(nobody.get_all(TRUST["name"], **TRUST)))

    def test_only_an_administrator_may(self):
        with trust() as (m, _, folder):
            der = make(folder)
            before = photograph()
            for uid in (NOBODY, ALICE):
                c = m.client(uid)
                self.refused("Denied", install, c, der)
                self.refused("Denied", remove, c, fingerprint(der))
                self.refused("Denied", inspect, c, der)
                self.refused("Denied", listing, c)
            self.assertEqual(before, photograph())

    def test_ends_when_idle_and_not_before(self):
        with trust("--idle", "1", polkit="fake") as (m, s, folder):
            m.polkit.mode("hang")
            c = m.client()
            waiting = c.start("org.sygnet.Trust1.List", **TRUST)
            time.sleep(2.5)  # more than the idle time, which a parked call stops
            self.assertIsNone(s.process.poll())
            c.leave()
            s.ended()
            self.assertFalse(m.has_owner(TRUST["name"]))
            self.assertTrue(waiting)


class Inspect(TestCase):
    def test_what_is_told(self):
        with trust() as (m, _, folder):
            der = make(folder, options="-set_serial 0x0123456789 -addext basicConstraints=critical,CA:TRUE,pathlen:2 "
                                       "-addext 'nameConstraints=critical,permitted;DNS:.example.org,excluded;IP:0.0.0.0/0.0.0.0'", subject="/C=PL/O=Example/CN=Root")
            for form in (der, (folder / "ca.pem").read_bytes()):
                info = inspect(m.operator, form)
                self.assertEqual("CN=Root,O=Example,C=PL", info["subject"])
                self.assertEqual(info["subject"], info["issuer"])
                self.assertEqual("0123456789", info["serial"])
                self.assertEqual(fingerprint(der), info["fingerprint"])
                self.assertEqual(30 * 86400, info["not_after"] - info["not_before"])
                self.assertEqual((True, 2, False, True, ""), tuple(info[k] for k in ("ca", "path_length", "installed", "acceptable", "problem")))
                self.assertEqual(["permitted DNS name: .example.org", "excluded IP address: 0.0.0.0/0.0.0.0"], info["constraints"])
                self.assertEqual([], info["stores"])
                self.assertEqual(14, len(info))

    def test_one_that_the_system_has(self):
        with trust() as (m, _, folder):
            pem = next(Path("/usr/share/ca-certificates/mozilla").glob("*ISRG_Root_X1*")).read_bytes()
            self.assertTrue(inspect(m.operator, pem)["installed"])

    def test_what_would_be_refused(self):
        with trust() as (m, _, folder):
            cases = [
                ({"options": ""}, "authority"),
                ({"key": "-newkey rsa:1024"}, "weak"),
                ({"key": "-newkey rsa:2048 -sha1"}, "SHA-1"),
                ({"key": "-newkey rsa:2048 -md5"}, "MD5"),
            ]
            for how, word in cases:
                der = make(folder, **how)
                info = inspect(m.operator, der)
                self.assertFalse(info["acceptable"])
                self.assertIn(word, info["problem"])
                self.assertIn(word, self.refused("CertificateUnusable", install, m.operator, der))

    def test_what_is_no_certificate(self):
        with trust() as (m, _, folder):
            der = make(folder)
            pem, key = (folder / "ca.pem").read_bytes(), (folder / "ca.key").read_bytes()
            before = photograph()
            for data, name in ((b"", "CertificateUnusable"), (b"x", "CertificateUnusable"), (key, "CertificateUnusable"), (pem + key, "CertificateUnusable"),
                               (pem + pem, "CertificateUnusable"), (der + b"\0", "CertificateUnusable"), (der[:-1], "CertificateUnusable"),
                               (pem + b"x", "CertificateUnusable"), (os.urandom(1000), "CertificateUnusable"), (der + bytes(65536), "LimitReached")):
                self.refused(name, inspect, m.operator, data)
                self.refused(name, install, m.operator, data, fingerprint(der))
            self.assertEqual(before, photograph())
            self.assertEqual([], listing(m.operator))


class Install(TestCase):
    def test_there_and_back(self):
        with trust() as (m, s, folder):
            der = make(folder)
            self.assertFalse(is_trusted(folder))
            before = photograph()
            install(m.operator, der)
            self.assertTrue(is_trusted(folder))
            for where in (["-no-CAfile", "-no-CAstore", "-CApath", LINKS], ["-no-CApath", "-no-CAstore", "-CAfile", BUNDLE]):
                subprocess.run(["openssl", "verify", *where, folder / "ca.pem"], capture_output=True, check=True)
            file = LOCAL / f"sygnet-{fingerprint(der)[:16]}.crt"
            self.assertEqual(0o644, stat.S_IMODE(file.stat().st_mode))
            self.assertEqual((folder / "ca.pem").read_bytes(), file.read_bytes())
            self.assertEqual(0o700, stat.S_IMODE(RECORDS.stat().st_mode))
            (listed,) = listing(m.operator)
            self.assertEqual((fingerprint(der), str(file), True, 0), tuple(listed[k] for k in ("fingerprint", "path", "present", "uid")))
            self.assertTrue(inspect(m.operator, der)["installed"])
            self.refused("Exists", install, m.operator, der)
            s.restart()
            self.assertEqual([listed], listing(m.operator))
            remove(m.operator, fingerprint(der))
            self.assertEqual(before, photograph())
            self.assertFalse(is_trusted(folder))
            self.assertEqual([], listing(m.operator))
            self.refused("NotFound", remove, m.operator, fingerprint(der))

    def test_pem(self):
        with trust() as (m, _, folder):
            der, before = make(folder), photograph()
            install(m.operator, (folder / "ca.pem").read_bytes(), fingerprint(der))
            self.assertTrue(is_trusted(folder))
            remove(m.operator, fingerprint(der))
            self.assertEqual(before, photograph())

    def test_several_in_any_order(self):
        with trust() as (m, _, folder):
            before = photograph()
            # One name, so that the links of the two differ by their last digit only.
            ders = [make(folder, f"ca{i}", subject="/CN=Example the same" if i < 2 else None) for i in range(4)]
            clients = [m.client() for _ in ders]
            numbers = [c.start("org.sygnet.Trust1.Install", "ays", d, fingerprint(d), **TRUST) for c, d in zip(clients, ders)]
            for c, n in zip(clients, numbers):
                c.wait(n)
            self.assertEqual({fingerprint(d) for d in ders}, {e["fingerprint"] for e in listing(m.operator)})
            for i in (2, 0, 3, 1):
                self.assertTrue(is_trusted(folder, f"ca{i}"))
                remove(m.operator, fingerprint(ders[i]))
                self.assertFalse(is_trusted(folder, f"ca{i}"))
            self.assertEqual(before, photograph())

    def test_what_was_there_before_stays(self):
        with trust() as (m, _, folder):
            pem = next(Path("/usr/share/ca-certificates/mozilla").glob("*ISRG_Root_X1*")).read_bytes()
            seen = inspect(m.operator, pem)["fingerprint"]
            before = photograph()
            self.refused("Exists", install, m.operator, pem, seen)
            self.refused("NotFound", remove, m.operator, seen)
            self.assertEqual(before, photograph())

    def test_a_file_of_that_name_is_left_alone(self):
        with trust() as (m, _, folder):
            der = make(folder)
            other = make(folder, "other")
            file = LOCAL / f"sygnet-{fingerprint(der)[:16]}.crt"
            shutil.copy(folder / "other.pem", file)
            subprocess.run(["update-ca-certificates"], check=True, capture_output=True)
            content = file.read_bytes()
            self.refused("Exists", install, m.operator, der)
            self.assertEqual(content, file.read_bytes())
            self.assertEqual([], listing(m.operator))
            self.assertTrue(other)
            file.unlink()
            subprocess.run(["update-ca-certificates", "--fresh"], check=True, capture_output=True)

    def test_another_certificate_than_was_seen(self):
        with trust() as (m, _, folder):
            der, other, before = make(folder), make(folder, "other"), photograph()
            self.refused("InvalidArgument", install, m.operator, der, fingerprint(other))
            for bad in ("", "00", fingerprint(der).upper(), fingerprint(der)[:-1] + "\n", fingerprint(der) + "0"):
                self.refused("InvalidArgument", install, m.operator, der, bad)
                self.refused("InvalidArgument", remove, m.operator, bad)
            self.refused("InvalidArgument", remove, m.operator, "../../../../etc/passwd")
            self.assertEqual(before, photograph())

    def test_file_taken_away_by_hand(self):
        with trust() as (m, _, folder):
            der, before = make(folder), photograph()
            install(m.operator, der)
            (LOCAL / f"sygnet-{fingerprint(der)[:16]}.crt").unlink()
            self.assertFalse(listing(m.operator)[0]["present"])
            remove(m.operator, fingerprint(der))
            self.assertEqual(before, photograph())
            self.assertEqual([], listing(m.operator))


class Checker(TestCase):
    """The checker is a stranger: whatever it does, nothing is installed and the service goes on."""

    def misbehave(self, text, certificate=None):
        with trust() as (m, s, folder):
            der, before = make(folder), photograph()
            s.restart("--checker", script(folder, "checker", text))
            self.refused("CertificateUnusable", install, m.operator, certificate or der, fingerprint(der))
            self.refused("CertificateUnusable", inspect, m.operator, certificate or der)
            self.assertEqual(before, photograph())
            self.assertEqual([], list(RECORDS.glob("*.conf")))
            s.restart()
            install(m.operator, der)
            remove(m.operator, fingerprint(der))
            self.assertEqual(before, photograph())

    def test_crashes(self):
        self.misbehave("kill -SEGV $$\n")

    def test_fails(self):
        self.misbehave("cat > /dev/null; exit 1\n")

    def test_says_nothing(self):
        self.misbehave("cat > /dev/null\n")

    def test_says_garbage(self):
        self.misbehave("head -c 1000 /dev/urandom\n")

    def test_says_too_much(self):
        self.misbehave("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done\n")

    def test_does_not_read(self):
        self.misbehave("exec <&-; sleep 0.2; echo no\n", certificate=bytes(65536))

    def test_cannot_be_started(self):
        with trust() as (m, s, folder):
            der = make(folder)
            s.restart("--checker", "/nonexistent")
            self.refused("CertificateUnusable", install, m.operator, der)

    def test_approves_another_certificate(self):
        with trust() as (m, s, folder):
            good, evil, before = make(folder), make(folder, "evil"), photograph()
            answer = subprocess.run([CHECKER], input=evil, capture_output=True, check=True).stdout
            (folder / "answer").write_bytes(answer)
            s.restart("--checker", script(folder, "checker", f"cat > /dev/null; cat {folder}/answer\n"))
            self.refused("CertificateUnusable", install, m.operator, good)
            self.refused("CertificateUnusable", install, m.operator, good, fingerprint(evil))
            self.refused("CertificateUnusable", inspect, m.operator, good)
            self.assertEqual(before, photograph())

    def test_hangs(self):
        with trust() as (m, s, folder):
            der = make(folder)
            s.restart("--checker", script(folder, "checker", f"sleep 1000\n"))
            start = time.monotonic()
            hanging = m.operator.start("org.sygnet.Trust1.Inspect", "ay", der, **TRUST)
            self.assertEqual([], listing(m.operator))  # the service answers others meanwhile
            self.assertLess(time.monotonic() - start, 5)
            self.refused("CertificateUnusable", m.operator.wait, hanging)
            self.assertLess(time.monotonic() - start, 30)
            self.assertEqual("", subprocess.run(["pgrep", "-P", str(s.process.pid)], capture_output=True, text=True, check=False).stdout)

    def test_has_no_powers(self):
        """Seen from outside, while it hangs."""
        with trust() as (m, s, folder):
            der = make(folder)
            s.restart("--checker", script(folder, "checker", "exec sleep 1000\n"))
            hanging = m.operator.start("org.sygnet.Trust1.Inspect", "ay", der, **TRUST)
            children = Path(f"/proc/{s.process.pid}/task/{s.process.pid}/children")
            m.wait_for(lambda: any(Path(f"/proc/{p}/comm").read_text() == "sleep\n" for p in children.read_text().split()), "the checker")
            (pid,) = children.read_text().split()
            proc = Path("/proc", pid)
            m.wait_for((proc / "environ").read_bytes, "its environment")  # a moment after its name, while it is executed
            status = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines() if ":\t" in line)
            self.assertEqual("\t".join([str(NOBODY)] * 4), status["Uid"])
            self.assertEqual("\t".join([str(NOBODY)] * 4), status["Gid"])
            self.assertEqual("", status["Groups"].strip())
            self.assertEqual("1", status["NoNewPrivs"])
            self.assertEqual({"0" * 16}, {status[k] for k in ("CapInh", "CapPrm", "CapEff")})
            self.assertEqual({"0", "1", "2"}, {f.name for f in (proc / "fd").iterdir()})
            limits = (proc / "limits").read_text()
            for limit in ("Max cpu time +5 +5 ", "Max file size +0 +0 ", "Max core file size +0 +0 ", "Max processes +0 +0 ", "Max open files +16 +16 "):
                self.assertRegex(limits, limit)
            self.assertEqual({b"PATH", b"LC_ALL"}, {v.split(b"=")[0] for v in (proc / "environ").read_bytes().split(b"\0") if v} - {b"PWD"})  # the shell's own
            self.assertEqual(pid, str(os.getpgid(int(pid))))
            os.kill(int(pid), signal.SIGKILL)
            self.refused("CertificateUnusable", m.operator.wait, hanging)


class Update(TestCase):
    """update-ca-certificates is not believed."""

    def repaired(self, m):
        """Changes run one after the other: this one comes after the repair at start."""
        self.refused("NotFound", remove, m.operator, "0" * 64)

    def test_does_nothing_and_says_yes(self):
        with trust() as (m, s, folder):
            der, before = make(folder), photograph()
            s.restart("--update-command", "/bin/true")
            self.refused("StoreFailed", install, m.operator, der)
            self.assertEqual(before, photograph())
            self.assertEqual([], list(RECORDS.glob("*.conf")) and listing(m.operator))

    def test_does_it_and_says_no(self):
        with trust() as (m, s, folder):
            der, before = make(folder), photograph()
            s.restart("--update-command", script(folder, "update", 'update-ca-certificates "$@"; exit 1\n'))
            install(m.operator, der)
            self.assertTrue(is_trusted(folder))
            remove(m.operator, fingerprint(der))
            self.assertEqual(before, photograph())

    def test_fails(self):
        with trust() as (m, s, folder):
            der, before = make(folder), photograph()
            s.restart("--update-command", "/bin/false")
            self.refused("StoreFailed", install, m.operator, der)
            s.restart()
            self.assertEqual([], listing(m.operator))
            install(m.operator, der)
            s.restart("--update-command", "/bin/false")
            self.refused("StoreFailed", remove, m.operator, fingerprint(der))
            s.restart()  # repairs
            self.repaired(m)
            self.assertEqual(before, photograph())
            self.assertEqual([], listing(m.operator))

    def test_hooks(self):
        """They run, but for those that call dpkg: a confined service must not, and in a transaction of apt cannot."""
        with trust() as (m, _, folder):
            der, hooks = make(folder), Path("/etc/ca-certificates/update.d")
            for name, text in (("plain", "cat >> {0}\n"), ("jks-keystore", "dpkg --triggers-only --pending; cat >> {0}\n")):
                (hooks / name).write_text("#!/bin/sh\n" + text.format(folder / name))
                (hooks / name).chmod(0o755)
            try:
                install(m.operator, der)
                remove(m.operator, fingerprint(der))
            finally:
                for name in ("plain", "jks-keystore"):
                    (hooks / name).unlink()
            link = LINKS / f"sygnet-{fingerprint(der)[:16]}.pem"
            self.assertEqual(f"+{link}\n-{link}\n", (folder / "plain").read_text())
            self.assertFalse((folder / "jks-keystore").exists())

    def test_killed_in_the_middle(self):
        with trust() as (m, s, folder):
            der, before = make(folder), photograph()
            s.restart("--update-command", script(folder, "update", 'update-ca-certificates "$@"; kill -9 $$\n'))
            self.refused("StoreFailed", install, m.operator, der)
            s.restart()
            self.repaired(m)
            self.assertEqual(before, photograph())


class Crashes(TestCase):
    def test_killed_while_it_works(self):
        """Wherever the kill falls: after the next start what was answered stands, and what was not is whole or gone."""
        chance = random.Random(2)
        with trust() as (m, s, folder):
            before, der = photograph(), make(folder)
            for i in range(16):
                installed = bool(listing(m.operator))
                c = m.client()
                number = c.start("org.sygnet.Trust1.Remove", "s", fingerprint(der), **TRUST) if installed else \
                    c.start("org.sygnet.Trust1.Install", "ays", der, fingerprint(der), **TRUST)
                time.sleep(chance.random() * (1.2 if i % 2 else 0.15))  # where the kill falls is the test
                s.kill()
                answered = True
                try:
                    c.wait(number)
                except BusError:
                    answered = False
                c.leave()
                s.start()
                self.refused("NotFound", remove, m.operator, "0" * 64)  # comes after the repair
                now = bool(listing(m.operator))
                if answered:
                    self.assertEqual(not installed, now)
                self.assertEqual(now, is_trusted(folder))
                if not now:
                    self.assertEqual(before, photograph())
                    self.assertEqual([], list(RECORDS.glob("*.conf")) and [p for p in RECORDS.glob("*.conf") if p.name != "removal.conf"])

    def test_each_half_done_state(self):
        """The states between two writes, made by hand."""
        with trust() as (m, s, folder):
            before, der = photograph(), make(folder)
            install(m.operator, der)
            record = RECORDS / f"{fingerprint(der)}.conf"
            text, file = record.read_text(), LOCAL / f"sygnet-{fingerprint(der)[:16]}.crt"
            self.assertIn("Stores=ca-certificates \nPending=\nGroup=\n", text)
            pem = file.read_bytes()
            states = [("installing", False, False), ("installing", True, False), ("installing", True, True), ("removing", True, True), ("removing", False, True),
                      ("removing", False, False)]
            for state, has_file, updated in states:
                s.stop()
                m.wait_for(lambda: not m.has_owner(TRUST["name"]), "the end")
                file.write_bytes(pem)
                subprocess.run(["update-ca-certificates"], check=True, capture_output=True)
                if not updated:
                    file.unlink()
                    subprocess.run(["update-ca-certificates", "--fresh"], check=True, capture_output=True)
                if has_file:
                    file.write_bytes(pem)
                else:
                    file.unlink(missing_ok=True)
                group = "0123456789abcdef" if state == "installing" else ""
                record.write_text(text.replace("Stores=ca-certificates \nPending=\nGroup=\n", f"Stores=\nPending=ca-certificates \nGroup={group}\n"))
                record.chmod(0o600)
                s.start()
                self.refused("NotFound", remove, m.operator, "0" * 64)
                self.assertEqual(before, photograph(), (state, has_file, updated))
                self.assertFalse(record.exists())

    def test_damaged_record(self):
        with trust() as (m, s, folder):
            der, before = make(folder), photograph()
            install(m.operator, der)
            record = RECORDS / f"{fingerprint(der)}.conf"
            text = record.read_text()
            for bad in ("", text[:200], text.replace("Format=2", "Format=3"), text + "Path=/etc/passwd\n", text.replace(fingerprint(der), "0" * 64),
                        text.replace("Stores=ca-certificates", "Stores=other"), text.replace("Stores=ca-certificates", "Stores="),
                        text.replace("tls email code", "tls all"), text.replace("Group=", "Group=../../x")):
                record.write_text(bad)
                self.assertEqual([], listing(m.operator))
                self.refused("StoreFailed", remove, m.operator, fingerprint(der))
            record.write_text(text)
            remove(m.operator, fingerprint(der))
            self.assertEqual(before, photograph())

    def test_record_of_the_first_format(self):
        """As the version before wrote it."""
        with trust() as (m, s, folder):
            der, before = make(folder), photograph()
            install(m.operator, der)
            record = RECORDS / f"{fingerprint(der)}.conf"
            certificate = re.search("^Certificate=.*$", record.read_text(), re.M)[0]
            for state in ("installed", "installing", "removing"):
                s.stop()
                m.wait_for(lambda: not m.has_owner(TRUST["name"]), "the end")
                record.write_text("# Written by sygnet-trustd; it says how to undo what was installed.\n[Certificate]\nFormat=1\n"
                                  f"State={state}\nFingerprint={fingerprint(der)}\nSubject=CN=Example\nNotAfter=1900000000s\nInstalled=1700000000s\n"
                                  f"User=1000\n{certificate}\n")
                s.start()
                self.refused("NotFound", remove, m.operator, "0" * 64)
                if state == "installed":
                    (listed,) = listing(m.operator)
                    self.assertEqual((1000, 1700000000, True, ["ca-certificates"]), tuple(listed[k] for k in ("uid", "installed", "present", "stores")))
                    continue
                self.assertEqual(before, photograph(), state)
                self.assertFalse(record.exists())


if __name__ == "__main__":
    main()
