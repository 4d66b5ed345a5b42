#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files of several certificates at sygnet-trustd (requirement C1): what it tells of them, that all or none are installed, and what is refused."""
import importlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import dbus

from harness import NOBODY, TestCase, V, main

trust = importlib.import_module("test-trust")
TRUST, LOCAL, LINKS, BUNDLE, RECORDS = trust.TRUST, trust.LOCAL, trust.LINKS, trust.BUNDLE, trust.RECORDS
make, fingerprint, photograph = trust.make, trust.fingerprint, trust.photograph
CA = "-addext basicConstraints=critical,CA:TRUE"


def look(c, data):
    return c.call("org.sygnet.Trust1.InspectFile", "ay", data, **TRUST)


def install_all(c, ders, seen=None, **options):
    return c.call("org.sygnet.Trust1.InstallAll", "aayasa{sv}", dbus.Array([dbus.ByteArray(d) for d in ders], signature="ay"),
                  dbus.Array([fingerprint(d) for d in ders] if seen is None else seen, signature="s"),
                  {k: V("as", v) for k, v in options.items()}, **TRUST)


def state(c, *seen):
    return {(e["fingerprint"], e["store"]): e for e in c.call("org.sygnet.Trust1.State", "as", dbus.Array(seen, signature="s"), **TRUST)}


def stores(c):
    return {e["id"]: e for e in c.call("org.sygnet.Trust1.ListStores", **TRUST)}


def pem(folder, *names):
    return b"".join((folder / f"{n}.pem").read_bytes() for n in names)


def shell(folder, command):
    subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)


def issue(folder, issuer, name, extensions="basicConstraints=critical,CA:TRUE"):
    """A certificate below another, with the key identifiers that they have in life."""
    (folder / "v3.cnf").write_text(f"{extensions}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    shell(folder, f"openssl req -new -config empty.cnf -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout {name}.key -out {name}.csr -subj /CN={name} && "
                  f"openssl x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 30 -extfile v3.cnf -out {name}.pem && "
                  f"openssl x509 -in {name}.pem -outform DER -out {name}.der")
    return (folder / f"{name}.der").read_bytes()


