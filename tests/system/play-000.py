# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual of the ECSigner seal, played by two people: Anna, who is the seal's Administrator, and Jan, whom she lets use it. Steps are numbered as
there; “FAQ” are the questions at its end. The portal, the desktop application and the signing application are the client; the mobile application is
oathtool."""
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from play import DENIED, FAILED, NOT_FOUND, NOT_VALID, Person, Telephone, field, play, require, step, wait_for, words

SEAL = "Company seal"
PASSWORD, NEW_PASSWORD, LAST_PASSWORD, JANS_PASSWORD = "Zielony-Las-31", "Modry-Staw-47", "Bystra-Rzeka-58", "Cichy-Port-92"
INVOICE = Path(sys.argv[1], "invoice.pdf").read_bytes()

operator = Person("root")
anna = Person("anna", "anna@example.com", "+48600100201")
jan = Person("jan", "jan@example.com", "+48600100202")
JANS_WORK_PHONE = "+48600100203"  # the one that the Administrator gives


def sealed_well(file):
    """By our own judgement and by another program's."""
    anna.runs("verify", file, says="not qualified")
    said = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    require("Signature is Valid" in said and "Total document signed" in said, said)


def user_list():
    """Of the seal: rows of cells."""
    lines = operator.runs("seal users --operator", SEAL).splitlines()
    return [re.split(r"\s{2,}", line.strip()) for line in lines[1:]]


def row_of(text):
    return next((" ".join(row) for row in user_list() if text in row), "")


# --- Registration, and the first three steps: Anna ----------------------------------------------------------------------------

@step("Before", "E1 E6", "the operator makes Anna's account and the seal that she administers")
def registration():
    operator.runs("account create anna --email anna@example.com --phone +48600100201 --bind anna --given-name Anna --surname Example")
    operator.runs("seal create", SEAL, "--administrator", "anna", "--organization", "Example sp. z o.o.", "--identifier", "VATPL-5250000000", "--country", "PL")


@step("STEP 1", "E1", "what the mail brought sets the password")
def activate_account():
    global link
    mail = anna.mail.next("Your account for electronic signatures")
    link = anna.has("link", field(mail, "Temporary password").encode())
    anna.at_terminal("activate anna --code-file", ("New password", PASSWORD), ("(again)", PASSWORD), more=[link], says="is active")


@step("STEP 1, note", "E1", "the link is dead once it was used: “forgot password”, by mail and SMS")
def dead_link():
    anna.at_terminal("activate anna --code-file", ("New password", NEW_PASSWORD), ("(again)", NEW_PASSWORD), more=[link], status=DENIED,
                     says="account forgot anna")
    anna.at_terminal("account forgot anna", ("Code from the mail", lambda: field(anna.mail.next("A new password"), "Code")),
                     ("Code from the SMS", anna.code_by_sms), ("New password", NEW_PASSWORD), ("(again)", NEW_PASSWORD), says="The new password is set")
    anna.at_terminal("login anna", ("Password", PASSWORD), status=DENIED)


@step("STEP 1, note", "E1 E2", "in doubt the password is changed at once, knowing the present one, the new one twice")
def change_password():
    anna.at_terminal("login anna", ("Password", NEW_PASSWORD), says="Logged in")
    anna.at_terminal("account password", ("Present password", PASSWORD), ("New password", LAST_PASSWORD), ("(again)", LAST_PASSWORD), status=DENIED)
    anna.at_terminal("account password", ("Present password", NEW_PASSWORD), ("New password", LAST_PASSWORD), ("(again)", LAST_PASSWORD))


@step("STEP 2", "E12", "where the software is to be had, and whom to ask, stands with the seal")
def software():
    anna.at_terminal("login anna", ("Password", LAST_PASSWORD), says="Logged in")
    anna.runs("show", SEAL, says="Software: https://example.com/software")
    anna.runs("show", SEAL, says="Support: Help desk, help@example.com")


@step("STEP 3.1-2", "E3 E6", "logged in, she finds the seal with its organisation, validity, status and her role")
def find_seal():
    anna.at_terminal("login anna", ("Password", LAST_PASSWORD), says="Logged in")
    require(re.search(rf"{SEAL} .* active .*Administrator", words(anna.runs("list"))), "not in the list")
    shown = anna.runs("show", SEAL)
    for what in ("Example sp. z o.o.", "VATPL-5250000000", "Administrator", "active", time.strftime("%Y")):
        require(what in shown, f"“{what}” is not in\n{shown}")


@step("STEP 3.3-4, attention", "E4 E5", "the SMS does not come and is asked for again; its code makes the Secret appear, once, and the authenticator scans it")
def enrol():
    anna.telephone.out_of_reach(True)
    anna.at_terminal("activate anna", ("Temporary password", ""), ("Password", LAST_PASSWORD), ("Code from the message", anna.sms_comes_again),
                     ("Code from the message", anna.code_by_sms), ("First code", anna.scan), ("Set a PIN?", "n"), says="Everything is set")
    require("otpauth" not in anna.runs("otp list"), "the Secret is shown again")


