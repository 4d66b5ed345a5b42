#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The trust stores beside Debian's, each rebuilt in a folder: Java's with a real JVM, Firefox's policy, and those of Fedora, SUSE and p11-kit with the
real p11-kit behind scripts that are named as theirs. A folder is as before when all was taken out, byte for byte."""
import contextlib
import importlib
import json
import os
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import harness
from harness import Machine, TestCase, main

trust = importlib.import_module("test-trust")
files = importlib.import_module("test-trust-files")
make, fingerprint, install_all, state, stores = trust.make, trust.fingerprint, files.install_all, files.state, files.stores
JAVA = sorted(p for p in Path("/usr/lib/jvm").glob("*/bin/keytool"))

# What update-ca-trust does, RHEL 9: the same calls of the same program.
EXTRACT = """#!/bin/sh
top={top}
for p in server-auth:tls email:email code-signing:objsign; do
        trust extract --format=pem-bundle --filter=ca-anchors --overwrite --comment --purpose ${{p%:*}} $top/{bundles}${{p#*:}}-ca-bundle.pem || exit 1
done
"""
MODULE = """module: p11-kit-trust.so
priority: 1
trust-policy: yes
x-init-reserved: paths='{paths}'
"""


class Place:
    """A system in a folder, with one certificate of the distribution's."""

    def __init__(self, folder):
        self.top = folder / "root"
        (self.top / "var/lib").mkdir(parents=True)
        folder.chmod(0o755)
        self.folder = folder
        self.before = None
        make(folder, "theirs")

    def file(self, path, content=b"", mode=0o644):
        path = self.top / path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def photograph(self):
        seen = {}
        for path in sorted(self.top.rglob("*")):
            if "sygnet-trust" in path.parts:
                continue
            s = path.lstat()
            seen[str(path)] = (stat.S_IFMT(s.st_mode), s.st_mode, os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None)
        return seen

    def clean_records(self):
        return [p.name for p in (self.top / "var/lib/sygnet-trust").iterdir() if p.name not in ("lock", "hooks", "removal.conf")]


@contextlib.contextmanager
def place(build, *options):
    """A machine whose sygnet-trustd works on a folder that `build` fills."""
    with Machine(daemon=False) as m, tempfile.TemporaryDirectory(dir=harness.namespace()) as t:
        p = Place(Path(t))
        build(p)
        s = trust.Service(m, "--root", p.top, *options)
        p.before = p.photograph()
        yield m, s, p
        if s.process.poll() is None:
            s.stop()


_module = None


def p11_kit(*paths):
    """Has the trust module read these paths."""
    global _module
    target = Path("/usr/share/p11-kit/modules/p11-kit-trust.module")
    if not _module:
        _module = harness.namespace() / "p11-kit-trust.module"
        _module.touch()
        harness._mount(_module, target, 0x1000)  # MS_BIND
    _module.write_text(MODULE.format(paths=":".join(str(p) for p in paths)))


def fedora(p):
    (p.top / "etc/pki/ca-trust/extracted/pem").mkdir(parents=True)
    (p.top / "etc/pki/ca-trust/source/anchors").mkdir(parents=True)
    p.file("/etc/pki/ca-trust/source/anchors/theirs.pem", (p.folder / "theirs.pem").read_bytes())
    update = p.file("/usr/bin/update-ca-trust", EXTRACT.format(top=p.top, bundles="etc/pki/ca-trust/extracted/pem/"), 0o755)
    p11_kit(p.top / "etc/pki/ca-trust/source")
    subprocess.run([update, "extract"], check=True, capture_output=True)


def arch(p):
    (p.top / "etc/ca-certificates/extracted").mkdir(parents=True)
    (p.top / "etc/ca-certificates/trust-source/anchors").mkdir(parents=True)
    p.file("/etc/ca-certificates/trust-source/anchors/theirs.pem", (p.folder / "theirs.pem").read_bytes())
    update = p.file("/usr/bin/update-ca-trust", EXTRACT.format(top=p.top, bundles="etc/ca-certificates/extracted/"), 0o755)
    p11_kit(p.top / "etc/ca-certificates/trust-source")
    subprocess.run([update], check=True, capture_output=True)


def suse(p):
    (p.top / "var/lib/ca-certificates").mkdir(parents=True)
    (p.top / "etc/pki/trust/anchors").mkdir(parents=True)
    p.file("/etc/pki/trust/anchors/theirs.pem", (p.folder / "theirs.pem").read_bytes())
    # Its update.d/99certbundle.run.
    update = p.file("/usr/sbin/update-ca-certificates", "#!/bin/sh\nexec trust extract --format=pem-bundle --purpose=server-auth --filter=ca-anchors --overwrite "
                    f"{p.top}/var/lib/ca-certificates/ca-bundle.pem\n", 0o755)
    p11_kit(p.top / "etc/pki/trust")
    subprocess.run([update], check=True, capture_output=True)


def firefox(policies=None):
    def build(p):
        p.file("/usr/bin/firefox-esr", mode=0o755)
        (p.top / "etc/firefox/policies").mkdir(parents=True)
        if policies is not None:
            p.file("/etc/firefox/policies/policies.json", policies, 0o640)
    return build


def java(p, name="jvm", options="", jvm=""):
    """A JVM: the real programs, and a key store of its own."""
    home = p.top / "usr/lib/jvm" / name
    (home / "bin").mkdir(parents=True)
    (home / "lib/security").mkdir(parents=True)
    (home / "bin/keytool").symlink_to(JAVA[0].resolve())
    cacerts = home / "lib/security/cacerts"
    subprocess.run(f"{JAVA[0]} {jvm} -importcert {options} -noprompt -alias theirs -file theirs.pem -keystore {cacerts} -storepass changeit", shell=True, cwd=p.folder,
                   check=True, capture_output=True)
    cacerts.chmod(0o644)
    return cacerts


def aliases(cacerts):
    out = subprocess.run([JAVA[0], "-J-Duser.language=en", "-list", "-keystore", cacerts, "-storepass", "changeit"], capture_output=True, text=True, check=True).stdout
    return {line.split(",")[0] for line in out.splitlines() if "trustedCertEntry" in line}


def jks(p):
    java(p, "jks", "-storetype jks")


class Common(TestCase):
    """What holds for each store."""

    def walk(self, build, store, limits, names=("theirs",)):
        with place(build) as (m, s, p):
            ders = [make(p.folder, f"ca{i}") for i in range(3)]
            seen = [fingerprint(d) for d in ders]
            self.assertEqual({store}, {k for k, v in stores(m.operator).items() if v["present"]})
            self.assertEqual((True, limits, ""), tuple(stores(m.operator)[store][k] for k in ("writable", "purposes", "problem")))
            theirs = (p.folder / "theirs.der").read_bytes()
            self.assertEqual(bool(names), state(m.operator, fingerprint(theirs))[fingerprint(theirs), store]["trusted"])
            results = install_all(m.operator, ders)
            self.assertEqual([(f, store, "installed") for f in seen], [tuple(r[k] for k in ("fingerprint", "store", "result")) for r in results])
            for f in seen:
                self.assertEqual((True, True), tuple(state(m.operator, f)[f, store][k] for k in ("trusted", "ours")))
            self.assertTrue(all(e["present"] and e["stores"] == [store] for e in trust.listing(m.operator)))
            if names:
                self.assertEqual(["present-before"], [r["result"] for r in install_all(m.operator, [theirs])])
            trust.remove(m.operator, seen[1])
            self.assertEqual([True, False, True], [state(m.operator, f)[f, store]["trusted"] for f in seen])
            s.restart("--root", p.top)
            trust.remove(m.operator, seen[0])
            trust.remove(m.operator, seen[2])
            self.assertEqual(p.before, p.photograph())
            self.assertEqual([], p.clean_records())
            self.killed(m, s, p, ders, store)

    def killed(self, m, s, p, ders, store):
        """Wherever it falls."""
        for moment in (0.0, 0.03, 0.08, 0.15, 0.3, 0.6, 1.2):
            c = m.client()
            n = c.start("org.sygnet.Trust1.InstallAll", "aayasa{sv}", [files.dbus.ByteArray(d) for d in ders], [fingerprint(d) for d in ders], {}, **trust.TRUST)
            time.sleep(moment)  # where the kill falls is the test
            s.kill()
            self.assertTrue(n)
            c.leave()
            s.start()
            self.refused("NotFound", trust.remove, m.operator, "0" * 64)  # comes after the repair
            listed = trust.listing(m.operator)
            self.assertIn(len(listed), (0, 3), moment)
            for e in listed:
                self.assertTrue(e["present"], moment)
                trust.remove(m.operator, e["fingerprint"])
            self.assertEqual(p.before, p.photograph(), moment)
            self.assertEqual([], p.clean_records())


class Distributions(Common):
    def test_fedora(self):
        self.walk(fedora, "ca-trust", True)

    def test_suse(self):
        self.walk(suse, "ca-certificates-suse", False)

    def test_p11_kit(self):
        self.walk(arch, "p11-kit", True)

    def test_purposes(self):
        """Limited to e-mail: in that bundle and in no other."""
        with place(fedora) as (m, _, p):
            der = make(p.folder)
            self.assertEqual(["installed"], [r["result"] for r in install_all(m.operator, [der], purposes=["email"])])
            pem = trust.subprocess.run(["openssl", "x509", "-in", p.folder / "ca.pem"], capture_output=True, check=True).stdout
            for name, inside in (("tls", False), ("email", True), ("objsign", False)):
                self.assertEqual(inside, pem in (p.top / f"etc/pki/ca-trust/extracted/pem/{name}-ca-bundle.pem").read_bytes(), name)
            self.assertIn("some purposes", state(m.operator, fingerprint(der))[fingerprint(der), "ca-trust"]["why"])
            self.assertIn("Remove it first", self.refused("Exists", install_all, m.operator, [der]))
            trust.remove(m.operator, fingerprint(der))
            self.assertEqual(p.before, p.photograph())

    def test_command_that_does_nothing(self):
        with place(fedora) as (m, _, p):
            der, script = make(p.folder), p.top / "usr/bin/update-ca-trust"
            text = script.read_text()
            script.write_text("#!/bin/sh\nexit 0\n")
            self.assertIn("ca-trust", self.refused("StoreFailed", install_all, m.operator, [der]))
            script.write_text(text)
            self.refused("NotFound", trust.remove, m.operator, fingerprint(der))
            self.assertEqual(p.before, p.photograph())


    def test_killed_while_the_command_writes(self):
        """A command that is broken off would leave its scratch file; it ends by itself, and the next service waits for it."""
        with place(suse) as (m, s, p):
            der, script = make(p.folder), p.top / "usr/sbin/update-ca-certificates"
            text, scratch = script.read_text(), p.top / "var/lib/ca-certificates/scratch"
            os.mkfifo(p.folder / "go")
            go = os.open(p.folder / "go", os.O_RDWR | os.O_CLOEXEC)
            script.write_text(f"#!/bin/sh\necho half > {scratch}\nread line < {p.folder}/go\nrm {scratch}\n" + text.partition("\n")[2])
            c = m.client()
            c.start("org.sygnet.Trust1.InstallAll", "aayasa{sv}", [files.dbus.ByteArray(der)], [fingerprint(der)], {}, **trust.TRUST)
            m.wait_for(scratch.exists, "the command's start")
            s.kill()
            c.leave()
            os.write(go, b"go on\n")
            os.close(go)
            script.write_text(text)
            s.start()
            self.refused("NotFound", trust.remove, m.operator, "0" * 64)  # comes after the repair
            for e in trust.listing(m.operator):
                trust.remove(m.operator, e["fingerprint"])
            self.assertEqual(p.before, p.photograph())


class Firefox(Common):
    def test_without_policies(self):
        self.walk(firefox(), "firefox-policy", False, names=())

    def test_with_policies(self):
        texts = ['{}', '{ }\n', '{"policies":{}}', '{\n  "policies": {\n    "DisableTelemetry": true\n  }\n}\n', '{"policies": {"Certificates": {}}}',
                 '{"policies": {"Certificates": {"ImportEnterpriseRoots": true}, "A": [1, 2.5e3, null, {"x": "\\"]}"}]}}',
                 '{"policies": {"Certificates": {"Install": []}}}', '{"policies": {"Certificates": {"Install": [ ]}}}',
                 '{"policies": {"Certificates": {"Install": ["other.der", "/etc/x.pem"]}, "B": "\u017c"}}\n',
                 '{\r\n\t"a": 1,\r\n\t"policies": { "Certificates": { "Install": [\r\n\t\t"one.pem"\r\n] } }\r\n}']
        for text in texts:
            with place(firefox(text.encode())) as (m, _, p):
                ders = [make(p.folder, f"ca{i}") for i in range(3)]
                install_all(m.operator, ders[:2])
                install_all(m.operator, ders[2:])
                now = json.loads((p.top / "etc/firefox/policies/policies.json").read_text())
                listed = now["policies"]["Certificates"]["Install"]
                self.assertEqual({f"/etc/firefox/policies/sygnet-{fingerprint(d)[:16]}.pem" for d in ders}, {x for x in listed if "sygnet" in x}, text)
                for d in ders:
                    now["policies"]["Certificates"]["Install"].remove(f"/etc/firefox/policies/sygnet-{fingerprint(d)[:16]}.pem")
                before = json.loads(text)
                before.setdefault("policies", {}).setdefault("Certificates", {}).setdefault("Install", [])
                self.assertEqual(before, now)
                for i in (1, 2, 0):
                    trust.remove(m.operator, fingerprint(ders[i]))
                self.assertEqual(p.before, p.photograph(), text)

    def test_edited_meanwhile(self):
        with place(firefox(b'{"policies": {"A": true}}')) as (m, _, p):
            der, file = make(p.folder), p.top / "etc/firefox/policies/policies.json"
            install_all(m.operator, [der])
            file.write_text(json.dumps(json.loads(file.read_text()), indent=4).replace("true", "false"))
            trust.remove(m.operator, fingerprint(der))
            self.assertEqual({"policies": {"A": False, "Certificates": {"Install": []}}}, json.loads(file.read_text()))

    def test_what_is_left_alone(self):
        for text in (b"", b"{", b"[]", b'{"policies": []}', b'{"policies": {"Certificates": {"Install": "x"}}}', b'{"policies": {}, "policies": {}}', b"\xff\xfe{}",
                     b'{"a": ' * 40 + b"1" + b"}" * 40, b'{"policies": {}} x', b"{'policies': {}}"):
            with place(firefox(text)) as (m, _, p):
                der = make(p.folder)
                if text:
                    self.assertIn("left alone", stores(m.operator)["firefox-policy"]["problem"])
                    self.assertIn("left alone", self.refused("StoreFailed", install_all, m.operator, [der]))
                else:  # an empty file is none
                    install_all(m.operator, [der])
                    trust.remove(m.operator, fingerprint(der))
                    continue
                self.assertEqual(p.before, p.photograph())

    def test_policies_of_its_own_directory(self):
        """Firefox would no longer read them."""
        def build(p):
            firefox()(p)
            p.file("/usr/lib/firefox-esr/distribution/policies.json", "{}")
        with place(build) as (m, _, p):
            self.assertIn("its own directory", stores(m.operator)["firefox-policy"]["problem"])
            self.assertIn("its own directory", self.refused("StoreFailed", install_all, m.operator, [make(p.folder)]))
            self.assertEqual(p.before, p.photograph())

    def test_one_store_fails_where_others_do_not(self):
        def both(p):
            firefox(b"no JSON")(p)
            fedora(p)
        with place(both) as (m, _, p):
            der = make(p.folder)
            got = {r["store"]: r for r in install_all(m.operator, [der])}
            self.assertEqual(("installed", "failed"), (got["ca-trust"]["result"], got["firefox-policy"]["result"]))
            self.assertIn("left alone", got["firefox-policy"]["problem"])
            trust.remove(m.operator, fingerprint(der))
            self.refused("StoreFailed", install_all, m.operator, [der], stores=["ca-trust", "firefox-policy"])
            self.assertEqual(p.before, p.photograph())
            got = {r["store"]: r["result"] for r in install_all(m.operator, [der], stores=["ca-trust"])}
            self.assertEqual({"ca-trust": "installed"}, got)
            trust.remove(m.operator, fingerprint(der))
            self.assertEqual(p.before, p.photograph())


class Java(Common):
    def test_jks(self):
        self.walk(jks, "java", False)

    def test_without_password(self):
        """As JVMs since 18 are delivered: PKCS #12 that is neither encrypted nor sealed."""
        def build(p):
            java(p, "p12", jvm="-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE")
        with place(build) as (m, _, p):
            der, cacerts = make(p.folder), p.top / "usr/lib/jvm/p12/lib/security/cacerts"
            install_all(m.operator, [der])
            self.assertEqual({"theirs", f"sygnet-{fingerprint(der)[:16]}"}, aliases(cacerts))
            self.assertEqual(0o644, stat.S_IMODE(cacerts.stat().st_mode))
            trust.remove(m.operator, fingerprint(der))
            self.assertEqual(p.before, p.photograph())

    def test_changed_meanwhile(self):
        """By a package, say, that made it anew: what is ours goes, what is theirs stays."""
        with place(jks) as (m, _, p):
            ders, cacerts = [make(p.folder, f"ca{i}") for i in range(2)], p.top / "usr/lib/jvm/jks/lib/security/cacerts"
            install_all(m.operator, ders)
            make(p.folder, "other")
            subprocess.run([JAVA[0], "-importcert", "-noprompt", "-alias", "other", "-file", p.folder / "other.pem", "-keystore", cacerts, "-storepass", "changeit"],
                           check=True, capture_output=True)
            for d in ders:
                trust.remove(m.operator, fingerprint(d))
            self.assertEqual({"theirs", "other"}, aliases(cacerts))
            self.assertEqual([], p.clean_records())

    def test_two_virtual_machines_of_one_store(self):
        def build(p):
            cacerts = java(p, "one", "-storetype jks")
            shared = p.top / "etc/ssl/certs/java/cacerts"
            shared.parent.mkdir(parents=True)
            cacerts.rename(shared)
            cacerts.symlink_to(shared)
            other = p.top / "usr/lib/jvm/two"
            (other / "lib/security").mkdir(parents=True)
            (other / "bin").mkdir()
            (other / "bin/keytool").symlink_to(JAVA[0].resolve())
            (other / "lib/security/cacerts").symlink_to(shared)
            java(p, "three")
        with place(build) as (m, _, p):
            der = make(p.folder)
            self.assertEqual(2, len(stores(m.operator)["java"]["path"].split(", ")))
            # The third encrypts what it holds: it cannot be read back without its password, so it is not changed, and nothing else is.
            self.assertIn("encrypted", self.refused("StoreFailed", install_all, m.operator, [der]))
            self.assertEqual(p.before, p.photograph())
            shutil.rmtree(p.top / "usr/lib/jvm/three")
            install_all(m.operator, [der])
            self.assertEqual({"theirs", f"sygnet-{fingerprint(der)[:16]}"}, aliases(p.top / "usr/lib/jvm/two/lib/security/cacerts"))
            trust.remove(m.operator, fingerprint(der))

    def test_broken_keytool_keeps_no_other_store_out(self):
        """Unless Java was asked for by name."""
        def both(p):
            jks(p)
            fedora(p)
            firefox()(p)
        with place(both) as (m, _, p):
            der, keytool = make(p.folder), p.top / "usr/lib/jvm/jks/bin/keytool"
            keytool.unlink()
            keytool.write_text("#!/bin/sh\nexit 0\n")
            keytool.chmod(0o755)
            p.before = p.photograph()
            self.assertIn("Java", self.refused("StoreFailed", install_all, m.operator, [der], stores=["ca-trust", "java"]))
            self.assertEqual(p.before, p.photograph())
            got = {r["store"]: r for r in install_all(m.operator, [der])}
            self.assertEqual({"ca-trust": "installed", "firefox-policy": "installed", "java": "failed"}, {k: v["result"] for k, v in got.items()})
            self.assertIn("log", got["java"]["problem"])
            self.assertEqual(["ca-trust", "firefox-policy"], trust.listing(m.operator)[0]["stores"])
            trust.remove(m.operator, fingerprint(der))
            self.assertEqual(p.before, p.photograph())

    def test_broken_keytool(self):
        with place(jks) as (m, _, p):
            der, keytool = make(p.folder), p.top / "usr/lib/jvm/jks/bin/keytool"
            real = keytool.readlink()
            for text in ("exit 0", "exit 1", "kill -9 $$", 'for a in "$@"; do case $a in */java-*.work) echo torn >"$a";; esac; done; exit 0'):
                keytool.unlink()
                keytool.write_text(f"#!/bin/sh\n{text}\n")
                keytool.chmod(0o755)
                self.refused("StoreFailed", install_all, m.operator, [der])
                keytool.unlink()
                keytool.symlink_to(real)
                self.refused("NotFound", trust.remove, m.operator, "0" * 64)
                self.assertEqual(p.before, p.photograph(), text)
                self.assertEqual([], p.clean_records(), text)


if __name__ == "__main__":
    main()