class Look(TestCase):
    def test_each_form(self):
        with trust.trust() as (m, _, folder):
            ders = [make(folder, f"ca{i}") for i in range(3)]
            shell(folder, "openssl crl2pkcs7 -nocrl -certfile ca0.pem -certfile ca1.pem -certfile ca2.pem -out p7.pem && "
                          "openssl pkcs7 -in p7.pem -outform DER -out p7.der && openssl pkcs7 -in p7.pem -print_certs -out printed.pem && "
                          "cat ca1.pem ca2.pem > p7certs; openssl cms -sign -stream -nodetach -binary -in empty.cnf -signer ca0.pem "
                          "-inkey ca0.key -certfile p7certs -outform DER -out indefinite.der")
            plain = pem(folder, "ca0", "ca1", "ca2")
            forms = {"pem": plain, "text": b"# Bag\n\nFirst\n=====\n" + plain.replace(b"-----END CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n\nNext\n"),
                     "crlf": plain.replace(b"\n", b"\r\n"), "p7 pem": (folder / "p7.pem").read_bytes(), "p7 der": (folder / "p7.der").read_bytes(),
                     "printed": (folder / "printed.pem").read_bytes()}
            for name, data in forms.items():
                got = look(m.operator, data)
                self.assertEqual(sorted(ders), sorted(e["certificate"] for e in got), name)
                self.assertEqual([1, 2, 3], [e["number"] for e in got])
                for e in got:
                    self.assertEqual((fingerprint(e["certificate"]), True, "", []), tuple(e[k] for k in ("fingerprint", "acceptable", "problem", "stores")))
            self.assertEqual(b"\x80", (folder / "indefinite.der").read_bytes()[1:2])
            self.assertEqual(set(ders), {e["certificate"] for e in look(m.operator, (folder / "indefinite.der").read_bytes())})
            (one,) = look(m.operator, ders[0])
            self.assertEqual(ders[0], one["certificate"])

    def test_one_bad_among_good(self):
        """Each is refused by itself, and nothing of the file is installed."""
        with trust.trust() as (m, _, folder):
            good, before = [make(folder, f"good{i}") for i in range(2)], photograph()
            bad = {"leaf": {"options": ""}, "sha1": {"key": "-newkey rsa:2048 -sha1"}, "weak": {"key": "-newkey rsa:1024"}}
            words = {"leaf": "authority", "sha1": "SHA-1", "weak": "weak", "expired": "expired", "cut": "no X.509", "crl": "no X.509"}
            for name, how in bad.items():
                make(folder, name, **how)
            shell(folder, "printf '[ca]\\ndefault_ca=c\\n[c]\\nnew_certs_dir=.\\ndatabase=index\\nserial=serial\\ndefault_md=sha256\\npolicy=p\\n[p]\\n"
                          "commonName=supplied\\n[v]\\nbasicConstraints=critical,CA:TRUE\\n' > ca.cnf && : > index && echo 01 > serial && "
                          "openssl req -new -config empty.cnf -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout expired.key -out expired.csr -subj /CN=old && "
                          "openssl ca -batch -config ca.cnf -selfsign -keyfile expired.key -in expired.csr -extensions v -startdate 20200101000000Z "
                          "-enddate 20200102000000Z -notext -out expired.pem && openssl x509 -in expired.pem -outform DER -out expired.der")
            (folder / "cut.pem").write_bytes(pem(folder, "good0")[:200] + b"\n-----END CERTIFICATE-----\n")
            (folder / "crl.pem").write_bytes(b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
            for name, word in words.items():
                got = look(m.operator, pem(folder, "good0", name, "good1"))
                self.assertEqual([True, False, True], [e["acceptable"] for e in got], name)
                self.assertIn(word, got[1]["problem"])
                if got[1]["certificate"]:
                    message = self.refused("CertificateUnusable", install_all, m.operator, [good[0], got[1]["certificate"], good[1]])
                    self.assertIn("Number 2 of 3", message)
                    self.assertIn(word, message)
                else:
                    self.assertEqual(("", ""), (got[1]["fingerprint"], got[1]["subject"]))
                self.assertEqual(before, photograph())
                self.assertEqual([], list(RECORDS.glob("*.conf")))

    def test_duplicates(self):
        with trust.trust() as (m, _, folder):
            der, other = make(folder), make(folder, "other")
            got = look(m.operator, pem(folder, "ca", "other", "ca"))
            self.assertEqual([True, True, False], [e["acceptable"] for e in got])
            self.assertIn("more than once", got[2]["problem"])
            self.assertIn("once more", self.refused("InvalidArgument", install_all, m.operator, [der, other, der]))
            self.assertEqual([], trust.listing(m.operator))

    def test_forged_flag(self):
        """A certificate whose constraints were altered after it was issued: its issuer's key, or its own, tells."""
        with trust.trust() as (m, _, folder):
            root, before = make(folder, "root", options=CA + " -addext subjectKeyIdentifier=hash"), photograph()
            leaf = issue(folder, "root", "leaf", "basicConstraints=critical,CA:TRUE,pathlen:0")
            forged = bytearray(leaf)
            place = leaf.index(bytes.fromhex("30060101ff020100"))  # BasicConstraints: cA TRUE, pathLenConstraint 0
            forged[place + 7] = 9  # another path length: the same kind of change
            (folder / "forged.der").write_bytes(forged)
            shell(folder, "openssl x509 -inform DER -in forged.der -out forged.pem")
            for order in (("root", "forged"), ("forged", "root")):
                got = {e["fingerprint"]: e for e in look(m.operator, pem(folder, *order))}
                self.assertTrue(got[fingerprint(root)]["acceptable"])
                self.assertIn("altered", got[fingerprint(bytes(forged))]["problem"])
            self.assertTrue(all(e["acceptable"] for e in look(m.operator, pem(folder, "root", "leaf"))))
            self.assertIn("altered", self.refused("CertificateUnusable", install_all, m.operator, [root, bytes(forged)]))
            self.assertEqual(before, photograph())

    def test_cross_signed(self):
        """Two certificates of one key and name, by itself and by another: both are CAs, told apart by fingerprint."""
        with trust.trust() as (m, _, folder):
            own, before = make(folder, "own", subject="/CN=Example crossed"), photograph()
            make(folder, "elder")
            (folder / "v3.cnf").write_text("basicConstraints=critical,CA:TRUE\n")
            shell(folder, "openssl req -new -config empty.cnf -key own.key -subj '/CN=Example crossed' -out own.csr && openssl x509 -req -in own.csr -CA elder.pem "
                          "-CAkey elder.key -CAcreateserial -days 30 -extfile v3.cnf -out crossed.pem && openssl x509 -in crossed.pem -outform DER -out crossed.der")
            crossed = (folder / "crossed.der").read_bytes()
            got = look(m.operator, pem(folder, "own", "crossed"))
            self.assertEqual([True, True], [e["acceptable"] for e in got])
            self.assertEqual(got[0]["subject"], got[1]["subject"])
            self.assertNotEqual(got[0]["issuer"], got[1]["issuer"])
            install_all(m.operator, [own, crossed])
            self.assertEqual({fingerprint(own), fingerprint(crossed)}, {e["fingerprint"] for e in trust.listing(m.operator)})
            trust.remove(m.operator, fingerprint(own))
            self.assertTrue(trust.is_trusted(folder, "crossed"))
            self.assertFalse(trust.is_trusted(folder, "own"))
            trust.remove(m.operator, fingerprint(crossed))
            self.assertEqual(before, photograph())

    def test_names(self):
        """Polish letters, BMPString, letters from right to left; what would turn a line round is not shown."""
        with trust.trust() as (m, _, folder):
            polish = "Zażółć gęślą jaźń"
            make(folder, "polish", subject=f"/CN={polish}")
            (folder / "bmp.cnf").write_text("[req]\ndistinguished_name=d\nprompt=no\nstring_mask=MASK:0x0800\nutf8=yes\n[d]\nCN=" + polish + "\n")
            shell(folder, f"openssl req -x509 -config bmp.cnf -utf8 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout bmp.key -out bmp.pem -days 30 {CA} && "
                          "openssl asn1parse -in bmp.pem | grep BMPSTRING")
            make(folder, "hebrew", subject="/CN=\u05e9\u05dc\u05d5\u05dd/O=Example")
            make(folder, "evil", subject="/CN=Example\u202emoc.knab\u2066x\u200fy\u2069/O=Example")
            got = look(m.operator, pem(folder, "polish", "bmp", "hebrew", "evil"))
            self.assertEqual(f"CN={polish}", got[0]["subject"])
            self.assertEqual(f"CN={polish}", got[1]["subject"])
            self.assertIn("\u05e9\u05dc\u05d5\u05dd", got[2]["subject"])
            self.assertEqual("CN=Example\ufffdmoc.knab\ufffdx\ufffdy\ufffd", got[3]["subject"].split(",")[-1])
            self.assertTrue(all(e["acceptable"] for e in got))

    def test_too_much(self):
        with trust.trust() as (m, _, folder):
            der, before = make(folder), photograph()
            text = pem(folder, "ca")
            many = text * 10000
            self.assertLess(len(many), 8 << 20)
            start = time.monotonic()
            self.assertIn("512", self.refused("CertificateUnusable", look, m.operator, many))
            shell(folder, "for i in $(seq 600); do cat ca.pem; done > many.pem; openssl crl2pkcs7 -nocrl -certfile many.pem -outform DER -out many.der")
            self.assertIn("512", self.refused("CertificateUnusable", look, m.operator, (folder / "many.der").read_bytes()))
            self.assertIn("8 MiB", self.refused("LimitReached", look, m.operator, bytes((8 << 20) + 1)))
            self.assertLess(time.monotonic() - start, 30)
            self.refused("LimitReached", install_all, m.operator, [der] * 65)
            self.refused("LimitReached", install_all, m.operator, [bytes(65537)], ["0" * 64])
            self.assertEqual(before, photograph())

    def test_what_is_no_file_of_certificates(self):
        with trust.trust() as (m, _, folder):
            der = make(folder)
            key, text = (folder / "ca.key").read_bytes(), pem(folder, "ca")
            shell(folder, "openssl pkcs12 -export -in ca.pem -inkey ca.key -passout pass: -out p12; openssl pkey -in ca.key -outform DER -out key.der; "
                          "openssl crl2pkcs7 -nocrl -certfile ca.pem -outform DER -out p7; openssl crl2pkcs7 -nocrl -outform DER -out empty.p7")
            p7 = (folder / "p7").read_bytes()
            for data, word in ((b"", "nothing"), (b"hello", "no X.509"), (text + key, "private key"), (key + text, "private key"),
                               ((folder / "p12").read_bytes(), "no X.509"), ((folder / "key.der").read_bytes(), "private key"), (os.urandom(5000), "no X.509"),
                               (p7[:-1], "no X.509"), (p7 + b"\0", ""), ((folder / "empty.p7").read_bytes(), "no X.509"), (text[:300], "no X.509"),
                               (b"-----BEGIN " * 1000, "no X.509"), (b"\x30\x80" * 1000, "no X.509"), (der + der, "beside")):
                self.assertIn(word, self.refused("CertificateUnusable", look, m.operator, data))


class Install(TestCase):
    def test_all_and_back(self):
        with trust.trust() as (m, s, folder):
            ders, before = [make(folder, f"ca{i}") for i in range(5)], photograph()
            seen = [fingerprint(d) for d in ders]
            results = install_all(m.operator, ders)
            self.assertEqual([(f, "ca-certificates", "installed", "") for f in seen], [tuple(r[k] for k in ("fingerprint", "store", "result", "problem")) for r in results])
            for i in range(5):
                self.assertTrue(trust.is_trusted(folder, f"ca{i}"))
            self.assertEqual([["ca-certificates"]] * 5, [e["stores"] for e in trust.listing(m.operator)])
            s.restart()
            self.assertEqual(["present-before"] * 5, [r["result"] for r in install_all(m.operator, ders)])
            for f in seen:
                trust.remove(m.operator, f)
            self.assertEqual(before, photograph())
            self.assertEqual([], [p.name for p in RECORDS.glob("*") if p.suffix == ".conf" and p.name != "removal.conf" or p.name.startswith("group-")])

    def test_one_was_there_before(self):
        with trust.trust() as (m, _, folder):
            there = subprocess.run(["openssl", "x509", "-in", next(Path("/usr/share/ca-certificates/mozilla").glob("*ISRG_Root_X1*")), "-outform", "DER"],
                                   capture_output=True, check=True).stdout
            der, before = make(folder), photograph()
            results = {r["fingerprint"]: r["result"] for r in install_all(m.operator, [there, der])}
            self.assertEqual({fingerprint(there): "present-before", fingerprint(der): "installed"}, results)
            self.refused("NotFound", trust.remove, m.operator, fingerprint(there))
            trust.remove(m.operator, fingerprint(der))
            self.assertEqual(before, photograph())
            self.assertEqual(["present-before"], [r["result"] for r in install_all(m.operator, [there])])
            self.assertEqual(before, photograph())

    def test_arguments(self):
        with trust.trust() as (m, _, folder):
            der, other, before = make(folder), make(folder, "other"), photograph()
            a, b = fingerprint(der), fingerprint(other)
            for ders, seen, name in (([der, other], [b, a], "InvalidArgument"), ([der, other], [a], "InvalidArgument"), ([der], [a, b], "InvalidArgument"),
                                     ([], [], "CertificateUnusable"), ([der], ["x"], "InvalidArgument"), ([der[:-1]], [a], "CertificateUnusable"),
                                     ([b""], [a], "CertificateUnusable"), ([pem(folder, "ca")], [a], "CertificateUnusable")):
                self.refused(name, install_all, m.operator, ders, seen)
            self.refused("InvalidArgument", install_all, m.operator, [der], stores=["nonsense"])
            self.refused("InvalidArgument", install_all, m.operator, [der], stores=[])
            self.refused("NotFound", install_all, m.operator, [der], stores=["ca-trust"])
            self.refused("InvalidArgument", install_all, m.operator, [der], purposes=["nonsense"])
            self.refused("Denied", install_all, m.client(NOBODY), [der])
            # Debian's store cannot limit what a certificate is trusted for.
            self.assertIn("every purpose", self.refused("InvalidArgument", install_all, m.operator, [der], stores=["ca-certificates"], purposes=["email"]))
            self.refused("NotFound", install_all, m.operator, [der], purposes=["email"])
            self.assertEqual(before, photograph())
            self.assertEqual([], list(RECORDS.glob("*.conf")))

    def test_killed_while_several_are_installed(self):
        """All or none, wherever the kill falls."""
        with trust.trust() as (m, s, folder):
            ders, before = [make(folder, f"ca{i}") for i in range(4)], photograph()
            moments = [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.3]
            for moment in moments:
                c = m.client()
                c.start("org.sygnet.Trust1.InstallAll", "aayasa{sv}", dbus.Array([dbus.ByteArray(d) for d in ders], signature="ay"),
                        dbus.Array([fingerprint(d) for d in ders], signature="s"), {}, **TRUST)
                time.sleep(moment)  # where the kill falls is the test
                s.kill()
                c.leave()
                s.start()
                self.refused("NotFound", trust.remove, m.operator, "0" * 64)  # comes after the repair
                listed = trust.listing(m.operator)
                self.assertIn(len(listed), (0, 4), moment)
                for e in listed:
                    trust.remove(m.operator, e["fingerprint"])
                self.assertEqual(before, photograph(), moment)

    def test_committed_group(self):
        """The word that all stay is on disk, their records are not rewritten yet: they stay."""
        with trust.trust() as (m, s, folder):
            ders, before = [make(folder, f"ca{i}") for i in range(2)], photograph()
            install_all(m.operator, ders)
            for committed in (True, False):
                s.stop()
                m.wait_for(lambda: not m.has_owner(TRUST["name"]), "the end")
                for d in ders:
                    record = RECORDS / f"{fingerprint(d)}.conf"
                    record.write_text(record.read_text().replace("Stores=ca-certificates \nPending=\nGroup=\n",
                                                                 "Stores=\nPending=ca-certificates \nGroup=00112233445566ff\n"))
                if committed:
                    (RECORDS / "group-00112233445566ff").touch()
                s.start()
                self.refused("NotFound", trust.remove, m.operator, "0" * 64)
                self.assertEqual(2 if committed else 0, len(trust.listing(m.operator)))
                self.assertFalse((RECORDS / "group-00112233445566ff").exists())
            self.assertEqual(before, photograph())

    def test_two_at_once(self):
        with trust.trust() as (m, _, folder):
            ders, before = [make(folder, f"ca{i}") for i in range(3)], photograph()
            a, b = m.client(), m.client()
            numbers = []
            for c, some in ((a, ders[:2]), (b, ders[1:])):
                numbers.append(c.start("org.sygnet.Trust1.InstallAll", "aayasa{sv}", dbus.Array([dbus.ByteArray(d) for d in some], signature="ay"),
                                       dbus.Array([fingerprint(d) for d in some], signature="s"), {}, **TRUST))
            first, second = a.wait(numbers[0]), b.wait(numbers[1])
            self.assertEqual(["installed", "installed", "installed", "present-before"], sorted(r["result"] for r in first + second))
            for d in ders:
                trust.remove(m.operator, fingerprint(d))
            self.assertEqual(before, photograph())


class Stores(TestCase):
    def test_everybody_may_look(self):
        with trust.trust() as (m, _, folder):
            nobody, der = m.client(NOBODY), make(folder)
            there = subprocess.run(["openssl", "x509", "-in", next(Path("/usr/share/ca-certificates/mozilla").glob("*ISRG_Root_X1*")), "-outform", "DER"],
                                   capture_output=True, check=True).stdout
            mine = stores(nobody)["ca-certificates"]
            self.assertEqual((True, True, False, "", str(LOCAL)), tuple(mine[k] for k in ("present", "writable", "purposes", "problem", "path")))
            self.assertFalse(stores(nobody)["ca-trust"]["present"] if "ca-trust" in stores(nobody) else False)
            seen = state(nobody, fingerprint(der), fingerprint(there))
            self.assertEqual((False, False), tuple(seen[fingerprint(der), "ca-certificates"][k] for k in ("trusted", "ours")))
            self.assertEqual((True, False), tuple(seen[fingerprint(there), "ca-certificates"][k] for k in ("trusted", "ours")))
            trust.install(m.operator, der)
            self.assertEqual((True, True), tuple(state(nobody, fingerprint(der))[fingerprint(der), "ca-certificates"][k] for k in ("trusted", "ours")))
            (LOCAL / f"sygnet-{fingerprint(der)[:16]}.crt").unlink()
            subprocess.run(["update-ca-certificates", "--fresh"], check=True, capture_output=True)
            gone = state(nobody, fingerprint(der))[fingerprint(der), "ca-certificates"]
            self.assertEqual((False, True), (gone["trusted"], gone["ours"]))
            self.assertIn("puts it back", gone["why"])
            # And it does.
            install_all(m.operator, [der])
            self.assertTrue(trust.is_trusted(folder))
            trust.remove(m.operator, fingerprint(der))
            self.refused("InvalidArgument", state, nobody, "x")
            self.refused("LimitReached", state, nobody, *["0" * 64] * 513)
            self.assertEqual({}, state(nobody))

    def test_half_written(self):
        """A store that something else left in pieces is rebuilt by the change."""
        with trust.trust() as (m, _, folder):
            ders, before = [make(folder, f"ca{i}") for i in range(2)], photograph()
            whole = BUNDLE.read_bytes()
            BUNDLE.write_bytes(whole[:len(whole) // 2])
            (LINKS / "ca-certificates.crt.new").write_bytes(whole[:1000])
            install_all(m.operator, ders)
            self.assertTrue(trust.is_trusted(folder, "ca0"))
            for d in ders:
                trust.remove(m.operator, fingerprint(d))
            (LINKS / "ca-certificates.crt.new").unlink(missing_ok=True)
            self.assertEqual(before, photograph())

    def test_read_only(self):
        with trust.trust() as (m, s, folder):
            der, before = make(folder), photograph()
            # Of the service only, in a namespace of its own.
            s.stop()
            m.wait_for(lambda: not m.has_owner(TRUST["name"]), "the end")
            wrapped = [
                "unshare", "-m", "--propagation", "unchanged", "sh", "-c",
                f"mount --bind {LOCAL} {LOCAL} && mount -o remount,bind,ro {LOCAL} && exec {trust.BUILD}/installer/trust/sygnet-trustd --checker {trust.CHECKER}"]
            s.process = m.spawn(wrapped)
            m.wait_for(s.is_up, "sygnet-trustd")
            self.assertIn("read-only", self.refused("StoreFailed", install_all, m.operator, [der]))
            self.assertIn("read-only", self.refused("StoreFailed", trust.install, m.operator, der))
            mine = stores(m.operator)["ca-certificates"]
            self.assertEqual((True, False), (mine["present"], mine["writable"]))
            self.assertIn("read-only", mine["problem"])
            self.assertEqual(before, photograph())
            self.assertEqual([], trust.listing(m.operator))


if __name__ == "__main__":
    main()
