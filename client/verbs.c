/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verb table; see verbs.h. */

#include <limits.h>
#include <string.h>

#include "client/verbs.h"

#define LOGIN { "login", 'l', "LOGIN", N_("the account, where you are logged in to several") }
#define PASSWORD_FILE { "password-file", 0, "FILE", N_("read the password from FILE (- is standard input)") }
#define CODE_FILE { "code-file", 0, "FILE", N_("read the code that was sent to you from FILE") }
#define NEW_PASSWORD_FILE { "new-password-file", 0, "FILE", N_("read the new password from FILE (- is standard input)") }
#define PERSON_NAMES                                                     \
        { "given-name", 0, "TEXT", N_("first name") },                   \
        { "surname", 0, "TEXT", N_("last name") },                       \
        { "name", 0, "TEXT", N_("the whole name; first and last name, unless given") }
#define PERSON_PHONE { "phone", 0, "NUMBER", N_("phone number, as in +48 600 100 200") }
#define PERSON_LANGUAGE { "language", 0, "LANGUAGE", N_("of messages: en or pl") }
#define CHANGE_PASSWORD { "change-password", 0, NULL, N_("the password must be changed at the next login") }
#define SEND_CODE { "send-code", 0, NULL, N_("only have a code sent to you; give it with --code-file afterwards") }
#define OTP_FILE { "otp-file", 0, "FILE", N_("read the one-time code from FILE (- is standard input)") }
#define DOCUMENT_PASSWORD_FILE { "document-password-file", 0, "FILE", N_("read the password of an encrypted PDF from FILE (- is standard input)") }
#define PIN_FILE { "pin-file", 0, "FILE", N_("read the PIN from FILE (- is standard input)") }
#define NEW_PIN_FILE { "pin-file", 0, "FILE", N_("read the new PIN from FILE (- is standard input)") }
#define ACTIVATION_CODE_FILE { "activation-code-file", 0, "FILE", N_("read the activation code that you got by mail from FILE") }
#define OUTPUT { "output", 'o', "FILE", N_("write to FILE") }
#define FORCE { "force", 'f', NULL, N_("replace an existing file") }
#define YES { "yes", 'y', NULL, N_("do not ask") }
#define ALGORITHM { "algorithm", 0, "NAME", N_("kind of key: p256, p384, rsa3072, rsa4096 or ed25519") }
#define REQUEST_FORM { "form", 0, "FORM", N_("pem, der or base64 of the DER; unless given base64 for KSeF, else pem") }
#define NO_ISSUE { "no-issue", 0, NULL, N_("make the key only; the certificate comes from elsewhere") }
#define DAYS { "days", 0, "N", N_("validity in days") }
#define LIMIT { "limit", 'n', "N", N_("show at most N, the newest first") }

#define TIMESTAMP                                                                                                                  \
        { "timestamp", 0, "URL", N_("have the signature timestamped there; may be repeated: the next one where one does not answer") }, \
        { "timestamp-anchors", 0, "FILE", N_("believe timestamps by the certificates in FILE, instead of the system's; may be repeated") }, \
        { "timestamp-policy", 0, "OID", N_("the policy that timestamps must be under") },                                         \
        { "timestamp-user", 0, "NAME", N_("your user name at the timestamp authority") },                                         \
        { "timestamp-password-file", 0, "FILE", N_("read the password there from FILE") },                                        \
        { "timestamp-timeout", 0, "SECONDS", N_("wait so long for each authority; 20 unless it is said") }

