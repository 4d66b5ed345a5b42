# SPDX-License-Identifier: LGPL-2.1-or-later
"""The instruction for activating the ECSigner signature, played by Piotr, whose own it is. Steps are numbered as there. The portal and the signing application
are the client; the mobile application is oathtool."""
import re
import subprocess
import sys
from pathlib import Path

from play import DENIED, NOT_FOUND, Person, field, play, require, step, words

PASSWORD, PIN, LABEL = "Stara-Wieza-19", "31415926", "Signature of Piotr"
LETTER = Path(sys.argv[1], "invoice.pdf").read_bytes()

operator = Person("root")
piotr = Person("piotr", "piotr@example.com", "+48600100401")


@step("Before", "E1 M2", "Piotr has an account, a password and a PIN of his own")
def registration():
    operator.runs("account create piotr --email piotr@example.com --phone +48600100401 --bind piotr --pin-activation --given-name Piotr --surname Example")
    body = piotr.mail.next("Your account for electronic signatures")
    link = piotr.has("link", field(body, "Temporary password").encode())
    piotr.at_terminal("activate piotr --code-file", ("New password", PASSWORD), ("(again)", PASSWORD), more=[link], says="is active")
    piotr.at_terminal("login piotr", ("Password", PASSWORD))
    piotr.at_terminal("pin set", ("New PIN", PIN), ("(again)", PIN), ("Activation code", field(body, "Activation code")), ("Code from the SMS", piotr.code_by_sms))


@step("Before", "E3", "the certificate of his signature is issued")
def issue():
    piotr.at_terminal("key generate --kind signature --no-issue --given-name Piotr --surname Example --serial-number PNOPL-00000000000 --country PL --label",
                      ("PIN", PIN), more=[LABEL])
    piotr.at_terminal("key request -o request.pem", ("PIN", PIN), more=[LABEL])
    operator.has("request.pem", (piotr.home / "request.pem").read_bytes())
    operator.runs("ca issue request.pem --profile personal -o certificate.pem --force")
    piotr.has("certificate.pem", (operator.home / "certificate.pem").read_bytes())
    piotr.runs("key import", LABEL, "certificate.pem")
    piotr.runs("logout")


@step("Step 1", "E1", "he logs in to his account")
def log_in():
    piotr.at_terminal("login piotr", ("Password", PASSWORD), says="Logged in")


@step("Step 3.2", "E3 E11", "the list of certificates has his signature, active and his own")
def find_signature():
    require(re.search(rf"{LABEL} .*active owner", words(piotr.runs("list"))), piotr.runs("list"))
    require("Piotr Example" in piotr.runs("show", LABEL), piotr.runs("show", LABEL))


@step("Step 3.3, attention", "E4", "“send SMS code”: it does not come; the step is repeated, and after three times support is named")
def sms_does_not_come():
    piotr.asks_until_support_is_named("otp enroll", "Code from the message")
    piotr.telephone.out_of_reach(False)


@step("Step 3.3", "E4", "the code that came in the end is entered; a wrong one is not taken")
def wrong_code():
    global code
    code = piotr.code_by_sms()
    wrong = piotr.has("wrong", f"{(int(code) + 1) % 10**8:08}\n".encode())
    piotr.at_terminal("otp enroll --code-file", more=[wrong], status=DENIED)


@step("Step 3.4-5", "E4 E5 A3", "the Secret appears, once; the authenticator scans it and shows the codes")
def scan():
    piotr.at_terminal("otp enroll --code-file", ("First code", piotr.scan), more=[piotr.has("code", (code + "\n").encode())], says="is enrolled")
    require(re.fullmatch(r"[0-9]{8}", piotr.authenticator.shown()), "not 8 digits")


@step("The signature is active", "E5 S1", "several files are signed by PIN and one code")
def sign():
    files = [piotr.has(f"letter-{i}.pdf", LETTER) for i in range(3)]
    piotr.at_terminal("sign -c", ("PIN", PIN), ("One-time code", piotr.otp), more=[LABEL, *files], says="3 files signed")


@step("The signature is active", "S2 C5", "and found good by us and by another program")
def verify():
    piotr.runs("verify letter-2-signed.pdf", says="not qualified")
    said = subprocess.run(["pdfsig", piotr.home / "letter-2-signed.pdf"], capture_output=True, text=True, check=False).stdout
    require("Signature is Valid" in said and "Piotr Example" in said, said)


@step("The signature is active", "E10", "nobody else can use it, the operator neither")
def nobody_else():
    operator.runs("sign request.pem -c", LABEL, status=NOT_FOUND)


play("play-001")