# --- Step 4: sealing ----------------------------------------------------------------------------------------------------------

@step("STEP 4.1-9", "E5 S1 S2 D1 C5", "a file is added, the seal chosen, the code entered: it is sealed, and others find it so")
def seal_a_file():
    anna.has("invoice.pdf", INVOICE)
    anna.at_terminal("sign invoice.pdf -c", ("One-time code", anna.otp), more=[SEAL], says="invoice-sealed.pdf")
    sealed_well(anna.home / "invoice-sealed.pdf")
    sealed = (anna.home / "invoice-sealed.pdf").read_bytes()
    anna.has("altered.pdf", sealed.replace(b"To pay", b"To Pay", 1))
    anna.runs("verify altered.pdf", status=NOT_VALID, says="The document was changed after it was signed")


@step("STEP 4.8", "E5", "a code serves once")
def code_serves_once():
    anna.has("second.pdf", INVOICE)
    anna.at_terminal("sign second.pdf -c", ("One-time code", anna.authenticator.used), more=[SEAL], status=DENIED)
    require(not (anna.home / "second-sealed.pdf").exists(), "it was sealed")


# --- Administrator ------------------------------------------------------------------------------------------------------------

@step("Administrator: adding a user", "E7", "Anna invites Jan, and mistakes his address; he is pending")
def invite_wrongly():
    global idle_since
    anna.runs("logout")
    anna.at_terminal("login anna", ("Password", LAST_PASSWORD))
    idle_since = time.monotonic()
    anna.at_terminal("seal invite", ("One-time code", anna.otp), more=[SEAL, "jna@example.com", JANS_WORK_PHONE], says="a mail goes to jna@example.com")
    require("pending" in row_of("jna@example.com"), "not pending")


@step("Administrator: adding a user, mistake", "E8", "the mistake is removed and access granted again")
def invite_again():
    wrong = next(row[0] for row in user_list() if "jna@example.com" in row)
    anna.at_terminal("seal remove-user", ("One-time code", anna.otp), more=[SEAL, wrong])
    anna.at_terminal("seal invite", ("One-time code", anna.otp), more=[SEAL, "jan@example.com", JANS_WORK_PHONE])


@step("Administrator: user list", "E6 E8", "one Administrator; the mistake stays in the list as deleted; Jan is pending")
def look_at_list():
    require(anna.runs("seal users", SEAL) == operator.runs("seal users --operator", SEAL), "Administrator and operator see different lists")
    require("pending" in row_of("jan@example.com") and JANS_WORK_PHONE in row_of("jan@example.com"), user_list())
    require(re.search(r"removed .*20\d\d-", row_of("jna@example.com")), row_of("jna@example.com"))
    require(sum("Administrator" in row for row in user_list()) == 1, user_list())


# --- User ---------------------------------------------------------------------------------------------------------------------

@step("User 1-2", "E1 E7", "Jan gets the mail, registers with the invited address, says his language, and an operator lets him log in")
def register():
    global invitation
    body = jan.mail.next("Activation of access to the seal")
    require("Example sp. z o.o." in body, body)
    invitation = re.search(r"sygnet register (\S+) LOGIN", body)[1]
    jan.at_terminal(f"register {invitation} jan --given-name Jan --surname Example --language pl --phone {jan.phone}", ("Code from the mail", field(body, "Code")),
                    ("New password", JANS_PASSWORD), ("(again)", JANS_PASSWORD), says="Account jan created")
    operator.runs("account bind jan jan")
    jan.at_terminal("login jan", ("Password", JANS_PASSWORD), says="Logged in")


@step("User 2", "E7", "nobody with another address can activate the access")
def another_address():
    anna.runs("seal activate --send-code", invitation, status=DENIED)


@step("User 3-4, attention", "E4 E7 E12", "“activate access”: the SMS does not come to the number that the Administrator gave; after three times support is named")
def sms_does_not_come():
    jan.telephone, jan.own_telephone = Telephone(JANS_WORK_PHONE), jan.telephone
    jan.asks_until_support_is_named("seal activate", "Code from the SMS")


@step("User 4-5", "E7", "support mends the network and the SMS comes after all: Jan is active")
def activate_access():
    jan.telephone.out_of_reach(False)
    code = jan.has("code", jan.code_by_sms().encode() + b"\n")
    jan.runs("seal activate --code-file", code, says="Access to the seal is activated")
    jan.telephone = jan.own_telephone
    require(re.search(r"Jan Example User active", row_of("jan@example.com")), user_list())


