# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guide to activating a seal's certificate in MySign, played by Maria, to whom it belongs. Sections are named as there. What the guide calls user id is the
login; what it calls the certificate's activation is the PIN without which the seal does not serve. The portal is the client."""
import re
import sys
from pathlib import Path

from play import DENIED, FAILED, Person, field, play, require, step

SEAL = "Product seal"
PASSWORD, PIN = "Wysoka-Gora-64", "27182845"
# Too short; without upper case; lower case; digit; special character; three identical characters in a row.
WEAK = ["Ab-3567", "wysoka-gora-64", "WYSOKA-GORA-64", "Wysoka-Gora-", "WysokaGora64", "Wysoka-Goraaa-64"]

operator = Person("root")
maria = Person("maria", "maria@example.com", "+48600100301")
told = {}  # by the mail


@step("What you need", "M1 M2", "the operator registers Maria and her seal")
def registration():
    operator.runs("account create maria --email maria@example.com --phone +48600100301 --bind maria --pin-activation --given-name Maria --surname Example")
    operator.runs("seal create", SEAL, "--administrator", "maria", "--organization", "Example sp. z o.o.", "--identifier", "VATPL-5250000000", "--country", "PL")


@step("Opening the e-mail", "M1 M2", "it has the user id, the temporary password and the activation code")
def open_mail():
    body = maria.mail.next("Your account for electronic signatures")
    for label in ("User id", "Temporary password", "Activation code"):
        told[label] = field(body, label)
    require(told["User id"] == "maria", told["User id"])


@step("Access to the portal", "M1", "user id and temporary password log in, and a password of her own is asked for at once: a weak one is refused")
def first_login():
    said = maria.at_terminal(f"login {told['User id']}", ("Password", told["Temporary password"]), ("New password", WEAK[0]), ("(again)", WEAK[0]), status=FAILED)
    require("at least 8 characters" in said, said)
    maria.runs("otp list", status=DENIED, says="change it before anything else")


@step("Password update", "M1", "each rule of the new password is held")
def weak_passwords():
    for weak in WEAK[1:]:
        maria.at_terminal("account password", ("Present password", told["Temporary password"]), ("New password", weak), ("(again)", weak), status=FAILED,
                          says="at least 8 characters")


@step("Password update", "M1", "old, new, new again: it is changed, and the temporary one is over")
def change_password():
    maria.at_terminal("account password", ("Present password", told["Temporary password"]), ("New password", PASSWORD), ("(again)", PASSWORD + "x"), status=FAILED,
                      says="not the same")
    maria.at_terminal("account password", ("Present password", told["Temporary password"]), ("New password", PASSWORD), ("(again)", PASSWORD),
                      says="The password is changed")
    maria.at_terminal("login maria", ("Password", told["Temporary password"]), status=DENIED)
    maria.at_terminal("login maria", ("Password", PASSWORD), says="Logged in")


@step("PIN update", "M2", "a PIN of seven digits, or of letters, is none")
def no_pin():
    for wrong in ("2718284", "271828459", "2718284a"):
        maria.at_terminal("pin set", ("New PIN", wrong), status=FAILED, says="A PIN is 8 digits")


@step("PIN update", "M2", "eight digits, twice, the activation code from the mail, and a code by SMS")
def set_pin():
    maria.at_terminal("pin set", ("New PIN", PIN), ("(again)", PIN), ("Activation code", told["Activation code"]), ("Code from the SMS", maria.code_by_sms),
                      says="The PIN is set")
    maria.runs("pin status", says="The PIN was set on")


@step("Virtual token: generate", "M3", "confirmed by a code by SMS; the Secret is seen once")
def generate_token():
    maria.at_terminal("otp enroll --label portal", ("Code from the message", maria.code_by_sms), ("First code", maria.scan), says="is enrolled")
    require("otpauth" not in maria.runs("otp list", says="portal"), "the Secret is shown again")


@step("Virtual token: download", "M3", "another is downloaded as it is generated, and nowhere else later")
def download_token():
    maria.at_terminal("otp enroll --label tablet --uri-file token.txt --png token.png", ("Code from the message", maria.code_by_sms), ("First code", read_file),
                      says="is enrolled")
    require((maria.home / "token.png").read_bytes().startswith(b"\x89PNG"), "no picture")
    for file in ("token.txt", "token.png"):
        require((maria.home / file).stat().st_mode & 0o777 == 0o600, f"{file} is not hers alone")


def read_file():
    """A second authenticator takes the Secret from the file."""
    maria.authenticator.scan((maria.home / "token.txt").read_text())
    return maria.otp()


@step("Virtual token: revoke", "M3", "a wrong code from the SMS revokes nothing, the right one does")
def revoke_token():
    token = re.search(r"^(\S+) +portal .*active", maria.runs("otp list"), re.M)[1]

    def wrong():
        right = maria.code_by_sms()
        codes.append(right)
        return f"{(int(right) + 1) % 10**8:08}"
    codes = []
    maria.at_terminal(f"otp revoke {token}", ("Code from the message", wrong), status=DENIED)
    require(re.search(rf"^{token} .*active", maria.runs("otp list"), re.M), "it is revoked")
    maria.at_terminal(f"otp revoke {token}", ("Code from the message", lambda: codes[0]), says="revoked")
    require(not re.search(rf"^{token} .*active", maria.runs("otp list"), re.M), maria.runs("otp list"))


@step("The seal's certificate", "M2 E5", "PIN and code together seal, the code alone does not")
def seal_with_pin():
    maria.has("label.pdf", Path(sys.argv[1], "invoice.pdf").read_bytes())
    maria.at_terminal("policy --factors pin+otp", ("One-time code", maria.otp), more=[SEAL])

    def again():
        require(not (maria.home / "label-sealed.pdf").exists(), "it was sealed with a wrong PIN")
        return PIN
    maria.at_terminal("sign label.pdf -c", ("PIN", "11111111"), ("One-time code", maria.otp), ("PIN:", again), ("One-time code", maria.otp), more=[SEAL],
                      says="label-sealed.pdf")
    maria.runs("verify label-sealed.pdf", says="not qualified")


play("play-003")