static const Option login_options[] = {
        { "remember", 'r', NULL, N_("keep the session until it is closed; one code for all signatures") },
        PASSWORD_FILE,
        { "pin-file", 0, "FILE", N_("with --remember: read the PIN from FILE, so that it is not asked for with each signature") },
        OTP_FILE,
        {},
};
static const Option session_options[] = { LOGIN, {} };
#define ALL { "all", 'a', NULL, N_("every credential of the service (operators)") }
static const Option status_options[] = { { "follow", 'f', NULL, N_("go on, and tell what happens to your sessions, until interrupted") }, {} };
static const Option list_options[] = { ALL, {} };
static const Option show_options[] = { ALL, { "pem", 0, NULL, N_("print the certificates as PEM") }, {} };
#define FILES_FROM { "files-from", 0, "FILE", N_("take the files that FILE lists too, a name a line (- is standard input)") }
#define NULL_ENDED { "null", '0', NULL, N_("names in that list end with NUL instead, as “find -print0” writes them") }
static const Option sign_options[] = {
        { "credential", 'c', "CREDENTIAL", N_("sign with this: id, beginning of an id, or label; a key file; or the pkcs11: URI of a key on a card") },
        { "certificates", 0, "FILE", N_("certificates that are not beside a key in a file or on a card; may be repeated") },
        { "output", 'o', "FILE", N_("the file to make; with several FILEs, a directory") },
        { "format", 0, "FORMAT", N_("pades (PDF), cades (a .p7s beside the file), cades-enveloping (.p7m), xades (within XML), xades-enveloping or xades-detached (.xades); containers: asic-s or asic-s-xades (one file, .asics), asic-e or asic-e-xades (all FILEs in one, .asice)") },
        FORCE,
        FILES_FROM,
        NULL_ENDED,
        { "add", 0, NULL, N_("FILE is signed already, a .p7s, .p7m or ASiC container: put a further signature into it") },
        { "countersign", 0, "[=N]", N_("sign the signature in FILE, a .p7s or .p7m, instead of its document: of several the one that is the N-th") },
        { "content", 0, "FILE", N_("with --add or --countersign: the document of a .p7s, where it is not beside it") },
        { "skip-signed", 0, NULL, N_("leave out documents that this certificate has signed already") },
        { "profile", 0, "PROFILE", N_("XML as its recipient wants it: ksef (a login, AuthTokenRequest) or customs (a declaration)") },
        { "xml-element", 0, "XPATH", N_("sign this element of the XML document, not all of it") },
        { "xml-place", 0, "XPATH", N_("put the signature at the end of this element, not of what is signed") },
        { "xml-parallel", 0, NULL, N_("leave all signatures in the XML document out of what is signed, so that others may sign too") },
        { "xml-canonical", 0, "METHOD", N_("canonicalize by exclusive (the default), inclusive or inclusive-1.1") },
        { "role", 0, "TEXT", N_("in what role it is signed, as who signs claims; XML only") },
        { "reason", 0, "TEXT", N_("why it is signed; PDF only") },
        { "location", 0, "TEXT", N_("where it is signed; PDF and XML only") },
        { "contact", 0, "TEXT", N_("how to reach who signs; PDF only") },
        { "field", 0, "NAME", N_("sign this empty signature field that the PDF has; otherwise a new one is made") },
        { "certify", 0, "LEVEL", N_("certify the PDF as its author: 1 allows no change after it, 2 filling in and signing, 3 annotations too") },
        DOCUMENT_PASSWORD_FILE,
        { "visible", 0, NULL, N_("show the signature on a page; so do the following six") },
        { "page", 0, "N", N_("on this page, or last, which is the default") },
        { "place", 0, "PLACE", N_("there on the page: top-left, top, top-right, left, center, right, bottom-left, bottom or bottom-right (the default)") },
        { "rect", 0, "X,Y,W,H", N_("in this rectangle, from the page's lower left corner, in points or as in 20mm,20mm,70mm,25mm") },
        { "text", 0, "TEXT", N_("show this, with {name}, {organization}, {identifier}, {issuer}, {serial}, {date}, {time}, {reason}, {location} filled in") },
        { "image", 0, "FILE", N_("show this picture, PNG or JPEG; with an empty --text alone") },
        { "font", 0, "FILE", N_("the TrueType font of the text; DejaVu Sans, unless given") },
        { "rsa-pss", 0, NULL, N_("with an RSA key in a file or on a card, sign by RSA-PSS in place of PKCS #1 v1.5") },
        TIMESTAMP,
        { "no-timestamp", 0, NULL, N_("no timestamp, even where the configuration names an authority") },
        { "mandate", 'm', "ID", N_("seal under this mandate of your Unix user, without a code") },
        { "wait", 0, "[=SECONDS]", N_("wait while somebody else uses the seal, for 1800 seconds unless it is said; you are let in, in turn") },
        { "password-file", 0, "FILE", N_("read the key's password from FILE (- is standard input)") },
        PIN_FILE,
        OTP_FILE,
        {},
};
static const Option extend_options[] = {
        { "output", 'o', "FILE", N_("write to FILE instead of replacing it; with several FILEs, a directory") },
        FORCE,
        TIMESTAMP,
        DOCUMENT_PASSWORD_FILE,
        {},
};
static const Option verify_options[] = {
        { "anchors", 0, "FILE", N_("trust the certificates in FILE, instead of the system's; may be repeated") },
        { "content", 0, "FILE", N_("the signed document of a detached signature") },
        DOCUMENT_PASSWORD_FILE,
        { "crl", 0, "FILE", N_("look the certificates up in this CRL; may be repeated") },
        { "ocsp", 0, "FILE", N_("look them up in this OCSP response; may be repeated") },
        { "offline", 0, NULL, N_("do not use the network: where a state could be looked up only there, it cannot be told whether the signature is valid") },
        FILES_FROM,
        NULL_ENDED,
        { "report", 0, "FILE", N_("write the validation report of ETSI TS 119 102-2 (XML) into FILE as well") },
        FORCE,
        {},
};
static const Option show_signatures_options[] = {
        { "anchors", 0, "FILE", N_("trust the certificates in FILE, instead of the system's; may be repeated") },
        { "content", 0, "FILE", N_("the signed document of a detached signature") },
        DOCUMENT_PASSWORD_FILE,
        {},
};
static const Option certificate_options[] = {
        { "pem", 0, NULL, N_("print the certificates as PEM") },
        { "password-file", 0, "FILE", N_("read the password of a PKCS#12 file from FILE (- is standard input)") },
        DOCUMENT_PASSWORD_FILE,
        {},
};
static const Option container_extract_options[] = {
        { "output", 'o', "FILE", N_("the folder to make; else the container's name without its ending") },
        {},
};
static const Option otp_enroll_options[] = {
        { "digits", 0, "N", N_("length of the codes: 8, or 6 for authenticators that know no other") },
        { "label", 0, "TEXT", N_("name of the token in your list") },
        { "png", 0, "FILE", N_("write the QR code into FILE") },
        { "svg", 0, "FILE", N_("the same as a drawing that can be scaled") },
        { "uri-file", 0, "FILE", N_("write the otpauth URI into FILE") },
        { "no-confirm", 0, NULL, N_("do not ask for a first code; “otp confirm” takes it later") },
        SEND_CODE,
        CODE_FILE,
        { "otp-file", 0, "FILE", N_("read a code of a token that is active already from FILE") },
        LOGIN,
        FORCE,
        {},
};
static const Option otp_confirm_options[] = { OTP_FILE, LOGIN, {} };
static const Option otp_revoke_options[] = { SEND_CODE, CODE_FILE, OTP_FILE, LOGIN, {} };
static const Option pin_set_options[] = { NEW_PIN_FILE, SEND_CODE, ACTIVATION_CODE_FILE, CODE_FILE, OTP_FILE, LOGIN, {} };
static const Option pin_change_options[] = {
        { "pin-file", 0, "FILE", N_("read the present PIN from FILE (- is standard input)") },
        { "new-pin-file", 0, "FILE", N_("read the new PIN from FILE (- is standard input)") },
        OTP_FILE,
        LOGIN,
        {},
};
static const Option pin_unblock_options[] = { SEND_CODE, ACTIVATION_CODE_FILE, CODE_FILE, OTP_FILE, LOGIN, {} };
static const Option pin_reset_options[] = { YES, NEW_PIN_FILE, SEND_CODE, ACTIVATION_CODE_FILE, CODE_FILE, OTP_FILE, LOGIN, {} };
static const Option policy_options[] = {
        { "factors", 0, "FACTORS", N_("what signing takes from now on: otp or pin+otp (the seal's Administrator)") },
        { "remember-max-age", 0, "TIME", N_("how long a remembered session stands for the code, as in 8h; 0 is as configured") },
        { "remember-max-signatures", 0, "N", N_("for how many signatures it does; 0 is as configured") },
        { "weakest", 0, "FACTORS", N_("what signing takes at least: otp or pin+otp (operators)") },
        { "operator", 0, NULL, N_("as operator of the service, not as the seal's Administrator") },
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
static const Option account_create_options[] = {
        PERSON_NAMES,
        { "email", 0, "ADDRESS", N_("e-mail address; without --password-file a temporary password is sent there") },
        PERSON_PHONE,
        PERSON_LANGUAGE,
        CHANGE_PASSWORD,
        { "pin-activation", 0, NULL, N_("the mail has the activation code for a PIN too") },
        { "bind", 0, "USER", N_("let this Unix user log in as the account") },
        { "password-file", 0, "FILE", N_("read the first password from FILE (- is standard input)") },
        {},
};
static const Option account_edit_options[] = {
        PERSON_NAMES,
        { "email", 0, "ADDRESS", N_("e-mail address") },
        PERSON_PHONE,
        PERSON_LANGUAGE,
        CHANGE_PASSWORD,
        {},
};
static const Option activate_options[] = {
        { "code-file", 0, "FILE", N_("read the temporary password from FILE (- is standard input)") },
        NEW_PASSWORD_FILE,
        {},
};
static const Option account_forgot_options[] = {
        SEND_CODE,
        CODE_FILE,
        { "sms-file", 0, "FILE", N_("read the code from the SMS from FILE") },
        NEW_PASSWORD_FILE,
        {},
};
static const Option account_contact_options[] = {
        { "send-code", 0, NULL, N_("only have the codes sent; give them with --code-file and --old-code-file afterwards") },
        { "code-file", 0, "FILE", N_("read the code that was sent to the new one from FILE") },
        { "old-code-file", 0, "FILE", N_("read the code that was sent to the old one from FILE") },
        OTP_FILE,
        LOGIN,
        {},
};
static const Option register_options[] = {
        PERSON_NAMES,
        PERSON_PHONE,
        PERSON_LANGUAGE,
        { "code-file", 0, "FILE", N_("read the code from the mail from FILE") },
        { "password-file", 0, "FILE", N_("read the new password from FILE (- is standard input)") },
        {},
};
static const Option account_password_options[] = {
        { "password-file", 0, "FILE", N_("read the present password from FILE (- is standard input)") },
        NEW_PASSWORD_FILE,
        LOGIN,
        {},
};
static const Option seal_create_options[] = {
        { "administrator", 0, "LOGIN", N_("the account that administers the seal, for good") },
        { "organization", 0, "TEXT", N_("the organisation's name") },
        { "identifier", 0, "TEXT", N_("its identifier, as in VATPL-5250000000") },
        { "name", 0, "TEXT", N_("name of the seal in its certificate; the organisation's, unless given") },
        { "country", 0, "CC", N_("two letters, as in PL") },
        ALGORITHM,
        NO_ISSUE,
        {},
};
static const Option seal_request_options[] = { REQUEST_FORM, OUTPUT, FORCE, {} };
static const Option seal_administer_options[] = {
        { "operator", 0, NULL, N_("as operator of the service, not as the seal's Administrator") },
        OTP_FILE,
        LOGIN,
        {},
};
static const Option seal_give_options[] = {
        { "operator", 0, NULL, N_("as operator of the service, not as the seal's Administrator") },
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
static const Option seal_users_options[] = {
        { "operator", 0, NULL, N_("as operator of the service, not as the seal's Administrator") },
        LOGIN,
        {},
};
static const Option seal_activate_options[] = {
        SEND_CODE,
        CODE_FILE,
        LOGIN,
        {},
};
static const Option mandate_create_options[] = {
        { "user", 'u', "USER", N_("the Unix user of the service: name or number") },
        { "documents", 0, "N", N_("how many documents it may seal in all, up to 1000000") },
        { "until", 0, "DAY", N_("the last day, as in 2026-12-31; within a year") },
        { "per-minute", 0, "N", N_("how many documents in a minute; 60, unless given") },
        { "label", 0, "TEXT", N_("name of the mandate in lists") },
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
static const Option seal_renew_options[] = {
        { "operator", 0, NULL, N_("as operator of the service, not as the seal's Administrator") },
        NO_ISSUE,
        { "cancel", 0, NULL, N_("give the renewal up; the new key is erased") },
        REQUEST_FORM,
        OUTPUT,
        FORCE,
        OTP_FILE,
        LOGIN,
        {},
};
#define EVERY_MANDATE { "operator", 0, NULL, N_("any mandate, as operator of the service") }
static const Option mandate_list_options[] = { { "all", 'a', NULL, N_("every mandate (operators)") }, {} };
static const Option mandate_show_options[] = { EVERY_MANDATE, {} };
static const Option mandate_revoke_options[] = { EVERY_MANDATE, LOGIN, {} };
static const Option seal_reissue_options[] = {
        { "administrator", 0, "LOGIN", N_("the account that administers the seal, for good") },
        NO_ISSUE,
        YES,
        {},
};
static const Option yes_options[] = { YES, {} };
#define FILE_FORMAT { "file-format", 0, "FORMAT", N_("of a file: p12 (PKCS#12, with the certificates) or p8 (PKCS#8)") }
#define GENERATE_PASSWORD { "generate-password", 0, NULL, N_("have the password made, and shown once") }
static const Option key_generate_options[] = {
        { "place", 0, "PLACE", N_("where the key is kept: daemon (the default), file or token (a card)") },
        { "output", 'o', "FILE", N_("with --place file: the file to make") },
        FILE_FORMAT,
        { "token", 0, "URI", N_("with --place token: the card, as in pkcs11:token=NAME") },
        { "accept-terms", 0, "VERSION", N_("accept the terms of this version and make all statements; see “key terms”") },
        GENERATE_PASSWORD,
        { "kind", 0, "KIND", N_("customs (the default), signature, authentication, ksef-authentication or ksef-offline") },
        { "label", 0, "TEXT", N_("name of the key in your list") },
        { "subject-file", 0, "FILE", N_("the subject, as lines of name=value in its order; names as in commonName, or object identifiers") },
        { "given-name", 0, "TEXT", N_("first name; for KSeF it may be repeated") },
        { "surname", 0, "TEXT", N_("last name") },
        { "serial-number", 0, "TEXT", N_("the person's identifier, as in PNOPL-00000000000 or TINPL-5250000000") },
        { "country", 0, "CC", N_("two letters, as in PL") },
        { "name", 0, "TEXT", N_("common name; first and last name, unless given") },
        { "organization", 0, "TEXT", N_("the organisation's name; for KSeF only") },
        { "identifier", 0, "TEXT", N_("the organisation's identifier, as in VATPL-5250000000; for KSeF only") },
        { "unique-identifier", 0, "TEXT", N_("the uniqueIdentifier that KSeF handed out") },
        { "algorithm", 0, "NAME", N_("kind of key: p256, p384, rsa3072, rsa4096 or ed25519; for KSeF p256 or rsa2048") },
        NO_ISSUE,
        { "password-file", 0, "FILE", N_("read the key's password from FILE (- is standard input)") },
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
static const Option key_request_options[] = {
        REQUEST_FORM,
        OUTPUT,
        FORCE,
        { "password-file", 0, "FILE", N_("read the key's password from FILE (- is standard input)") },
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
static const Option key_renew_options[] = {
        { "issue", 0, NULL, N_("have the local certification authority issue at once (operators)") },
        { "cancel", 0, NULL, N_("give the renewal up; the new key is erased") },
        REQUEST_FORM,
        OUTPUT,
        FORCE,
        { "password-file", 0, "FILE", N_("read the key's password from FILE (- is standard input)") },
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
static const Option key_import_options[] = {
        { "label", 0, "TEXT", N_("name of a key that is taken in") },
        { "certificates", 0, "FILE", N_("certificates that are not beside a key that is taken in; may be repeated") },
        { "password-file", 0, "FILE", N_("read the key's password from FILE (- is standard input)") },
        PIN_FILE,
        LOGIN,
        {},
};
static const Option key_export_options[] = {
        OUTPUT,
        FILE_FORMAT,
        GENERATE_PASSWORD,
        { "password-file", 0, "FILE", N_("read the key's password from FILE (- is standard input)") },
        { "new-password-file", 0, "FILE", N_("read the password of the new file from FILE") },
        {},
};
static const Option key_retire_options[] = { YES, PIN_FILE, LOGIN, {} };
static const Option key_compromise_options[] = {
        { "operator", 0, NULL, N_("as operator of the service, any credential") },
        { "revoke", 0, NULL, N_("have the local certification authority revoke the certificate for good (operators), not only suspend it") },
        YES,
        LOGIN,
        {},
};
static const Option ca_init_options[] = {
        { "organization", 0, "TEXT", N_("the organisation that runs the CA") },
        { "name", 0, "TEXT", N_("name of the CA") },
        { "country", 0, "CC", N_("two letters, as in PL") },
        { "key-host", 0, NULL, N_("have the key in a PKCS#11 token, for good: see sygnet-ca-keyd(8)") },
        { "adopt", 0, NULL, N_("with --key-host: take the root that the key signed before, when its store is lost") },
        ALGORITHM,
        DAYS,
        {},
};
static const Option ca_show_options[] = { { "pem", 0, NULL, N_("print the certificate as PEM") }, OUTPUT, FORCE, {} };
static const Option ca_issue_options[] = {
        { "profile", 0, "PROFILE", N_("seal, customs, personal, authentication, ksef-authentication or ksef-offline") },
        DAYS,
        OUTPUT,
        FORCE,
        {},
};
static const Option ca_request_options[] = {
        { "profile", 0, "PROFILE", N_("seal, customs, personal, authentication, ksef-authentication or ksef-offline") },
        DAYS,
        {},
};
static const Option ca_requests_options[] = {
        { "all", 'a', NULL, N_("everybody's, not only yours (operators)") },
        { "pending", 'p', NULL, N_("those only that wait") },
        LIMIT,
        {},
};
static const Option ca_answer_options[] = { OUTPUT, FORCE, {} };
static const Option ca_approve_options[] = { DAYS, OUTPUT, FORCE, {} };
static const Option ca_reject_options[] = { { "reason", 0, "TEXT", N_("why; who asked can read it") }, {} };
#define COMMENT { "comment", 0, "TEXT", N_("kept in the authority's register") }
static const Option ca_state_options[] = { COMMENT, {} };
static const Option ca_revoke_options[] = {
        { "reason", 0, "REASON", N_("unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation or privilegeWithdrawn") },
        { "since", 0, "TIME", N_("since when the key is not to be trusted, as in 2026-12-31 or “2026-12-31 12:00”") },
        COMMENT,
        YES,
        {},
};
static const Option ca_crl_options[] = { { "der", 0, NULL, N_("as DER, not PEM") }, OUTPUT, FORCE, {} };
static const Option limit_options[] = { LIMIT, {} };
static const Option setup_options[] = {
        { "from", 0, "FILE", N_("take certificates from FILE (PEM, DER, p7b) or from all files of a folder; may be repeated") },
        { "url", 0, "URL", N_("fetch them from there; name each by --fingerprint; may be repeated") },
        { "fingerprint", 0, "HEX", N_("SHA-256 of a certificate that is agreed to; may be repeated") },
        { "purpose", 0, "PURPOSE", N_("trust them only for tls, email or code, in the stores that can say so; may be repeated") },
        { "local-ca", 0, NULL, N_("also the root of this machine's own authority, which is made where there is none") },
        { "organization", 0, "TEXT", N_("with --local-ca: the organisation that runs it") },
        { "ca-name", 0, "TEXT", N_("with --local-ca: name of the authority") },
        { "country", 0, "CC", N_("with --local-ca: two letters, as in PL") },
        { "no-system", 0, NULL, N_("leave the system's stores alone") },
        { "no-browsers", 0, NULL, N_("leave the databases of your programs alone") },
        { "nss-password-file", 0, "FILE", N_("read the primary password of your programs' databases from FILE") },
        { "account", 0, "LOGIN", N_("prepare this account; with a name it is made, by an operator, and bound to your Unix user") },
        PERSON_NAMES,
        { "email", 0, "ADDRESS", N_("with --account: e-mail address; without --password-file a temporary password is sent there") },
        PERSON_PHONE,
        PERSON_LANGUAGE,
        { "password-file", 0, "FILE", N_("with --account: read its first password from FILE (- is standard input)") },
        YES,
        { "dry-run", 0, NULL, N_("only show what would be done") },
        { "undo", 0, NULL, N_("take back all that was done, also by earlier runs") },
        {},
};
static const Option trust_install_options[] = {
        YES,
        { "fingerprint", 0, "HEX", N_("install only the certificate of this SHA-256; does not ask; may be repeated") },
        { "store", 0, "STORE", N_("only in this store (see trust stores); may be repeated") },
        { "purpose", 0, "PURPOSE", N_("trust it only for tls, email or code, in the stores that can say so; may be repeated") },
        {},
};
static const Option log_options[] = {
        LIMIT,
        { "all", 'a', NULL, N_("of everybody, without details (operators)") },
        { "seal", 's', "SEAL", N_("of a seal whose Administrator you are: who signed how many documents, and when") },
        LOGIN,
        {},
};

static const Option log_export_options[] = {
        OUTPUT,
        FORCE,
        { "all", 'a', NULL, N_("of everybody, without details (operators)") },
        { "seal", 's', "SEAL", N_("of a seal whose Administrator you are: who signed how many documents, and when") },
        LOGIN,
        {},
};

static const Option outbox_options[] = { LIMIT, { "all", 'a', NULL, N_("also what is over: delivered, refused, expired or cancelled") }, {} };

const Verb verbs[] = {
        { "login", "LOGIN", 0, 1, N_("Open a session"),
          N_("A session ends three minutes after the last signature, unless it is remembered: that takes one code, which then serves for all "
             "signatures of the session."), login_options, verb_login },
        { "logout", "", 0, 0, N_("Close your sessions"), NULL, session_options, verb_logout },
        { "status", "", 0, 0, N_("Show the service and your sessions"),
          N_("With --follow it goes on to tell what happens to the sessions of your Unix user: that one ends in a minute, that one has ended and why, and each use of a "
             "remembered one. As JSON that is one object a line."), status_options, verb_status },
        { "list", "", 0, 0, N_("List the credentials that you may use"), NULL, list_options, verb_list },
        { "show", "CREDENTIAL", 1, 1, N_("Show a credential and its certificate"), NULL, show_options, verb_show },
        { "sign", "[FILE…]", 0, UINT_MAX, N_("Sign or seal files"),
          N_("A PDF gets the signature inside (invoice.pdf becomes invoice-signed.pdf, or invoice-sealed.pdf with a seal); any other file gets a "
             "detached signature beside it (declaration.xml.p7s). With --format asic-e all files become one container. All files are one operation: one code or password signs them all. "
             "A file that cannot be signed does not keep the others from it; what was interrupted goes on with --skip-signed. "
             "The documents do not leave this program."), sign_options, verb_sign },
        { "extend", "FILE…", 1, UINT_MAX, N_("Add timestamps to signed files"),
          N_("Each signature of a .p7s or .p7m file, an XML document or an ASiC container that has no timestamp gets one; a PDF gets one over the whole document, which needs no signature. The file is replaced, unless "
             "--output says where to write; what was signed stays as it was. Needs no key and no service."), extend_options, verb_extend },
        { "verify", "[FILE…]", 0, UINT_MAX, N_("Verify the signatures of files"),
          N_("Takes signed PDF and XML files, ASiC containers, and .p7s or .p7m files. The document of a detached signature is looked for beside it. Whether the certificates were "
             "revoked or suspended is looked up in the signature, in the files given, in what the local CA publishes, and where the certificates say on the network. Needs no service. "
             "Ends with 0 when all signatures passed, 5 when one is not valid, 6 when it cannot be told. Of several files it tells less about each: name one alone for all of it."), verify_options, verb_verify },
        { "show-signatures", "FILE", 1, 1, N_("Show the signatures of a file as a viewer does"),
          N_("Who signed and when, with reason and place, where a PDF shows it, what it certifies and which revision it belongs to, and the fields that wait to be signed. "
             "Does not use the network: for the full verdict see “verify”. Ends with 0 when there was something to show, 4 when the file has no signatures and no fields for any."),
          show_signatures_options, verb_show_signatures },
        { "certificate", "FILE", 1, 1, N_("Show the certificates of a file"),
          N_("Takes certificates (PEM, DER, p7b), PKCS#12 files, and signed documents, whose signers' certificates are shown. Nothing is verified."),
          certificate_options, verb_certificate },
        { "container list", "FILE", 1, 1, N_("List what is in an ASiC container"), NULL, NULL, verb_container_list },
        { "container extract", "FILE", 1, 1, N_("Get the documents out of an ASiC container"),
          N_("They are put into a new folder, whole or not at all, and nowhere else, whatever their names are. Signatures stay in the container and are not verified."),
          container_extract_options, verb_container_extract },
        { "otp enroll", "", 0, 0, N_("Enrol an authenticator for one-time codes"),
          N_("You confirm with a code that is sent to your telephone, if one is known. The secret is shown once, as a QR code and as text, and "
             "confirmed by a first code."), otp_enroll_options, verb_otp_enroll },
        { "otp confirm", "ID", 1, 1, N_("Confirm an authenticator by its first code"), NULL, otp_confirm_options, verb_otp_confirm },
        { "otp list", "", 0, 0, N_("List your authenticators"), NULL, session_options, verb_otp_list },
        { "otp revoke", "ID", 1, 1, N_("Revoke an authenticator"), 
          N_("Confirmed by a code that is sent to your telephone, or with --otp-file by one of any of your active authenticators."), otp_revoke_options, verb_otp_revoke },
        { "otp reset", "LOGIN", 1, 1, N_("Revoke all authenticators of an account (operators)"), NULL, yes_options, verb_otp_reset },
        { "pin status", "", 0, 0, N_("Show whether your PIN is set or blocked, and what it opens"), NULL, session_options, verb_pin_status },
        { "pin set", "", 0, 0, N_("Set your first PIN"),
          N_("A PIN is 8 digits. It is set with the activation code from the e-mail, and confirmed by a code that is sent to your telephone; without a telephone, "
             "by a code of your authenticator. A forgotten PIN cannot be recovered: signatures that it opens are lost with it."), pin_set_options, verb_pin_set },
        { "pin change", "", 0, 0, N_("Change your PIN, knowing the present one"), NULL, pin_change_options, verb_pin_change },
        { "pin unblock", "", 0, 0, N_("Unblock your PIN after five wrong ones"), N_("Takes the same codes as “pin set”; the PIN stays as it was."),
          pin_unblock_options, verb_pin_unblock },
        { "pin reset", "", 0, 0, N_("Set a new PIN in place of a forgotten one"),
          N_("Takes the same codes as “pin set”. The signatures that the forgotten PIN opened are erased: make new ones."), pin_reset_options, verb_pin_reset },
        { "policy", "CREDENTIAL", 1, 1, N_("Show or change what signing with a credential takes"),
          N_("The operator sets the weakest factors that are allowed; the seal's Administrator, or a key's owner, what is in force, and how far a remembered session "
             "stands for the one-time code."), policy_options, verb_policy },
        { "activate", "LOGIN", 1, 1, N_("Begin: password, authenticator, PIN and seals, step by step"),
          N_("At a terminal you are led from the mail that told you of your account to your first seal; what is done already is passed over. With --code-file "
             "only the first password is set, by the temporary one that was mailed to you."), activate_options, verb_activate },
        { "register", "INVITATION LOGIN", 2, 2, N_("Make an account when you were invited to use a seal"),
          N_("The invitation and its code stand in the mail. The account has the e-mail address that was invited; an operator lets you log in."),
          register_options, verb_register },
        { "account create", "LOGIN", 1, 1, N_("Create an account (operators)"),
          N_("With --email and without --password-file the person gets a mail with a temporary password, for “activate” or for the first login."),
          account_create_options, verb_account_create },
        { "account edit", "LOGIN", 1, 1, N_("Correct what an account says (operators)"),
          N_("Where codes go is changed by its owner only, once the account may use a seal."), account_edit_options, verb_account_edit },
        { "account delete", "LOGIN", 1, 1, N_("Delete an account for good; its history stays (operators)"), NULL, yes_options, verb_account_delete },
        { "account list", "", 0, 0, N_("List the accounts (operators)"), NULL, NULL, verb_account_list },
        { "account bind", "LOGIN USER", 2, 2, N_("Let a Unix user log in as an account (operators)"), NULL, NULL, verb_account_bind },
        { "account unbind", "LOGIN USER", 2, 2, N_("Take that back (operators)"), NULL, NULL, verb_account_unbind },
        { "account enable", "LOGIN", 1, 1, N_("Enable an account (operators)"), NULL, NULL, verb_account_enable },
        { "account disable", "LOGIN", 1, 1, N_("Disable an account and end its sessions (operators)"), NULL, NULL, verb_account_disable },
        { "account forgot", "LOGIN", 1, 1, N_("Set a new password when you forgot yours"),
          N_("Takes a code by mail, and where your phone is known one by SMS. Your authenticators stay as they are."), account_forgot_options,
          verb_account_forgot },
        { "account email", "ADDRESS", 1, 1, N_("Change your e-mail address, confirmed at the old one and the new one"), NULL, account_contact_options,
          verb_account_email },
        { "account phone", "NUMBER", 1, 1, N_("Change your phone number, confirmed at the old one and the new one"), NULL, account_contact_options,
          verb_account_phone },
        { "account password", "", 0, 0, N_("Change your password"), NULL, account_password_options, verb_account_password },
        { "seal create", "LABEL", 1, 1, N_("Make an organisation's seal (operators)"),
          N_("Makes the key, has the local certification authority issue the certificate, and puts it in. With --no-issue the certificate comes "
             "from another authority: “seal request” gives what it needs, “seal import” takes its answer."), seal_create_options, verb_seal_create },
        { "seal request", "SEAL", 1, 1, N_("Write a seal's certificate request, PKCS#10 (operators)"), NULL, seal_request_options, verb_seal_request },
        { "seal import", "SEAL FILE…", 2, UINT_MAX, N_("Put in a seal's certificate and its issuers' (operators)"),
          N_("Takes PEM, DER and PKCS#7 (p7b) files, and base64 of these, in any order. What does not belong to the key's chain is left out."), NULL, verb_seal_import },
        { "seal users", "SEAL", 1, 1, N_("List who may use a seal, and who could"), NULL, seal_users_options, verb_seal_users },
        { "seal invite", "SEAL EMAIL PHONE", 3, 3, N_("Invite somebody to use a seal"),
          N_("A mail goes to the address; whoever has an account of that address activates the access with a code that goes to the phone. Until then "
             "the user is pending. To correct a mistake, remove the user and invite again."), seal_give_options, verb_seal_invite },
        { "seal invitations", "", 0, 0, N_("List the seals that you were invited to use"), NULL, session_options, verb_seal_invitations },
        { "seal activate", "[INVITATION]", 0, 1, N_("Accept an invitation with a code by SMS"),
          N_("The code goes to the phone that the seal's Administrator gave. Your account must have the e-mail address that was invited."),
          seal_activate_options, verb_seal_activate },
        { "seal add-user", "SEAL LOGIN", 2, 2, N_("Let an account use a seal"), NULL, seal_give_options, verb_seal_add_user },
        { "seal remove-user", "SEAL USER", 2, 2, N_("Take a seal from a user, at once"),
          N_("USER is a login or an invitation's id, as “seal users” shows them."), seal_administer_options, verb_seal_remove_user },
        { "seal break-lease", "SEAL", 1, 1, N_("Free a seal that somebody keeps busy"), NULL, seal_administer_options, verb_seal_break_lease },
        { "seal renew", "SEAL", 1, 1, N_("Renew a seal's certificate"),
          N_("Makes a new key and writes its certificate request, while the old certificate goes on serving. With --operator the local certification authority "
             "issues at once. The new key takes the old one's place when its certificate is put in: “seal import”."), seal_renew_options, verb_seal_renew },
        { "seal reissue", "SEAL", 1, 1, N_("Make a new seal in the place of one whose Administrator is gone (operators)"),
          N_("The role cannot be passed on: the seal is retired, and a new one of the same name and subject made. Users are invited anew."),
          seal_reissue_options, verb_seal_reissue },
        { "seal retire", "SEAL", 1, 1, N_("Erase a seal's key for good (operators)"), NULL, yes_options, verb_seal_retire },
        { "mandate create", "SEAL", 1, 1, N_("Let a service seal unattended"),
          N_("For the seal's Administrator, with a one-time code. The Unix user of the service can then seal without codes, so many documents, until a day; what "
             "it sealed stands in your log. Mandates are for users that stay the same: not for root, and not for those that systemd gives out "
             "dynamically."), mandate_create_options, verb_mandate_create },
        { "mandate list", "", 0, 0, N_("List mandates"),
          N_("Those of your Unix user, and those of the seals that you administer, while you are logged in."), mandate_list_options, verb_mandate_list },
        { "mandate show", "MANDATE", 1, 1, N_("Show a mandate and what is left of it"), NULL, mandate_show_options, verb_mandate_show },
        { "mandate revoke", "MANDATE", 1, 1, N_("Take a mandate back, at once"), NULL, mandate_revoke_options, verb_mandate_revoke },
        { "key generate", "", 0, 0, N_("Make a key of your own"),
          N_("A customs key signs declarations, a signature documents; an authentication key only logs in. The keys that KSeF certifies are of two types: ksef-authentication "
             "logs in there, ksef-offline is for the codes of invoices that are issued offline; their subject is exactly what KSeF handed out. A signature is opened by "
             "your PIN: see “pin set”. All others have a password of at least 12 characters with upper and lower case, a digit and a special character. Nobody can recover "
             "either. The local certification authority issues the certificate, which takes an operator's leave; with --no-issue, and for KSeF, another "
             "authority does: see “key request” and “key import”."), key_generate_options, verb_key_place_generate },
        { "key request", "KEY", 1, 1, N_("Write a key's certificate request, PKCS#10"), NULL, key_request_options, verb_key_place_request },
        { "key renew", "KEY", 1, 1, N_("Ask for a new certificate of your key"),
          N_("Makes a new key and writes its certificate request, while the old certificate goes on serving. The new key has the password or PIN of the old one, and takes its "
             "place when its certificate is put in: “key import”."), key_renew_options, verb_key_place_renew },
        { "key import", "[KEY] FILE…", 1, UINT_MAX, N_("Put in a key's certificate and its issuers', or take in a key"),
          N_("Takes PEM, DER and PKCS#7 (p7b) files, and base64 of these, in any order. What does not belong to the key's chain is left out. "
             "A FILE alone is a key with its certificates, PKCS#12 or PKCS#8, or the pkcs11: URI of a card: from then on the key "
             "stands in the list and is called by its label; it stays where it is."), key_import_options, verb_key_place_import },
        { "key export", "KEY", 1, 1, N_("Write a key that is in a file into another file"),
          N_("In a form and under a password of choice. A key in the service or on a card never leaves it."), key_export_options, verb_key_export },
        { "key list", "", 0, 0, N_("List your own keys, in the service, in files and on cards"), NULL, NULL, verb_key_list },
        { "key terms", "", 0, 0, N_("Show the terms and statements of customs keys"), NULL, NULL, verb_key_terms },
        { "key retire", "KEY", 1, 1, N_("Erase a key for good"), NULL, key_retire_options, verb_key_place_retire },
        { "key compromise", "CREDENTIAL", 1, 1, N_("Report that a key may be in other hands: it is blocked at once"),
          N_("Nothing is signed with it any more, the sessions of all who may use it end, and they are told by mail. The local certification authority "
             "suspends the certificate; for one of another CA it says what to do. Takes no code: that may be in the same hands."),
          key_compromise_options, verb_key_place_compromise },
        { "key release", "CREDENTIAL", 1, 1, N_("Take such a report back, which was wrong (operators)"), NULL, NULL, verb_key_release },
        { "ca init", "", 0, 0, N_("Make the root of the local certification authority (operators)"), NULL, ca_init_options, verb_ca_init },
        { "ca show", "", 0, 0, N_("Show the local authority's root certificate"), NULL, ca_show_options, verb_ca_show },
        { "ca issue", "FILE", 1, 1, N_("Issue a certificate for a request (operators)"), NULL, ca_issue_options, verb_ca_issue },
        { "ca list", "", 0, 0, N_("List what the local authority issued (operators)"), NULL, limit_options, verb_ca_list },
        { "ca request", "FILE", 1, 1, N_("Ask the local authority for a certificate for a request"),
          N_("An operator approves or rejects it; fetch the answer with “ca answer”."), ca_request_options, verb_ca_request },
        { "ca requests", "", 0, 0, N_("List what you asked the local authority for"), NULL, ca_requests_options, verb_ca_requests },
        { "ca answer", "NUMBER", 1, 1, N_("Fetch the certificate that was issued for a request of yours"), NULL, ca_answer_options, verb_ca_answer },
        { "ca approve", "NUMBER", 1, 1, N_("Issue the certificate that somebody asked for (operators)"), NULL, ca_approve_options, verb_ca_approve },
        { "ca reject", "NUMBER", 1, 1, N_("Refuse the certificate that somebody asked for (operators)"), NULL, ca_reject_options, verb_ca_reject },
        { "ca status", "[CERTIFICATE]", 0, 1, N_("Show how the local authority is (operators), or the state of a certificate of its"),
          N_("CERTIFICATE is a serial number or a file. Exit code 0: good; 5: suspended or revoked; 4: not issued by this authority."), NULL, verb_ca_status },
        { "ca suspend", "CERTIFICATE", 1, 1, N_("Suspend a certificate of the local authority (operators)"), NULL, ca_state_options, verb_ca_suspend },
        { "ca resume", "CERTIFICATE", 1, 1, N_("End the suspension of a certificate (operators)"), NULL, ca_state_options, verb_ca_resume },
        { "ca revoke", "CERTIFICATE", 1, 1, N_("Revoke a certificate of the local authority for good (operators)"), NULL, ca_revoke_options,
          verb_ca_revoke },
        { "ca crl", "", 0, 0, N_("Print the local authority's list of revocations"), NULL, ca_crl_options, verb_ca_crl },
        { "ca publish", "", 0, 0, N_("Publish a new list of revocations now (operators)"), NULL, NULL, verb_ca_publish },
        { "setup", "", 0, 0, N_("Make this machine and your programs trust CA certificates; begin, repair or undo"),
          N_("Takes CA certificates from /etc/sygnet/anchors.d, or from where you say, shows them and asks, installs them in the system's stores and in the "
             "databases of your browsers and mail programs, and has other programs check that they trust them now. At a terminal you are led through it. "
             "Run again, it completes what was interrupted. With --undo all stands as before."), setup_options, verb_setup },
        { "trust list", "", 0, 0, N_("List the CA certificates that were installed through Sygnet"), NULL, NULL, verb_trust_list },
        { "trust inspect", "FILE", 1, 1, N_("Show what the CA certificates of a file are"), N_("PEM with any number of them, DER, or PKCS #7 (p7b)."), NULL,
          verb_trust_inspect },
        { "trust status", "[FINGERPRINT|FILE]", 0, 1, N_("Show where a CA certificate is trusted, store by store"),
          N_("The system's stores, and the databases of your browsers and mail programs. Without an argument about all certificates that Sygnet installed."), NULL,
          verb_trust_status },
        { "trust install", "FILE", 1, 1, N_("Put CA certificates into the system's trust stores (operators)"),
          N_("Shows subject, fingerprint and constraints of each and asks before anything is changed. All of the file are installed, in all stores of the system, or none "
             "is: Firefox and Java have stores of their own. What was trusted before is left as it is."), trust_install_options, verb_trust_install },
        { "trust remove", "FINGERPRINT…", 1, UINT_MAX, N_("Take CA certificates out again (operators)"), NULL, yes_options, verb_trust_remove },
        { "trust stores", "", 0, 0, N_("List the trust stores of this system"), NULL, NULL, verb_trust_stores },
        { "log", "", 0, 0, N_("Show what your account did"), NULL, log_options, verb_log },
        { "log export", "", 0, 0, N_("Print all entries as JSON, one a line, the oldest first"), NULL, log_export_options, verb_log_export },
        { "log verify", "", 0, 0, N_("Check that the log is whole (operators)"), NULL, NULL, verb_log_verify },
        { "outbox", "", 0, 0, N_("List the messages that wait to be sent by mail or SMS (operators)"), NULL, outbox_options, verb_outbox },
        { "outbox read", "ID", 1, 1, N_("Show a message that waits, with its code (operators)"),
          N_("For machines that have neither mail nor SMS: the operator tells the person the code. It is recorded, and codes that an operator has read do not "
             "suffice for a reset, a PIN or an authenticator of an account that uses a seal."), NULL, verb_outbox_read },
        { "outbox cancel", "ID", 1, 1, N_("Take back a message that waits; its code is void (operators)"), NULL, NULL, verb_outbox_cancel },
        { "completion bash", "", 0, 0, N_("Print the completion script for bash"), NULL, NULL, verb_completion_bash },
        {},
};

/* How many of argv's words the verb consists of; 0 when it is another verb. */
static int match(const Verb *v, int argc, char **argv) {
        const char *p = v->words;
        int n = 0;

        for (;; n++) {
                size_t len = strcspn(p, " ");

                if (n >= argc || strlen(argv[n]) != len || memcmp(argv[n], p, len) != 0)
                        return 0;
                if (!p[len])
                        return n + 1;
                p += len + 1;
        }
}

const Verb *verb_find(int argc, char **argv, int *ret_words) {
        const Verb *best = NULL;
        int most = 0;

        for (const Verb *v = verbs; v->words; v++) {
                int n = match(v, argc, argv);

                if (n > most) {
                        most = n;
                        best = v;
                }
        }
        *ret_words = most;
        return best;
}

bool verb_is_group(const char *word) {
        size_t len = strlen(word);

        for (const Verb *v = verbs; v->words; v++)
                if (strncmp(v->words, word, len) == 0 && v->words[len] == ' ')
                        return true;
        return false;
}

int verb_run(Client *c, char **argv) {
        Arguments outer = c->arguments;
        const Verb *verb;
        int argc = 0, words, r;

        while (argv[argc])
                argc++;
        verb = verb_find(argc, argv, &words);
        c->arguments = (Arguments) { 0 };
        r = arguments_parse(verb, argc - words, argv + words, &c->arguments);
        if (r == 0)
                r = verb->run(c);
        arguments_done(&c->arguments);
        c->arguments = outer;
        return r;
}