@step("User 6: STEP 3", "E4 D4", "Jan activates his authenticator with a code to his own telephone, in his language")
def jan_enrols():
    jan.at_terminal("otp enroll", ("Code from the message", jan.code_by_sms), ("First code", jan.scan), says="is enrolled")
    require("to kod" in jan.telephone.text, jan.telephone.text)


@step("User 6: STEP 4", "E6 E10", "Jan seals with a login and password of his own, and may do nothing else with the seal")
def jan_seals():
    jan.has("contract.pdf", INVOICE)
    jan.at_terminal("sign contract.pdf -c", ("One-time code", jan.otp), more=[SEAL], says="contract-sealed.pdf")
    sealed_well(jan.home / "contract-sealed.pdf")
    jan.runs("seal users", SEAL, status=DENIED)


@step("FAQ: re-login", "D2", "three minutes after her login, without a signature, Anna's session is over and she is asked to log in again")
def session_ends():
    wait_for(lambda: time.monotonic() - idle_since > 181, "the end of three minutes", 200)
    anna.runs("sign second.pdf -c", SEAL, status=DENIED, says="Log in first: sygnet login anna")
    anna.at_terminal("login anna", ("Password", LAST_PASSWORD), says="Logged in")


@step("Management", "E10", "one user at a time: Anna is told that the seal is busy, waits, and has it once Jan is done")
def one_at_a_time():
    anna.runs("sign second.pdf --wait=0 -c", SEAL, status=FAILED, says="Somebody else is using the seal now")
    jan_is_done = threading.Timer(2, jan.runs, ["logout"])
    jan_is_done.start()
    anna.at_terminal("sign second.pdf --wait -c", ("One-time code", anna.otp), more=[SEAL], says="Somebody else is using the seal now")
    jan_is_done.join()


@step("Management", "E10", "Anna does not see what Jan signed")
def what_jan_signed():
    log = anna.runs("log --seal", SEAL)
    require("jan" in log and "contract" not in log, log)


# --- Questions ----------------------------------------------------------------------------------------------------------------

@step("FAQ: one code for many files", "D3", "“remember session”: one code, then thirty files in three goes")
def remember():
    anna.runs("logout")
    anna.at_terminal("login anna --remember", ("Password", LAST_PASSWORD), ("One-time code", anna.otp), says="Logged in")
    for go in range(3):
        files = [anna.has(f"{go}-{i}.pdf", INVOICE) for i in range(10)]
        anna.at_terminal("sign", more=[*files, "-c", SEAL], says="10 files signed")
    sealed_well(anna.home / "2-9-sealed.pdf")
    anna.runs("logout")


@step("FAQ: a forgotten PIN of the authenticator", "A3 E4 M3", "the authenticator is lost: the Secret again by SMS, the old one revoked by SMS")
def authenticator_again():
    jan.at_terminal("login jan", ("Password", JANS_PASSWORD))
    old = re.search(r"^(\S+) .*active", jan.runs("otp list"), re.M)[1]
    jan.at_terminal("otp enroll", ("Code from the message", jan.code_by_sms), ("First code", jan.scan), says="is enrolled")
    jan.at_terminal(f"otp revoke {old}", ("Code from the message", jan.code_by_sms), says="revoked")
    require(len(re.findall(r"\bactive\b", jan.runs("otp list"))) == 1, jan.runs("otp list"))


@step("Administrator: renewal", "E6 E11", "Anna requests it, the operator has the certificate issued, and Jan seals with the new one")
def renew():
    before = anna.runs("show --pem", SEAL)
    anna.at_terminal("login anna", ("Password", LAST_PASSWORD))
    anna.at_terminal("seal renew -o renewal.pem", ("One-time code", anna.otp), more=[SEAL])
    operator.has("renewal.pem", (anna.home / "renewal.pem").read_bytes())
    operator.runs("ca issue renewal.pem --profile seal -o seal.pem --force")
    operator.runs("seal import", SEAL, "seal.pem")
    require(anna.runs("show --pem", SEAL) != before, "it is the old certificate")
    jan.has("late.pdf", INVOICE)
    jan.at_terminal("sign late.pdf -c", ("One-time code", jan.otp), more=[SEAL], says="late-sealed.pdf")
    sealed_well(jan.home / "late-sealed.pdf")


@step("Administrator: revoking access", "E8 E9", "at once, in open sessions too, dated, and it stays in the list")
def revoke():
    anna.at_terminal("seal remove-user", ("One-time code", anna.otp), more=[SEAL, "jan"], says="can no longer use the seal")
    jan.has("after.pdf", INVOICE)
    require("jan" in jan.runs("status"), "his session is closed")
    jan.at_terminal("sign after.pdf -c", more=[SEAL], status=NOT_FOUND, says="or you may not use it")
    require(not (jan.home / "after-sealed.pdf").exists(), "it was sealed")
    require(re.search(r"removed .*20\d\d-", row_of("jan@example.com")), user_list())
    sealed_well(jan.home / "late-sealed.pdf")


play("play-000")
